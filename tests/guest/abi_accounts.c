/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is kept for a process and told: timers of its time on the CPU, the priority of its I/O, its personality; and
 * who may take the account of a child that ended.
 */
#include "abi.h"
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SOMEBODY   4711
#define VFORKS     8
#define IO_PROCESS 1
#define IO_GROUP   2
#define IO_USER    3
#define IO(class, level) ((class) << 13 | (level))

static volatile int expired;

static void count(int signal)
{
    (void)signal;
    expired++;
}

/* ---- timers ---- */

static long milliseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void arm(int which, int value, int interval)
{
    struct itimerval setting = {.it_value = {.tv_usec = value}, .it_interval = {.tv_usec = interval}};
    expired = 0;
    CHECK(setitimer(which, &setting, NULL) == 0);
}

/* Works until so many have come; false when they do not. */
static bool work_until(int times)
{
    long until = milliseconds(CLOCK_MONOTONIC) + 20000;
    while (expired < times && milliseconds(CLOCK_MONOTONIC) < until)
        for (volatile int i = 0; i < 20000; i++)
            ;
    return expired >= times;
}

static void test_cpu_timer(int which, int signal)
{
    struct itimerval now, old, none = {.it_value = {.tv_usec = 0}};
    abi_handle(signal, count, 0);
    CHECK(getitimer(which, &now) == 0 && now.it_value.tv_usec == 0 && now.it_value.tv_sec == 0);
    long before = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
    arm(which, 30000, 0);
    CHECK(getitimer(which, &now) == 0 && now.it_value.tv_usec > 0 && now.it_value.tv_usec <= 40000);
    CHECK(work_until(1) && milliseconds(CLOCK_PROCESS_CPUTIME_ID) - before >= 10);
    CHECK(getitimer(which, &now) == 0 && now.it_value.tv_usec == 0 && now.it_interval.tv_usec == 0);
    before = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
    arm(which, 20000, 10000);
    CHECK(work_until(3) && milliseconds(CLOCK_PROCESS_CPUTIME_ID) - before >= 15);
    CHECK(setitimer(which, &none, &old) == 0 && old.it_interval.tv_usec == 10000 && old.it_value.tv_usec > 0);
    /* Whoever sleeps needs no time, and a child has timers of its own. */
    arm(which, 20000, 0);
    usleep(80000);
    CHECK(expired == 0);
    pid_t child = fork();
    if (child == 0)
        _exit(getitimer(which, &now) == 0 && now.it_value.tv_usec == 0 ? 0 : 1);
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0 && work_until(1));
    abi_handle(signal, SIG_DFL, 0);
}

static void killed_by_virtual(void)
{
    arm(ITIMER_VIRTUAL, 10000, 0);
    work_until(1);
}

static void test_timer_refusals(void)
{
    struct itimerval wrong = {.it_value = {.tv_usec = 1000000}};
    CHECK(setitimer(ITIMER_PROF, &wrong, NULL) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_setitimer, 3, &wrong, NULL) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_getitimer, 3, &wrong) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_getitimer, ITIMER_VIRTUAL, 8) == -1 && errno == EFAULT);
}

/* ---- the priority of I/O ---- */

static long io_get(int which, int who)
{
    return syscall(SYS_ioprio_get, which, who);
}

static long io_set(int which, int who, int value)
{
    return syscall(SYS_ioprio_set, which, who, value);
}

static void io_priorities(void)
{
    EXPECT(setpgid(0, 0) == 0 && io_get(IO_PROCESS, 0) >= 0 && io_get(IO_GROUP, 0) == IO(2, 4));
    EXPECT(setpriority(PRIO_PROCESS, 0, 10) == 0 && io_get(IO_GROUP, getpgrp()) == IO(2, 6));
    EXPECT(io_set(IO_PROCESS, 0, IO(2, 5)) == 0 && io_get(IO_PROCESS, getpid()) == IO(2, 5));
    EXPECT(io_get(IO_GROUP, 0) == IO(2, 5));
    pid_t child = fork();
    if (child == 0)
        _exit(io_get(IO_PROCESS, 0) == IO(2, 5) && io_set(IO_GROUP, 0, IO(3, 0)) == 0 ? 0 : 1);
    int status;
    EXPECT(waitpid(child, &status, 0) == child && status == 0 && io_get(IO_PROCESS, 0) == IO(3, 0));
    EXPECT(io_set(IO_PROCESS, 0, IO(0, 0)) == 0 && io_get(IO_GROUP, 0) == IO(2, 6));
    EXPECT(io_set(IO_PROCESS, 0, IO(0, 1)) == -1 && errno == EINVAL);
    EXPECT(io_set(IO_PROCESS, 0, IO(4, 0)) == -1 && errno == EINVAL);
    EXPECT(io_set(0, 0, IO(2, 0)) == -1 && errno == EINVAL && io_set(4, 0, IO(2, 0)) == -1 && errno == EINVAL);
    EXPECT(io_get(0, 0) == -1 && errno == EINVAL && io_get(IO_PROCESS, 30000000) == -1 && errno == ESRCH);
    EXPECT(io_set(IO_PROCESS, 30000000, IO(2, 0)) == -1 && errno == ESRCH);
    EXPECT(io_get(IO_USER, SOMEBODY) == -1 && errno == ESRCH);
    if (getuid() != 0)
        return;
    EXPECT(io_set(IO_PROCESS, 0, IO(1, 7)) == 0 && io_get(IO_PROCESS, 0) == IO(1, 7));
    EXPECT(setgid(SOMEBODY) == 0 && setuid(SOMEBODY) == 0);
    EXPECT(io_set(IO_PROCESS, 0, IO(1, 7)) == -1 && errno == EPERM);
    EXPECT(io_set(IO_PROCESS, getppid(), IO(2, 7)) == -1 && errno == EPERM);
    EXPECT(io_set(IO_USER, SOMEBODY, IO(2, 3)) == 0 && io_get(IO_USER, SOMEBODY) == IO(2, 3));
}

/* ---- personality ---- */

static bool machine_is(const char *name)
{
    struct utsname names;
    return uname(&names) == 0 && strcmp(names.machine, name) == 0;
}

static void personalities(void)
{
    EXPECT(machine_is("x86_64") && personality(PER_LINUX32) >= 0 && machine_is("i686"));
    EXPECT(personality(0xffffffff) == PER_LINUX32);
    pid_t child = fork();
    if (child == 0)
        _exit(machine_is("i686") ? 0 : 1);
    int status;
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
    EXPECT(personality(PER_LINUX32 | ADDR_NO_RANDOMIZE) == PER_LINUX32 && machine_is("i686"));
    EXPECT(personality(PER_LINUX) == (PER_LINUX32 | ADDR_NO_RANDOMIZE) && machine_is("x86_64"));
}

/* ---- a child whose parent's thread still waits in vfork ---- */

static volatile bool stop, polls;
static volatile int reaped;

/* Takes every child as soon as there is one, and makes another in the place of what it took. */
static void *reap(void *unused)
{
    int status;
    while (!stop) {
        if (waitpid(-1, &status, polls ? WNOHANG : 0) <= 0) {
            for (volatile int i = 0; i < 2000; i++)
                ;
            sched_yield();
            continue;
        }
        reaped++;
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        while (waitpid(child, &status, 0) == -1 && errno == EINTR)
            ;
    }
    return unused;
}

static void vfork_beside(bool polling)
{
    pthread_t thread;
    stop = false;
    polls = polling;
    reaped = 0;
    EXPECT(pthread_create(&thread, NULL, reap, NULL) == 0);
    for (int i = 0; i < VFORKS; i++) {
        pid_t child = vfork();
        if (child == 0)
            _exit(0);
        EXPECT(child > 0);
        while (reaped <= i)
            usleep(1000);
    }
    stop = true;
    EXPECT(pthread_join(thread, NULL) == 0 && reaped == VFORKS);
}

static void vfork_beside_a_reaper(void)
{
    vfork_beside(true);
    vfork_beside(false);
}

void abi_test_accounts(void)
{
    test_timer_refusals();
    test_cpu_timer(ITIMER_VIRTUAL, SIGVTALRM);
    test_cpu_timer(ITIMER_PROF, SIGPROF);
    CHECK(abi_in_child(killed_by_virtual) == SIGVTALRM);
    CHECK(abi_in_child(io_priorities) == 0);
    CHECK(abi_in_child(personalities) == 0);
    CHECK(abi_in_child(vfork_beside_a_reaper) == 0);
}
