/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two processes hand a turn to and fro by two POSIX semaphores in shared memory (lmbench lat_sem has System V
 * ones); an operation is one round trip.
 */
#include "harness.h"

#include <semaphore.h>
#include <sys/mman.h>
#include <unistd.h>

struct semaphore_pair {
    sem_t there, back;
    volatile int is_over;
};

static struct harness_parameter semaphore_parameters[] = {{"iterations", 100, 1, 1000000}, HARNESS_PARAMETERS_END};
static struct semaphore_pair *semaphore_pair;
static pid_t semaphore_child;

static _Noreturn void semaphore_echo(void)
{
    while (sem_wait(&semaphore_pair->there) == 0 && !semaphore_pair->is_over)
        if (sem_post(&semaphore_pair->back) != 0)
            _exit(1);
    _exit(0);
}

static void semaphore_setup(void)
{
    semaphore_pair = mmap(NULL, sizeof(*semaphore_pair), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (semaphore_pair == MAP_FAILED || sem_init(&semaphore_pair->there, 1, 0) || sem_init(&semaphore_pair->back, 1, 0))
        harness_fail("no semaphores");
    semaphore_child = fork();
    if (semaphore_child < 0)
        harness_fail("fork failed");
    if (semaphore_child == 0)
        semaphore_echo();
}

static void semaphore_work(void)
{
    for (uint64_t i = semaphore_parameters[0].value; i > 0; i--)
        if (sem_post(&semaphore_pair->there) != 0 || sem_wait(&semaphore_pair->back) != 0)
            harness_fail("a semaphore failed");
}

static void semaphore_teardown(void)
{
    semaphore_pair->is_over = 1;
    sem_post(&semaphore_pair->there);
    harness_wait_child(semaphore_child);
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/semaphore",
        .parameters = semaphore_parameters,
        .setup = semaphore_setup,
        .teardown = semaphore_teardown,
        .work = semaphore_work,
    };
    return harness_main(&workload, argc, argv);
}
