/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory lent to the hypervisor and taken back, by /dev/balloon; an operation is a page that goes or comes.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define LEND_PAGES_A_MIB 256

static struct harness_parameter lend_parameters[] = {{"mib", 4, 1, 128}, HARNESS_PARAMETERS_END};
static int lend_balloon;

static uint64_t lend_operations(void)
{
    return 2 * LEND_PAGES_A_MIB * lend_parameters[0].value;
}

static void lend_set(uint64_t mib)
{
    char text[24];
    int length = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)mib);

    if (write(lend_balloon, text, (size_t)length) != length)
        harness_fail("%llu MiB could not be lent", (unsigned long long)mib);
}

static void lend_setup(void)
{
    lend_balloon = open("/dev/balloon", O_RDWR);
    if (lend_balloon < 0 && (errno == ENOENT || errno == ENXIO || errno == ENODEV))
        harness_skip("nobody here borrows memory");
    if (lend_balloon < 0)
        harness_fail("cannot open /dev/balloon");
}

static void lend_work(void)
{
    lend_set(lend_parameters[0].value);
    lend_set(0);
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "macro/lend",
        .parameters = lend_parameters,
        .operations = lend_operations,
        .setup = lend_setup,
        .work = lend_work,
    };

    return harness_main(&workload, argc, argv);
}
