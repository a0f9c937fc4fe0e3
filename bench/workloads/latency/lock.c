/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record lock on a byte of a file is set and given up by fcntl() (lmbench lat_fcntl, without its second
 * process).
 */
#include "harness.h"

#include <fcntl.h>
#include <unistd.h>

static struct harness_parameter lock_parameters[] = {{"iterations", 300, 1, 1000000}, HARNESS_PARAMETERS_END};
static int lock_file;

static void lock_setup(void)
{
    lock_file = harness_temporary_file(4096);
    unlink(harness_temporary_path());
}

static void lock_work(void)
{
    for (uint64_t i = lock_parameters[0].value; i > 0; i--) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
        if (fcntl(lock_file, F_SETLK, &lock) != 0)
            harness_fail("the lock cannot be had");
        lock.l_type = F_UNLCK;
        if (fcntl(lock_file, F_SETLK, &lock) != 0)
            harness_fail("the lock cannot be given up");
    }
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/lock", .parameters = lock_parameters, .setup = lock_setup, .work = lock_work};
    return harness_main(&workload, argc, argv);
}
