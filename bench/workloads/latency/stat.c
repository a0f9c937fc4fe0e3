/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stat() of a file in /tmp: a path walk of two components and the filling of a structure.
 */
#include "harness.h"

#include <sys/stat.h>
#include <unistd.h>

#define STAT_LENGTH_BYTES 100

static struct harness_parameter stat_parameters[] = {{"iterations", 500, 1, 10000000}, HARNESS_PARAMETERS_END};
static struct stat stat_result;

static void stat_setup(void)
{
    close(harness_temporary_file(STAT_LENGTH_BYTES));
}

static void stat_work(void)
{
    const char *path = harness_temporary_path();

    for (uint64_t i = stat_parameters[0].value; i > 0; i--)
        if (stat(path, &stat_result) != 0)
            harness_fail("stat of %s failed", path);
}

static void stat_cleanup(void)
{
    if (stat_result.st_size != STAT_LENGTH_BYTES || !S_ISREG(stat_result.st_mode))
        harness_wrong("stat gave a size of %lld bytes and mode %o", (long long)stat_result.st_size,
                      (unsigned)stat_result.st_mode);
}

static void stat_teardown(void)
{
    unlink(harness_temporary_path());
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/stat",
        .parameters = stat_parameters,
        .setup = stat_setup,
        .cleanup = stat_cleanup,
        .teardown = stat_teardown,
        .work = stat_work,
    };

    return harness_main(&workload, argc, argv);
}
