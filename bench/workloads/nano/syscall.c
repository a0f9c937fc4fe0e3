/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SYSCALL instruction itself with the number of getppid, no library between: into the kernel
 * and back, the shortest thing a kernel does.
 */
#include "harness.h"

#include <sys/syscall.h>
#include <unistd.h>

static struct harness_parameter syscall_parameters[] = {{"iterations", 1000, 1, 10000000}, HARNESS_PARAMETERS_END};
static long syscall_result;

static void syscall_work(void)
{
    long result = -1;

    for (uint64_t i = syscall_parameters[0].value; i > 0; i--)
        __asm__ volatile("syscall" : "=a"(result) : "a"((long)SYS_getppid) : "rcx", "r11", "memory");
    syscall_result = result;
}

static void syscall_cleanup(void)
{
    if (syscall_result != getppid())
        harness_wrong("getppid gave %ld", syscall_result);
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "nano/syscall",
        .parameters = syscall_parameters,
        .cleanup = syscall_cleanup,
        .work = syscall_work,
    };

    return harness_main(&workload, argc, argv);
}
