/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UnixBench's syscall mix: dup() and close(), getpid(), getuid(), umask(); an operation is one round of the five
 * calls.
 */
#include "harness.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct harness_parameter syscall_parameters[] = {{"iterations", 500, 1, 1000000}, HARNESS_PARAMETERS_END};

/* By number: the C library may keep the process's number. */
static void syscall_work(void)
{
    for (uint64_t i = syscall_parameters[0].value; i > 0; i--) {
        int copy = dup(0);
        if (copy < 0 || close(copy) != 0)
            harness_fail("dup failed");
        syscall(SYS_getpid);
        syscall(SYS_getuid);
        umask(022);
    }
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {.name = "mix/syscall", .parameters = syscall_parameters, .work = syscall_work};
    return harness_main(&workload, argc, argv);
}
