/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One byte read from /dev/zero, over and over.
 */
#include "harness.h"

#include <fcntl.h>
#include <unistd.h>

static struct harness_parameter read_parameters[] = {{"iterations", 1000, 1, 10000000}, HARNESS_PARAMETERS_END};
static int read_file;

static void read_setup(void)
{
    read_file = open("/dev/zero", O_RDONLY);
    if (read_file < 0)
        harness_fail("cannot open /dev/zero");
}

static void read_work(void)
{
    char byte = 'x';

    for (uint64_t i = read_parameters[0].value; i > 0; i--)
        if (read(read_file, &byte, 1) != 1)
            harness_fail("a read from /dev/zero failed");
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/read",
        .parameters = read_parameters,
        .setup = read_setup,
        .work = read_work,
    };

    return harness_main(&workload, argc, argv);
}
