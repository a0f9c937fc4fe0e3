/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One byte read from /dev/zero and one byte written to /dev/null in turn; an operation is one
 * call, so that the figure is the average of the two.
 */
#include "harness.h"

#include <fcntl.h>
#include <unistd.h>

static struct harness_parameter null_io_parameters[] = {{"iterations", 500, 1, 10000000}, HARNESS_PARAMETERS_END};
static int null_io_zero, null_io_null;

static uint64_t null_io_operations(void)
{
    return 2 * null_io_parameters[0].value;
}

static void null_io_setup(void)
{
    null_io_zero = open("/dev/zero", O_RDONLY);
    null_io_null = open("/dev/null", O_WRONLY);
    if (null_io_zero < 0 || null_io_null < 0)
        harness_fail("cannot open /dev/zero and /dev/null");
}

static void null_io_work(void)
{
    char byte;

    for (uint64_t i = null_io_parameters[0].value; i > 0; i--) {
        if (read(null_io_zero, &byte, 1) != 1)
            harness_fail("a read from /dev/zero failed");
        if (write(null_io_null, &byte, 1) != 1)
            harness_fail("a write to /dev/null failed");
    }
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/null_io",
        .parameters = null_io_parameters,
        .operations = null_io_operations,
        .setup = null_io_setup,
        .work = null_io_work,
    };

    return harness_main(&workload, argc, argv);
}
