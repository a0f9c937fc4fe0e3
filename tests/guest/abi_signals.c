/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals: interruption and restart of calls, masks, waiting, single steps, frames that a program has spoilt.
 */
#include "abi.h"
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define TRAP_FLAG 0x100

static volatile int handled;

static void count(int signal)
{
    handled = signal;
}

static void stop_stepping(int signal, siginfo_t *information, void *context)
{
    (void)information;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
    handled = signal;
}

static void alarm_in_ms(long ms)
{
    struct itimerval timer = {{0, 0}, {0, ms * 1000}};
    handled = 0;
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void test_interruption(void)
{
    int ends[2];
    char byte = 0;
    CHECK(pipe(ends) == 0);
    abi_handle(SIGALRM, count, 0);
    alarm_in_ms(20);
    CHECK(pause() == -1 && errno == EINTR && handled == SIGALRM);
    alarm_in_ms(20);
    CHECK(read(ends[0], &byte, 1) == -1 && errno == EINTR && handled == SIGALRM);
    abi_handle(SIGALRM, count, SA_RESTART);
    alarm_in_ms(20);
    pid_t child = fork();
    if (child == 0) {
        usleep(60000);
        CHECK(write(ends[1], "x", 1) == 1);
        _exit(0);
    }
    CHECK(read(ends[0], &byte, 1) == 1 && byte == 'x' && handled == SIGALRM);
    CHECK(waitpid(child, NULL, 0) == child);
    close(ends[0]);
    close(ends[1]);
    abi_handle(SIGPIPE, count, 0);
    CHECK(pipe(ends) == 0 && close(ends[0]) == 0 && write(ends[1], "x", 1) == -1 && errno == EPIPE &&
          handled == SIGPIPE);
    close(ends[1]);
    signal(SIGPIPE, SIG_DFL);
}

static void test_masks(void)
{
    sigset_t user2, none, old, pending;
    siginfo_t information;
    struct timespec short_time = {0, 30000000};
    sigemptyset(&none);
    sigemptyset(&user2);
    sigaddset(&user2, SIGUSR2);
    abi_handle(SIGUSR2, count, 0);
    sigprocmask(SIG_BLOCK, &user2, &old);
    handled = 0;
    kill(getpid(), SIGUSR2);
    CHECK(handled == 0 && sigpending(&pending) == 0 && sigismember(&pending, SIGUSR2) == 1);
    CHECK(sigsuspend(&none) == -1 && errno == EINTR && handled == SIGUSR2);
    sigprocmask(SIG_BLOCK, NULL, &pending);
    CHECK(sigismember(&pending, SIGUSR2) == 1);
    kill(getpid(), SIGUSR2);
    CHECK(sigwaitinfo(&user2, &information) == SIGUSR2 && information.si_pid == getpid() &&
          information.si_code == SI_USER);
    CHECK(sigtimedwait(&user2, &information, &short_time) == -1 && errno == EAGAIN);
    sigprocmask(SIG_SETMASK, &old, NULL);
    CHECK(signal(SIGKILL, count) == SIG_ERR && errno == EINVAL);
}

/* A blocked signal that is ignored by default comes to whoever already waits for it. */
static void test_wait_for_child(void)
{
    struct timespec long_time = {5, 0};
    sigset_t chld, old;
    siginfo_t information;
    int status;
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_BLOCK, &chld, &old);
    pid_t child = fork();
    if (child == 0) {
        usleep(20000);
        _exit(3);
    }
    CHECK(sigtimedwait(&chld, &information, &long_time) == SIGCHLD && information.si_pid == child);
    CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 3);
    CHECK(sigpending(&chld) == 0 && !sigismember(&chld, SIGCHLD));
    sigprocmask(SIG_SETMASK, &old, NULL);
}

static void test_sleep(void)
{
    struct timespec before, after, span = {0, 50000000};
    clock_gettime(CLOCK_MONOTONIC, &before);
    CHECK(nanosleep(&span, NULL) == 0);
    clock_gettime(CLOCK_MONOTONIC, &after);
    long ns = (after.tv_sec - before.tv_sec) * 1000000000l + after.tv_nsec - before.tv_nsec;
    CHECK(ns >= 50000000 && ns < 500000000);
    struct timespec bad = {0, 1000000000};
    CHECK(nanosleep(&bad, NULL) == -1 && errno == EINVAL);
}

/* TF set by the program: one #DB after the next instruction, be it a system call. */
static void test_single_step(void)
{
    struct sigaction action = {.sa_sigaction = stop_stepping, .sa_flags = SA_SIGINFO};
    sigaction(SIGTRAP, &action, NULL);
    handled = 0;
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq; nop; nop; nop" : : : "memory", "cc");
    CHECK(handled == SIGTRAP);
    handled = 0;
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq; movl $39, %%eax; syscall; nop"
                     :
                     :
                     : "rax", "rcx", "r11", "memory", "cc");
    CHECK(handled == SIGTRAP);
    signal(SIGTRAP, SIG_DFL);
}

static void return_without_frame(void)
{
    __asm__ volatile("movl $0x1000, %%esp; movl $15, %%eax; syscall" : : : "memory");
}

/* A frame of ones: RIP, segment and FPU state are all impossible. */
static void return_from_junk(void)
{
    static uint64_t junk[400] __attribute__((aligned(64)));
    memset(junk, 0xff, sizeof(junk));
    __asm__ volatile("movq %0, %%rsp; movl $15, %%eax; syscall" : : "r"(&junk[200]) : "memory");
}

static void leave_by_bad_address(int signal, siginfo_t *information, void *context)
{
    (void)signal, (void)information;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] = (greg_t)0x8000000000000000;
}

static void return_to_bad_address(void)
{
    struct sigaction action = {.sa_sigaction = leave_by_bad_address, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
}

static void handle_without_stack(void)
{
    abi_handle(SIGUSR1, count, 0);
    __asm__ volatile(
        "movl $0x1000, %%esp; movl $39, %%eax; syscall; movl %%eax, %%edi; movl $10, %%esi; movl $62, %%eax;"
        "syscall"
        :
        :
        : "memory");
}

void abi_test_signals(void)
{
    static void (*const spoilt[])(void) = {return_without_frame, return_from_junk, return_to_bad_address,
                                           handle_without_stack};
    test_interruption();
    test_masks();
    test_wait_for_child();
    test_sleep();
    test_single_step();
    for (unsigned i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++) {
        int status = abi_in_child(spoilt[i]);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    }
}
