/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clocks of CPU time, by the numbers of processes and threads, with the timers and sleeps that go by them; and, in
 * guest-coop alone, whose clock it may change, timers that follow the clock of real time when it is set.
 */
#include "abi.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CLOCK_OF(number, kind) ((clockid_t)(~(unsigned)(number) << 3 | (kind)))
#define KIND_SAMPLED           0u
#define KIND_USER              1u
#define KIND_EXACT             2u
#define KIND_FILE              3u
#define OF_THREAD              4u
#define MILLISECOND            1000000l
#define HOUR                   3600l

#ifndef TFD_TIMER_CANCEL_ON_SET
#define TFD_TIMER_CANCEL_ON_SET 2
#endif

static volatile sig_atomic_t rung;

static void ring(int signal)
{
    (void)signal;
    rung = rung + 1;
}

static int64_t now_of(clockid_t clock)
{
    struct timespec now = {0, 0};
    if (syscall(SYS_clock_gettime, clock, &now) == -1)
        CHECK(false); /* how often this is asked is no matter */
    return now.tv_sec * 1000 * MILLISECOND + now.tv_nsec;
}

static struct timespec span(int64_t ns)
{
    return (struct timespec){ns / (1000 * MILLISECOND), ns % (1000 * MILLISECOND)};
}

/* Some time in user mode: asking for the time all the while is slow where calls leave the guest. */
static void work_a_little(void)
{
    for (volatile int i = 0; i < 20000; i++)
        ;
}

static void work(int64_t ns)
{
    int64_t start = now_of(CLOCK_THREAD_CPUTIME_ID);
    while (now_of(CLOCK_THREAD_CPUTIME_ID) - start < ns)
        work_a_little();
}

static void *work_on(void *clock)
{
    if (pthread_getcpuclockid(pthread_self(), clock) != 0)
        return (void *)1;
    work(5 * MILLISECOND);
    return NULL;
}

static void test_numbers(void)
{
    clockid_t clock, of_thread = 0;
    struct timespec time;
    pthread_t thread;
    void *result;
    CHECK(clock_getcpuclockid(0, &clock) == 0 && clock == CLOCK_OF(0, KIND_EXACT));
    work(2 * MILLISECOND);
    int64_t own = now_of(CLOCK_THREAD_CPUTIME_ID);
    CHECK(now_of(clock) >= 2 * MILLISECOND && now_of(CLOCK_OF(getpid(), KIND_EXACT)) >= own);
    CHECK(now_of(CLOCK_OF(0, KIND_USER)) >= 0 && now_of(CLOCK_OF(getpid(), KIND_SAMPLED)) >= 0);
    CHECK(clock_getres(clock, &time) == 0 && time.tv_sec == 0 && time.tv_nsec == 1);
    CHECK(clock_getres(CLOCK_OF(0, KIND_USER), &time) == 0 && time.tv_nsec >= MILLISECOND);
    CHECK(pthread_create(&thread, NULL, work_on, &of_thread) == 0);
    CHECK(pthread_join(thread, &result) == 0 && result == NULL && (of_thread & 7) == (KIND_EXACT | OF_THREAD));
    CHECK(syscall(SYS_clock_gettime, of_thread, &time) == -1 && errno == EINVAL); /* it has ended */
    CHECK(now_of(clock) >= 7 * MILLISECOND);
    /* The parent's process, not one of its threads; nobody; a device's clock. */
    CHECK(getppid() == 0 || syscall(SYS_clock_gettime, CLOCK_OF(getppid(), KIND_EXACT), &time) == 0);
    CHECK(syscall(SYS_clock_gettime, CLOCK_OF(getpid() == 1 ? 2 : 1, KIND_EXACT | OF_THREAD), &time) == -1 &&
          errno == EINVAL);
    CHECK(syscall(SYS_clock_gettime, CLOCK_OF(99999999, KIND_EXACT), &time) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_clock_gettime, CLOCK_OF(0, KIND_FILE), &time) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_clock_getres, CLOCK_OF(99999999, KIND_EXACT), &time) == -1 && errno == EINVAL);
    CHECK(clock_settime(clock, &time) == -1 && errno == EPERM);
    CHECK(clock_settime(CLOCK_PROCESS_CPUTIME_ID, &time) == -1 && errno == EINVAL);
    CHECK(clock_settime(CLOCK_MONOTONIC, &time) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_clock_gettime, 11 /* international atomic time */, &time) == 0 && time.tv_sec > 0);
}

/* A process that sleeps lets no time pass on its clock: a timer on it rings only when it works. */
static void test_timer_of(clockid_t clock)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec setting = {.it_value = span(6 * MILLISECOND)}, left;
    timer_t timer;
    rung = 0;
    abi_handle(SIGUSR1, ring, 0);
    CHECK(timer_create(clock, &event, &timer) == 0);
    int64_t start = now_of(clock);
    CHECK(timer_settime(timer, 0, &setting, NULL) == 0);
    CHECK(timer_gettime(timer, &left) == 0 && left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 6 * MILLISECOND);
    while (!rung && now_of(clock) - start < 2000 * MILLISECOND)
        work_a_little();
    CHECK(rung == 1 && now_of(clock) - start >= 6 * MILLISECOND);
    CHECK(timer_gettime(timer, &left) == 0 && left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0);
    /* Periodic, from a time of the clock that has passed. */
    setting.it_interval = span(2 * MILLISECOND);
    setting.it_value = span(1);
    CHECK(timer_settime(timer, TIMER_ABSTIME, &setting, &left) == 0 && left.it_interval.tv_nsec == 0);
    while (rung < 3 && now_of(clock) - start < 4000 * MILLISECOND)
        work_a_little();
    CHECK(rung >= 3);
    CHECK(timer_delete(timer) == 0);
    signal(SIGUSR1, SIG_DFL);
}

static void test_timer_refusals(void)
{
    struct itimerspec setting = {.it_value = span(MILLISECOND)}, left;
    timer_t timer;
    int number, status;
    CHECK(syscall(SYS_timer_create, CLOCK_MONOTONIC_RAW, NULL, &number) == -1 && errno == EOPNOTSUPP);
    CHECK(syscall(SYS_timer_create, CLOCK_REALTIME_COARSE, NULL, &number) == -1 && errno == EOPNOTSUPP);
    CHECK(syscall(SYS_timer_create, CLOCK_OF(99999999, KIND_EXACT), NULL, &number) == -1 && errno == EINVAL);
    /* Of a child that ends meanwhile. */
    pid_t child = fork();
    if (child == 0)
        _exit(pause());
    CHECK(timer_create(CLOCK_OF(child, KIND_EXACT), NULL, &timer) == 0);
    setting.it_value.tv_sec = 1000;
    CHECK(timer_settime(timer, 0, &setting, NULL) == 0 && timer_gettime(timer, &left) == 0 &&
          left.it_value.tv_sec > 900);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
    CHECK(timer_gettime(timer, &left) == 0 && left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0);
    CHECK(timer_settime(timer, 0, &setting, NULL) == -1 && errno == ESRCH);
    CHECK(timer_delete(timer) == 0);
}

static void test_sleep(void)
{
    struct timespec time = span(4 * MILLISECOND), rest;
    clockid_t clock;
    int status;
    pid_t child = fork();
    if (child == 0)
        for (;;)
            work(MILLISECOND);
    clock = CLOCK_OF(child, KIND_EXACT);
    int64_t start = now_of(clock);
    CHECK(syscall(SYS_clock_nanosleep, clock, 0, &time, NULL) == 0 && now_of(clock) - start >= 4 * MILLISECOND);
    time = span(now_of(clock) + 4 * MILLISECOND);
    CHECK(syscall(SYS_clock_nanosleep, clock, TIMER_ABSTIME, &time, NULL) == 0);
    CHECK(now_of(clock) >= time.tv_sec * 1000 * MILLISECOND + time.tv_nsec);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
    CHECK(syscall(SYS_clock_nanosleep, clock, 0, &time, NULL) == -1 && errno == EINVAL);
    /* Who sleeps alone works not, until the alarm. */
    const struct itimerval alarm_soon = {.it_value = {0, 20000}};
    rung = 0;
    time = span(3000 * MILLISECOND);
    abi_handle(SIGALRM, ring, 0);
    CHECK(setitimer(ITIMER_REAL, &alarm_soon, NULL) == 0);
    CHECK(syscall(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, &time, &rest) == -1 && errno == EINTR && rung == 1);
    CHECK(rest.tv_sec == 2 && rest.tv_nsec > 500 * MILLISECOND);
    signal(SIGALRM, SIG_DFL);
    CHECK(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &time, NULL) == -1 && errno == EOPNOTSUPP);
    CHECK(syscall(SYS_clock_nanosleep, CLOCK_OF(0, KIND_EXACT | OF_THREAD), 0, &time, NULL) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, &time, NULL) == -1 && errno == EOPNOTSUPP);
    CHECK(syscall(SYS_clock_nanosleep, 77, 0, &time, NULL) == -1 && errno == EINVAL);
}

/* ---- a clock that is set: of a machine that is nobody's */

static bool clock_is_ours(void)
{
    struct utsname name;
    return uname(&name) == 0 && strstr(name.release, "-coop") && geteuid() == 0;
}

static void move_clock(long seconds)
{
    struct timespec now;
    CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
    now.tv_sec += seconds;
    CHECK(clock_settime(CLOCK_REALTIME, &now) == 0);
}

/* In an hour, by the clock. */
static struct itimerspec in_an_hour(void)
{
    struct itimerspec setting = {{0, 0}, {0, 0}};
    clock_gettime(CLOCK_REALTIME, &setting.it_value);
    setting.it_value.tv_sec += HOUR;
    return setting;
}

static void test_files_follow(void)
{
    struct itimerspec setting = in_an_hour(), left;
    uint64_t count = 0;
    int follows = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK), stays = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    int told = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    CHECK(timerfd_settime(follows, TFD_TIMER_ABSTIME, &setting, NULL) == 0);
    CHECK(timerfd_settime(told, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &setting, NULL) == 0);
    setting.it_value = span(HOUR * 1000 * MILLISECOND);
    CHECK(timerfd_settime(stays, 0, &setting, NULL) == 0);
    move_clock(HOUR / 2);
    CHECK(read(follows, &count, sizeof(count)) == -1 && errno == EAGAIN);
    CHECK(timerfd_gettime(follows, &left) == 0 && left.it_value.tv_sec <= HOUR / 2 &&
          left.it_value.tv_sec > HOUR / 2 - 60);
    CHECK(timerfd_gettime(stays, &left) == 0 && left.it_value.tv_sec > HOUR - 60);
    CHECK(read(told, &count, sizeof(count)) == -1 && errno == ECANCELED);
    CHECK(read(told, &count, sizeof(count)) == -1 && errno == EAGAIN);
    move_clock(HOUR);
    setting = in_an_hour();
    CHECK(timerfd_settime(told, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &setting, NULL) == -1 &&
          errno == ECANCELED);
    CHECK(timerfd_gettime(told, &left) == 0 && left.it_value.tv_sec > HOUR - 60);
    usleep(10000);
    CHECK(read(follows, &count, sizeof(count)) == sizeof(count) && count == 1);
    CHECK(read(stays, &count, sizeof(count)) == -1 && errno == EAGAIN);
    move_clock(-HOUR / 2);
    CHECK(timerfd_gettime(told, &left) == 0 && left.it_value.tv_sec > HOUR + HOUR / 2 - 60);
    move_clock(-HOUR);
    close(follows), close(stays), close(told);
}

static void test_timers_follow(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec setting = in_an_hour(), left;
    timer_t timer;
    int status;
    rung = 0;
    abi_handle(SIGUSR1, ring, SA_RESTART); /* it may come while the sleeper is waited for */
    pid_t sleeper = fork();
    if (sleeper == 0)
        _exit(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &setting.it_value, NULL));
    CHECK(timer_create(CLOCK_REALTIME, &event, &timer) == 0 &&
          timer_settime(timer, TIMER_ABSTIME, &setting, NULL) == 0);
    usleep(10000);
    move_clock(-HOUR);
    CHECK(timer_gettime(timer, &left) == 0 && left.it_value.tv_sec > 2 * HOUR - 60);
    move_clock(2 * HOUR - 2);
    CHECK(waitpid(sleeper, &status, WNOHANG) == 0 && rung == 0);
    move_clock(3);
    CHECK(waitpid(sleeper, &status, 0) == sleeper && status == 0);
    for (int i = 0; i < 100 && !rung; i++)
        usleep(1000);
    CHECK(rung == 1 && timer_delete(timer) == 0);
    move_clock(-HOUR - 1);
    signal(SIGUSR1, SIG_DFL);
}

/* A sleeper on a word, who gives up in an hour. */
static void test_words_follow(void)
{
    struct itimerspec setting = in_an_hour();
    uint32_t word = 0;
    int status;
    pid_t sleeper = fork();
    if (sleeper == 0) {
        syscall(SYS_futex, &word, 9 | 256 /* FUTEX_WAIT_BITSET, real time */, 0, &setting.it_value, NULL, ~0u);
        _exit(errno != ETIMEDOUT);
    }
    usleep(10000);
    move_clock(HOUR / 2);
    CHECK(waitpid(sleeper, &status, WNOHANG) == 0);
    move_clock(HOUR);
    CHECK(waitpid(sleeper, &status, 0) == sleeper && status == 0);
    move_clock(-HOUR - HOUR / 2);
}

void abi_test_clocks(void)
{
    struct itimerspec setting = {{0, 0}, {0, 0}};
    test_numbers();
    test_timer_of(CLOCK_PROCESS_CPUTIME_ID);
    test_timer_of(CLOCK_THREAD_CPUTIME_ID);
    test_timer_of(CLOCK_OF(getpid(), KIND_EXACT));
    test_timer_refusals();
    test_sleep();
    int file = timerfd_create(CLOCK_MONOTONIC, 0);
    CHECK(timerfd_settime(file, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &setting, NULL) == 0); /* means nothing */
    CHECK(timerfd_settime(file, 4, &setting, NULL) == -1 && errno == EINVAL);
    close(file);
    if (!clock_is_ours())
        return;
    test_files_follow();
    test_timers_follow();
    test_words_follow();
}
