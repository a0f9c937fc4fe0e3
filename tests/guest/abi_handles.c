/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes by descriptor: opening, polling, signalling and waiting for them, and what they have open.
 */
#include "abi.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPEN           434 /* system calls that the C library may not know yet */
#define SEND           424
#define COPY           438
#define BY_DESCRIPTOR  3 /* P_PIDFD */
#define WITH_HANDLE    0x1000ul /* CLONE_PIDFD */
#define TELL_NUMBER    0x00100000ul /* CLONE_PARENT_SETTID */
#define DETACHED       0x00400000ul /* CLONE_DETACHED */
#define NO_PROCESS     4194303

static long handle_open(pid_t pid, unsigned flags)
{
    return syscall(OPEN, pid, flags);
}

static long handle_signal(long handle, int signal, const siginfo_t *information)
{
    return syscall(SEND, handle, signal, information, 0);
}

static int wait_by(long handle, int options, siginfo_t *information)
{
    return (int)syscall(SYS_waitid, BY_DESCRIPTOR, handle, information, options, NULL);
}

static bool ended(long handle, int milliseconds)
{
    struct pollfd poller = {.fd = (int)handle, .events = POLLIN};
    return poll(&poller, 1, milliseconds) == 1 && poller.revents & POLLIN;
}

static pid_t start_pausing(void)
{
    pid_t child = fork();
    if (child)
        return child;
    for (;;)
        pause();
}

static void test_errors(void)
{
    siginfo_t information;
    int status = -1, file = open("/dev/null", O_RDONLY);
    CHECK(handle_open(0, 0) == -1 && errno == EINVAL && handle_open(-1, 0) == -1 && errno == EINVAL);
    CHECK(handle_open(getpid(), 1) == -1 && errno == EINVAL && handle_open(NO_PROCESS, 0) == -1 && errno == ESRCH);
    CHECK(handle_signal(file, 0, NULL) == -1 && errno == EBADF && handle_signal(-1, 0, NULL) == -1 && errno == EBADF);
    CHECK(wait_by(-1, WEXITED, &information) == -1 && errno == EINVAL);
    CHECK(wait_by(file, WEXITED, &information) == -1 && errno == EBADF);
    long own = handle_open(getpid(), 0);
    CHECK(own >= 0 && fcntl((int)own, F_GETFD) == FD_CLOEXEC && (fcntl((int)own, F_GETFL) & O_ACCMODE) == O_RDWR);
    CHECK(wait_by(own, WEXITED, &information) == -1 && errno == ECHILD);
    CHECK(wait_by(own, 0, &information) == -1 && errno == EINVAL);
    CHECK(handle_signal(own, 0, NULL) == 0 && handle_signal(own, 65, NULL) == -1 && errno == EINVAL);
    CHECK(syscall(SEND, own, 0, NULL, 1u << 20) == -1 && errno == EINVAL && read((int)own, &status, 4) == -1);
    CHECK(errno == EINVAL && !ended(own, 0) && close((int)own) == 0 && close(file) == 0);
}

/* The life of a child, seen through a handle. */
static void test_life(void)
{
    siginfo_t information;
    pid_t child = start_pausing();
    long handle = handle_open(child, 0), second = handle_open(child, O_NONBLOCK);
    CHECK(handle >= 0 && second >= 0 && !ended(handle, 0));
    memset(&information, 0x55, sizeof(information));
    CHECK(wait_by(handle, WEXITED | WNOHANG, &information) == 0 && information.si_pid == 0);
    CHECK(wait_by(second, WEXITED, &information) == -1 && errno == EAGAIN);
    struct epoll_event event = {.events = EPOLLIN};
    int set = epoll_create1(EPOLL_CLOEXEC);
    CHECK(epoll_ctl(set, EPOLL_CTL_ADD, (int)handle, &event) == 0 && epoll_wait(set, &event, 1, 0) == 0);
    CHECK(handle_signal(handle, 0, NULL) == 0 && handle_signal(handle, SIGKILL, NULL) == 0 && ended(handle, 10000));
    CHECK(ended(second, 0) && epoll_wait(set, &event, 1, 10000) == 1 && handle_signal(handle, 0, NULL) == 0);
    long late = handle_open(child, 0);
    CHECK(late >= 0 && ended(late, 0) && close((int)late) == 0);
    CHECK(wait_by(second, WEXITED | WNOWAIT, &information) == 0 && information.si_pid == child);
    CHECK(wait_by(handle, WEXITED, &information) == 0 && information.si_pid == child);
    CHECK(information.si_signo == SIGCHLD && information.si_code == CLD_KILLED && information.si_status == SIGKILL);
    CHECK(wait_by(handle, WEXITED, &information) == -1 && errno == ECHILD && ended(handle, 0));
    CHECK(handle_signal(handle, 0, NULL) == -1 && errno == ESRCH && handle_open(child, 0) == -1 && errno == ESRCH);
    CHECK(close((int)handle) == 0 && close((int)second) == 0 && close(set) == 0);
}

static volatile sig_atomic_t came, code, value;
static void note(int signal, siginfo_t *information, void *context)
{
    (void)context;
    came = signal, code = information->si_code, value = information->si_value.sival_int;
}

static void test_signals(void)
{
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO}, old;
    siginfo_t information = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
    long own = handle_open(getpid(), 0);
    CHECK(sigaction(SIGUSR1, &action, &old) == 0);
    information.si_value.sival_int = 77;
    CHECK(handle_signal(own, SIGUSR1, &information) == 0 && came == SIGUSR1 && code == SI_QUEUE && value == 77);
    CHECK(handle_signal(own, SIGUSR1, NULL) == 0 && code == SI_USER);
    CHECK(handle_signal(own, SIGUSR2, &information) == -1 && errno == EINVAL);
    CHECK(syscall(SEND, own, SIGUSR1, 8, 0) == -1 && errno == EFAULT);
    /* Others than oneself may not be told that it was the kernel. */
    pid_t child = start_pausing();
    long handle = handle_open(child, 0);
    information.si_code = 5;
    CHECK(handle_signal(handle, SIGUSR1, &information) == -1 && errno == EPERM);
    CHECK(handle_signal(handle, SIGKILL, NULL) == 0 && waitpid(child, NULL, 0) == child);
    CHECK(sigaction(SIGUSR1, &old, NULL) == 0 && close((int)handle) == 0 && close((int)own) == 0);
}

/* A child made together with its handle, which itself does not have it. */
static void test_clone(void)
{
    siginfo_t information;
    int handle = -2, number = 0;
    long child = syscall(SYS_clone, WITH_HANDLE | SIGCHLD, NULL, &handle, NULL, NULL);
    if (child == 0)
        _exit(handle == -2 || fcntl(handle, F_GETFD) == -1 ? 9 : 1);
    CHECK(child > 0 && handle >= 0 && fcntl(handle, F_GETFD) == FD_CLOEXEC && ended(handle, 10000));
    CHECK(wait_by(handle, WEXITED, &information) == 0 && information.si_pid == child && information.si_status == 9);
    CHECK(close(handle) == 0);
    uint64_t arguments[8] = {WITH_HANDLE | TELL_NUMBER, (uint64_t)&handle, 0, (uint64_t)&number, SIGCHLD, 0, 0, 0};
    child = syscall(SYS_clone3, arguments, sizeof(arguments));
    if (child == 0)
        _exit(7);
    CHECK(child > 0 && handle >= 0 && number == child && wait_by(handle, WEXITED, &information) == 0);
    CHECK(information.si_status == 7 && close(handle) == 0);
    CHECK(syscall(SYS_clone, WITH_HANDLE | TELL_NUMBER | SIGCHLD, NULL, &handle, NULL, NULL) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_clone, WITH_HANDLE | DETACHED | SIGCHLD, NULL, &handle, NULL, NULL) == -1);
    CHECK(errno == EINVAL && syscall(SYS_clone, WITH_HANDLE | SIGCHLD, NULL, 8, NULL, NULL) == -1 && errno == EFAULT);
}

/* Two processes that share an open file share its place in it. */
static void test_copy(void)
{
    int ends[2], word = 0;
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        int file = open("/proc/self/exe", O_RDONLY);
        EXPECT(lseek(file, 1234, SEEK_SET) == 1234 && write(ends[1], &file, sizeof(file)) == sizeof(file));
        for (;;)
            pause();
    }
    CHECK(prctl(PR_GET_DUMPABLE) == 1 && read(ends[0], &word, sizeof(word)) == sizeof(word));
    long handle = handle_open(child, 0), copy = syscall(COPY, handle, word, 0);
    CHECK(copy >= 0 && fcntl((int)copy, F_GETFD) == FD_CLOEXEC && lseek((int)copy, 0, SEEK_CUR) == 1234);
    CHECK(syscall(COPY, handle, 900, 0) == -1 && errno == EBADF && syscall(COPY, handle, -1, 0) == -1);
    CHECK(errno == EBADF && syscall(COPY, handle, word, 1) == -1 && errno == EINVAL);
    CHECK(syscall(COPY, ends[0], word, 0) == -1 && errno == EBADF);
    CHECK(handle_signal(handle, SIGKILL, NULL) == 0 && waitpid(child, NULL, 0) == child);
    CHECK(syscall(COPY, handle, word, 0) == -1 && errno == ESRCH);
    CHECK(close((int)copy) == 0 && close((int)handle) == 0 && close(ends[0]) == 0 && close(ends[1]) == 0);
}

static long victim;

static void stranger(void)
{
    EXPECT(setgid(4731) == 0 && setuid(4731) == 0);
    EXPECT(handle_signal(victim, SIGTERM, NULL) == -1 && errno == EPERM);
    EXPECT(syscall(COPY, victim, 0, 0) == -1 && errno == EPERM);
}

static void *sleep_long(void *unused)
{
    for (;;)
        pause();
    return unused;
}

/* The first thread ends, and the process does not. */
static void test_threads(void)
{
    int status, ends[2];
    char byte;
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        pthread_t thread;
        EXPECT(pthread_create(&thread, NULL, sleep_long, NULL) == 0 && write(ends[1], "x", 1) == 1);
        syscall(SYS_exit, 0);
    }
    CHECK(read(ends[0], &byte, 1) == 1);
    long handle = handle_open(child, 0);
    CHECK(handle >= 0 && !ended(handle, 50) && handle_signal(handle, SIGTERM, NULL) == 0 && ended(handle, 10000));
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    CHECK(close((int)handle) == 0 && close(ends[0]) == 0 && close(ends[1]) == 0);
}

static long watched;

static void *kill_soon(void *unused)
{
    usleep(20000);
    handle_signal(watched, SIGKILL, NULL);
    return unused;
}

/* A wait that sleeps until the end. */
static void test_sleeping_wait(void)
{
    siginfo_t information;
    pthread_t thread;
    pid_t child = start_pausing();
    watched = handle_open(child, 0);
    CHECK(watched >= 0 && pthread_create(&thread, NULL, kill_soon, NULL) == 0);
    CHECK(wait_by(watched, WEXITED, &information) == 0 && information.si_pid == child);
    CHECK(pthread_join(thread, NULL) == 0 && close((int)watched) == 0);
}

void abi_test_handles(void)
{
    test_errors();
    test_life();
    test_signals();
    test_clone();
    test_copy();
    test_threads();
    test_sleeping_wait();
    if (getuid() != 0)
        return;
    victim = handle_open(getpid(), 0);
    CHECK(victim >= 0 && abi_in_child(stranger) == 0 && close((int)victim) == 0);
}
