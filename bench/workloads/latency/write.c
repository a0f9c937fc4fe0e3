/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One byte written to /dev/null, over and over.
 */
#include "harness.h"

#include <fcntl.h>
#include <unistd.h>

static struct harness_parameter write_parameters[] = {{"iterations", 1000, 1, 10000000}, HARNESS_PARAMETERS_END};
static int write_file;

static void write_setup(void)
{
    write_file = open("/dev/null", O_WRONLY);
    if (write_file < 0)
        harness_fail("cannot open /dev/null");
}

static void write_work(void)
{
    char byte = 'x';

    for (uint64_t i = write_parameters[0].value; i > 0; i--)
        if (write(write_file, &byte, 1) != 1)
            harness_fail("a write to /dev/null failed");
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/write",
        .parameters = write_parameters,
        .setup = write_setup,
        .work = write_work,
    };

    return harness_main(&workload, argc, argv);
}
