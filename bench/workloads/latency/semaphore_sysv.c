/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two processes hand a turn to and fro by two System V semaphores (lmbench lat_sem); an operation is one round trip.
 */
#include "harness.h"

#include <errno.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <unistd.h>

#define SEMAPHORE_SYSV_THERE 0
#define SEMAPHORE_SYSV_BACK  1

static struct harness_parameter semaphore_sysv_parameters[] = {{"iterations", 100, 1, 1000000}, HARNESS_PARAMETERS_END};
static int semaphore_sysv_set = -1;
static pid_t semaphore_sysv_child;

/* Up or down by one; -1 when the set is gone. */
static int semaphore_sysv_move(unsigned short which, short by)
{
    struct sembuf move = {.sem_num = which, .sem_op = by};

    return semop(semaphore_sysv_set, &move, 1);
}

static _Noreturn void semaphore_sysv_echo(void)
{
    while (semaphore_sysv_move(SEMAPHORE_SYSV_THERE, -1) == 0)
        if (semaphore_sysv_move(SEMAPHORE_SYSV_BACK, 1) != 0)
            _exit(1);
    _exit(errno == EIDRM || errno == EINVAL ? 0 : 1); /* it was waiting, or about to */
}

static void semaphore_sysv_setup(void)
{
    semaphore_sysv_set = semget(IPC_PRIVATE, 2, 0600);
    if (semaphore_sysv_set < 0 && errno == ENOSYS)
        harness_skip("this system has no System V semaphores");
    if (semaphore_sysv_set < 0)
        harness_fail("semget failed");
    semaphore_sysv_child = fork();
    if (semaphore_sysv_child < 0)
        harness_fail("fork failed");
    if (semaphore_sysv_child == 0)
        semaphore_sysv_echo();
}

static void semaphore_sysv_work(void)
{
    for (uint64_t i = semaphore_sysv_parameters[0].value; i > 0; i--)
        if (semaphore_sysv_move(SEMAPHORE_SYSV_THERE, 1) != 0 || semaphore_sysv_move(SEMAPHORE_SYSV_BACK, -1) != 0)
            harness_fail("a semaphore failed");
}

/* The other process is waiting: it is told that the set is gone. */
static void semaphore_sysv_teardown(void)
{
    if (semctl(semaphore_sysv_set, 0, IPC_RMID) != 0)
        harness_fail("the semaphores cannot be removed");
    harness_wait_child(semaphore_sysv_child);
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/semaphore_sysv",
        .parameters = semaphore_sysv_parameters,
        .setup = semaphore_sysv_setup,
        .teardown = semaphore_sysv_teardown,
        .work = semaphore_sysv_work,
    };
    return harness_main(&workload, argc, argv);
}
