/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads: what they share and what not, conditions, robust locks, signals to a process and to a thread,
 * the end of one and of all, exec from a thread.
 */
#include "abi.h"
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8
#define ROUNDS  500

static void sleep_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* ---- what is shared ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned counter;
static __thread unsigned own;
static int thread_number, shared_descriptor;

static void *count_up(void *argument)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&lock);
        unsigned before = counter;
        if (i % 50 == 0)
            sched_yield();
        counter = before + 1;
        own++;
        pthread_mutex_unlock(&lock);
    }
    return own == ROUNDS ? argument : NULL;
}

static void test_counting(void)
{
    pthread_t threads[THREADS];
    void *result;
    counter = 0;
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, count_up, (void *)(i + 1)) == 0);
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], &result) == 0 && result == (void *)(i + 1));
    CHECK(counter == THREADS * ROUNDS);
}

static void *look_around(void *argument)
{
    thread_number = (int)syscall(SYS_gettid);
    CHECK(getpid() == *(pid_t *)argument);
    CHECK(getppid() == ((pid_t *)argument)[1]);
    CHECK(chdir("/tmp") == 0);
    CHECK(umask(027) == 022);
    shared_descriptor = open("/", O_RDONLY | O_DIRECTORY);
    CHECK(setpgid(0, 0) == 0 || errno == EPERM);
    return NULL;
}

static void test_sharing(void)
{
    pid_t ids[2] = {getpid(), getppid()};
    char path[PATH_MAX];
    struct stat status;
    pthread_t thread;
    mode_t mask = umask(022);
    CHECK(chdir("/") == 0);
    CHECK(pthread_create(&thread, NULL, look_around, ids) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(thread_number != getpid() && syscall(SYS_gettid) == getpid());
    CHECK(getcwd(path, sizeof(path)) && strcmp(path, "/tmp") == 0);
    CHECK(umask(mask) == 027);
    CHECK(fstat(shared_descriptor, &status) == 0 && S_ISDIR(status.st_mode));
    CHECK(close(shared_descriptor) == 0 && chdir("/") == 0);
    /* It may take a moment until the number of an ended thread is free. */
    for (unsigned i = 0; i < 100 && syscall(SYS_tkill, thread_number, 0) == 0; i++)
        sleep_ms(1);
    CHECK(syscall(SYS_tkill, thread_number, 0) == -1 && errno == ESRCH);
}

static void test_clone_refusals(void)
{
    CHECK(syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_clone, CLONE_THREAD | CLONE_SIGHAND, 0, 0, 0, 0) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0) == -1 && errno == EINVAL);
}

/* ---- a read in one thread while another closes what it reads from ---- */

static int ends[2];

static void *read_one(void *argument)
{
    char byte = 0;
    long got = read(ends[0], &byte, 1);
    return got == 1 ? argument : NULL;
}

static void test_close_under_reader(void)
{
    pthread_t thread;
    void *result;
    CHECK(pipe(ends) == 0);
    CHECK(pthread_create(&thread, NULL, read_one, &lock) == 0);
    sleep_ms(5);
    CHECK(close(ends[0]) == 0);
    CHECK(write(ends[1], "x", 1) == 1);
    CHECK(pthread_join(thread, &result) == 0 && result == &lock);
    CHECK(close(ends[1]) == 0);
}

/* ---- conditions and time limits of the library ---- */

static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static unsigned turn;

static void *take_turns(void *argument)
{
    unsigned mine = (unsigned)(uintptr_t)argument;
    for (unsigned i = 0; i < 50; i++) {
        pthread_mutex_lock(&lock);
        while (turn % 2 != mine)
            pthread_cond_wait(&condition, &lock);
        turn++;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void test_conditions(void)
{
    pthread_t threads[2];
    struct timespec limit;
    turn = 0;
    for (uintptr_t i = 0; i < 2; i++)
        CHECK(pthread_create(&threads[i], NULL, take_turns, (void *)i) == 0);
    for (unsigned i = 0; i < 2; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(turn == 100);
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_nsec = (limit.tv_nsec + 3000000) % 1000000000;
    if (limit.tv_nsec < 3000000)
        limit.tv_sec++;
    pthread_mutex_lock(&lock);
    CHECK(pthread_cond_timedwait(&condition, &lock, &limit) == ETIMEDOUT);
    pthread_mutex_unlock(&lock);
}

/* ---- robust locks ---- */

static pthread_mutex_t robust;

static void *die_with_lock(void *argument)
{
    (void)argument;
    pthread_mutex_lock(&robust);
    return NULL;
}

static void test_robust(void)
{
    pthread_mutexattr_t kind;
    pthread_t thread;
    void *head;
    size_t bytes = 0;
    pthread_mutexattr_init(&kind);
    CHECK(pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST) == 0);
    CHECK(pthread_mutex_init(&robust, &kind) == 0);
    CHECK(pthread_create(&thread, NULL, die_with_lock, NULL) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(pthread_mutex_lock(&robust) == EOWNERDEAD);
    CHECK(pthread_mutex_consistent(&robust) == 0 && pthread_mutex_unlock(&robust) == 0);
    CHECK(pthread_mutex_lock(&robust) == 0 && pthread_mutex_unlock(&robust) == 0);
    CHECK(syscall(SYS_set_robust_list, NULL, 5) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_get_robust_list, 0, &head, &bytes) == 0 && bytes == 24);
    CHECK(syscall(SYS_get_robust_list, 0, NULL, &bytes) == -1 && errno == EFAULT);
    CHECK(syscall(SYS_get_robust_list, 99999, &head, &bytes) == -1 && errno == ESRCH);
}

/* ---- signals ---- */

static volatile int taken_by;
static volatile unsigned ready;

static void note_thread(int signal)
{
    (void)signal;
    taken_by = (int)syscall(SYS_gettid);
}

static void *take_signal(void *argument)
{
    sigset_t none;
    sigemptyset(&none);
    thread_number = (int)syscall(SYS_gettid);
    ready = 1;
    while (!taken_by && argument)
        sigsuspend(&none);
    return NULL;
}

static void *wait_signal(void *argument)
{
    sigset_t set;
    int signal = 0;
    (void)argument;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    ready = 1;
    CHECK(sigwait(&set, &signal) == 0);
    return (void *)(intptr_t)signal;
}

static void test_signals(void)
{
    pthread_t thread;
    sigset_t both, before;
    void *result;
    siginfo_t information;
    struct timespec none = {0, 0};
    abi_handle(SIGUSR1, note_thread, 0);
    sigemptyset(&both);
    sigaddset(&both, SIGUSR1);
    sigaddset(&both, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &both, &before);
    /* To the process: the thread that does not block it takes it. */
    taken_by = 0, ready = 0;
    CHECK(pthread_create(&thread, NULL, take_signal, &lock) == 0);
    while (!ready)
        sleep_ms(1);
    CHECK(kill(getpid(), SIGUSR1) == 0);
    CHECK(pthread_join(thread, NULL) == 0 && taken_by == thread_number && taken_by != getpid());
    /* Both block it: it stays the process's, and a thread that waits for it gets it. */
    ready = 0;
    CHECK(kill(getpid(), SIGUSR2) == 0);
    CHECK(pthread_create(&thread, NULL, wait_signal, NULL) == 0);
    while (!ready)
        sleep_ms(1);
    sleep_ms(5);
    if (sigtimedwait(&both, &information, &none) == SIGUSR2) /* the creator's own pending signal on some kernels */
        kill(getpid(), SIGUSR2);
    CHECK(pthread_join(thread, &result) == 0 && result == (void *)(intptr_t)SIGUSR2);
    /* To one thread. */
    taken_by = 0;
    CHECK(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1) == 0 && taken_by == 0);
    CHECK(sigpending(&both) == 0 && sigismember(&both, SIGUSR1) == 1);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    CHECK(taken_by == getpid());
    CHECK(syscall(SYS_tgkill, getpid() + 1, getpid(), 0) == -1 && errno == ESRCH);
    CHECK(syscall(SYS_tgkill, getpid(), -1, 0) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_tgkill, getpid(), getpid(), 65) == -1 && errno == EINVAL);
    signal(SIGUSR1, SIG_DFL);
}

/* ---- ends ---- */

static void *sleep_for_ever(void *argument)
{
    for (;;)
        pause();
    return argument;
}

static void *exit_all(void *argument)
{
    sleep_ms(2);
    syscall(SYS_exit_group, 7);
    return argument;
}

static void *fault(void *argument)
{
    signal(SIGSEGV, SIG_DFL);
    *(volatile int *)8 = 1;
    return argument;
}

static void *exec_self(void *argument)
{
    char *const arguments[] = {"abi", argument, NULL}, *const environment[] = {NULL};
    execve("/proc/self/exe", arguments, environment);
    _exit(99);
}

static void *late(void *argument)
{
    sleep_ms(3);
    return argument;
}

static void *exit_late(void *argument)
{
    sleep_ms(3);
    syscall(SYS_exit, 12);
    return argument;
}

static void in_child_group(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, sleep_for_ever, NULL);
    pthread_create(&thread, NULL, exit_all, NULL);
    for (;;)
        pause();
}

static void in_child_fault(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, sleep_for_ever, NULL);
    pthread_create(&thread, NULL, fault, NULL);
    for (;;)
        ;
}

static void in_child_exec(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, sleep_for_ever, NULL);
    pthread_create(&thread, NULL, exec_self, "status");
    for (;;)
        pause();
}

static void in_child_leader_first(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, exit_late, NULL);
    syscall(SYS_exit, 11); /* the last thread's status is the process's */
}

/* What was sent to the process while it had one thread is still another's to take. */
static void *take_earlier(void *argument)
{
    sigset_t *set = argument;
    struct timespec patience = {5, 0};
    sleep_ms(3);
    _exit(sigtimedwait(set, NULL, &patience) == SIGUSR1 ? 0 : 1);
}

static void in_child_signal_before(void)
{
    static sigset_t set;
    pthread_t thread;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    kill(getpid(), SIGUSR1);
    pthread_create(&thread, NULL, take_earlier, &set);
    syscall(SYS_exit, 11);
}

static void in_child_many(void)
{
    pthread_t threads[50];
    for (unsigned i = 0; i < 50; i++)
        if (pthread_create(&threads[i], NULL, late, NULL) != 0)
            _exit(1);
    _exit(2); /* most of them still sleep */
}

static void test_ends(void)
{
    int status;
    CHECK(abi_in_child(in_child_group) == 7 << 8);
    status = abi_in_child(in_child_fault);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    CHECK(abi_in_child(in_child_exec) == 42 << 8);
    CHECK(abi_in_child(in_child_leader_first) == 12 << 8);
    CHECK(abi_in_child(in_child_signal_before) == 0);
    CHECK(abi_in_child(in_child_many) == 2 << 8);
}

/* A process of threads is stopped and continued as one, and waited for by any thread of its parent. */
static void *wait_for_child(void *argument)
{
    int status = 0;
    pid_t child = *(pid_t *)argument;
    CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
    CHECK(kill(child, SIGCONT) == 0);
    CHECK(waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status));
    CHECK(kill(child, SIGKILL) == 0);
    CHECK(waitpid(child, &status, 0) == child && WTERMSIG(status) == SIGKILL);
    return argument;
}

static void test_stop_together(void)
{
    pthread_t thread;
    void *result;
    pid_t child = fork();
    if (child == 0) {
        pthread_create(&thread, NULL, sleep_for_ever, NULL);
        pthread_create(&thread, NULL, sleep_for_ever, NULL);
        sleep_for_ever(NULL);
    }
    sleep_ms(5);
    CHECK(kill(child, SIGSTOP) == 0);
    CHECK(pthread_create(&thread, NULL, wait_for_child, &child) == 0);
    CHECK(pthread_join(thread, &result) == 0 && result == &child);
}

void abi_test_threads(void)
{
    test_counting();
    test_sharing();
    test_clone_refusals();
    test_close_under_reader();
    test_conditions();
    test_robust();
    test_signals();
    test_ends();
    test_stop_together();
}
