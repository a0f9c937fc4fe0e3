/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * open() and close() of a file in /tmp; an operation is the pair.
 */
#include "harness.h"

#include <fcntl.h>
#include <unistd.h>

static struct harness_parameter open_close_parameters[] = {{"iterations", 500, 1, 10000000}, HARNESS_PARAMETERS_END};

static void open_close_setup(void)
{
    close(harness_temporary_file(1));
}

static void open_close_work(void)
{
    const char *path = harness_temporary_path();

    for (uint64_t i = open_close_parameters[0].value; i > 0; i--) {
        int file = open(path, O_RDONLY);

        if (file < 0 || close(file) != 0)
            harness_fail("open or close of %s failed", path);
    }
}

static void open_close_teardown(void)
{
    unlink(harness_temporary_path());
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/open_close",
        .parameters = open_close_parameters,
        .setup = open_close_setup,
        .teardown = open_close_teardown,
        .work = open_close_work,
    };

    return harness_main(&workload, argc, argv);
}
