/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hands a nano operation to the kernel (ioctl COOPBENCH_NANO) for the programs of the nano group.
 */
#include "kernel_operation.h"

#include <errno.h>
#include <sys/ioctl.h>

static struct harness_parameter kernel_operation_parameters[] = {{"iterations", 0, 1, 10000000},
                                                                 HARNESS_PARAMETERS_END};
static enum coopbench_nano_operation kernel_operation_number;
static const char *kernel_operation_unavailable;

static void kernel_operation_setup(void)
{
    if (harness_device < 0)
        harness_skip("this system has no " COOPBENCH_DEVICE);
}

static void kernel_operation_measure(uint64_t region, struct harness_measurement *measurement)
{
    struct coopbench_nano nano = {
        .operation = kernel_operation_number,
        .region = region,
        .iterations = kernel_operation_parameters[0].value,
    };

    if (ioctl(harness_device, COOPBENCH_NANO, &nano) != 0) {
        if (errno == ENODEV)
            harness_skip(kernel_operation_unavailable);
        harness_fail("the kernel refused nano operation %d", (int)kernel_operation_number);
    }
    measurement->tsc = nano.tsc;
    measurement->counted = nano.counted;
}

int kernel_operation_main(const char *name, enum coopbench_nano_operation operation, uint64_t iterations,
                          const char *unavailable, int argc, char **argv)
{
    struct harness_workload workload = {
        .name = name,
        .parameters = kernel_operation_parameters,
        .setup = kernel_operation_setup,
        .measure = kernel_operation_measure,
    };

    kernel_operation_parameters[0].value = iterations;
    kernel_operation_number = operation;
    kernel_operation_unavailable = unavailable;
    return harness_main(&workload, argc, argv);
}
