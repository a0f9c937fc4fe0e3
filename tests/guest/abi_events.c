/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as files: epoll in its ways of triggering, eventfd, timerfd, signalfd.
 */
#include "abi.h"
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void sleep_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static int watch(int set, int operation, int file, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.u64 = 0x1234567800000000ul + (unsigned)file};
    return epoll_ctl(set, operation, file, &event);
}

static void test_counter(void)
{
    uint64_t value = 0;
    struct stat status;
    int file = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC);
    CHECK(file >= 0 && (fcntl(file, F_GETFD) & FD_CLOEXEC) && (fcntl(file, F_GETFL) & O_NONBLOCK));
    CHECK(fstat(file, &status) == 0);
    CHECK(read(file, &value, 7) == -1 && errno == EINVAL);
    CHECK(read(file, &value, 8) == 8 && value == 3);
    CHECK(read(file, &value, 8) == -1 && errno == EAGAIN);
    CHECK(eventfd_write(file, 5) == 0 && eventfd_write(file, 6) == 0);
    CHECK(read(file, &value, 8) == 8 && value == 11);
    value = UINT64_MAX;
    CHECK(write(file, &value, 8) == -1 && errno == EINVAL);
    CHECK(eventfd_write(file, UINT64_MAX - 1) == 0);
    value = 1;
    CHECK(write(file, &value, 8) == -1 && errno == EAGAIN);
    close(file);
    file = eventfd(2, EFD_SEMAPHORE);
    CHECK(read(file, &value, 8) == 8 && value == 1);
    CHECK(read(file, &value, 8) == 8 && value == 1);
    pid_t child = fork();
    if (child == 0) {
        sleep_ms(3);
        _exit(eventfd_write(file, 1) != 0);
    }
    CHECK(read(file, &value, 8) == 8 && value == 1);
    CHECK(waitpid(child, NULL, 0) == child && close(file) == 0);
    CHECK(eventfd(0, 64) == -1 && errno == EINVAL);
}

static void test_timer(void)
{
    struct itimerspec setting = {{0, 0}, {0, 3000000}}, left;
    struct timespec before, after;
    uint64_t value = 0;
    int file = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    CHECK(file >= 0 && timerfd_gettime(file, &left) == 0 && left.it_value.tv_nsec == 0);
    clock_gettime(CLOCK_MONOTONIC, &before);
    CHECK(timerfd_settime(file, 0, &setting, &left) == 0 && left.it_value.tv_nsec == 0);
    CHECK(timerfd_gettime(file, &left) == 0 && left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 3000000);
    CHECK(read(file, &value, 8) == 8 && value == 1);
    clock_gettime(CLOCK_MONOTONIC, &after);
    CHECK((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec >= 3000000);
    setting.it_interval.tv_nsec = 2000000;
    CHECK(timerfd_settime(file, 0, &setting, NULL) == 0);
    sleep_ms(40);
    CHECK(read(file, &value, 8) == 8 && value >= 2);
    memset(&setting, 0, sizeof(setting));
    CHECK(timerfd_settime(file, 0, &setting, &left) == 0 && left.it_interval.tv_nsec == 2000000);
    CHECK(fcntl(file, F_SETFL, O_NONBLOCK) == 0);
    CHECK(read(file, &value, 8) == -1 && errno == EAGAIN);
    clock_gettime(CLOCK_MONOTONIC, &setting.it_value); /* is past when it is set */
    CHECK(timerfd_settime(file, TFD_TIMER_ABSTIME, &setting, NULL) == 0);
    sleep_ms(20);
    CHECK(read(file, &value, 8) == 8 && value == 1);
    setting.it_value.tv_nsec = 1000000000;
    CHECK(timerfd_settime(file, 0, &setting, NULL) == -1 && errno == EINVAL);
    CHECK(timerfd_settime(0, 0, &left, NULL) == -1 && errno == EINVAL);
    CHECK(timerfd_settime(99, 0, &left, NULL) == -1 && errno == EBADF);
    CHECK(write(file, &value, 8) == -1 && errno == EINVAL);
    CHECK(timerfd_create(77, 0) == -1 && errno == EINVAL);
    close(file);
}

static void test_signal_file(void)
{
    struct signalfd_siginfo got[2];
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, &before);
    int file = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    struct pollfd entry = {file, POLLIN, 0};
    CHECK(file >= 0 && poll(&entry, 1, 0) == 0);
    CHECK(read(file, got, sizeof(got)) == -1 && errno == EAGAIN);
    CHECK(read(file, got, 100) == -1 && errno == EINVAL);
    kill(getpid(), SIGUSR2);
    kill(getpid(), SIGUSR1);
    CHECK(poll(&entry, 1, 0) == 1 && entry.revents == POLLIN);
    CHECK(read(file, got, sizeof(got)) == sizeof(got));
    CHECK(got[0].ssi_signo == SIGUSR1 && got[1].ssi_signo == SIGUSR2);
    CHECK(got[0].ssi_pid == (uint32_t)getpid() && got[0].ssi_code == SI_USER);
    sigdelset(&set, SIGUSR1);
    CHECK(signalfd(file, &set, 0) == file);
    kill(getpid(), SIGUSR1);
    CHECK(read(file, got, sizeof(got)) == -1 && errno == EAGAIN);
    CHECK(sigpending(&set) == 0 && sigismember(&set, SIGUSR1));
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR1, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    CHECK(fcntl(file, F_SETFL, 0) == 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    pid_t child = fork();
    if (child == 0) {
        sleep_ms(3);
        kill(getppid(), SIGUSR2);
        _exit(0);
    }
    CHECK(read(file, got, sizeof(got)) == sizeof(got[0]) && got[0].ssi_pid == (uint32_t)child);
    CHECK(waitpid(child, NULL, 0) == child);
    sigprocmask(SIG_SETMASK, &before, NULL);
    CHECK(signalfd(0, &set, 0) == -1 && errno == EINVAL);
    close(file);
}

static void test_epoll_errors(int set, int reader)
{
    int plain = open("/tmp/abi-plain", O_RDWR | O_CREAT, 0600);
    CHECK(watch(set, EPOLL_CTL_ADD, plain, EPOLLIN) == -1 && errno == EPERM);
    CHECK(watch(set, EPOLL_CTL_ADD, 99, EPOLLIN) == -1 && errno == EBADF);
    CHECK(watch(99, EPOLL_CTL_ADD, reader, EPOLLIN) == -1 && errno == EBADF);
    CHECK(watch(reader, EPOLL_CTL_ADD, set, EPOLLIN) == -1 && errno == EINVAL);
    CHECK(watch(set, EPOLL_CTL_ADD, set, EPOLLIN) == -1 && errno == EINVAL);
    CHECK(watch(set, EPOLL_CTL_MOD, reader, EPOLLIN) == -1 && errno == ENOENT);
    CHECK(watch(set, EPOLL_CTL_DEL, reader, 0) == -1 && errno == ENOENT);
    CHECK(watch(set, 9, reader, 0) == -1 && errno == EINVAL);
    CHECK(epoll_create1(1) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_epoll_create, 0) == -1 && errno == EINVAL);
    struct epoll_event event;
    CHECK(epoll_wait(set, &event, 0, 0) == -1 && errno == EINVAL);
    CHECK(epoll_wait(reader, &event, 1, 0) == -1 && errno == EINVAL);
    CHECK(epoll_wait(99, &event, 1, 0) == -1 && errno == EBADF);
    CHECK(epoll_wait(set, &event, 1, 0) == 0);
    close(plain);
    unlink("/tmp/abi-plain");
}

static void test_epoll_levels(int set, int reader, int writer)
{
    struct epoll_event events[4];
    char byte;
    CHECK(watch(set, EPOLL_CTL_ADD, reader, EPOLLIN) == 0);
    CHECK(watch(set, EPOLL_CTL_ADD, reader, EPOLLIN) == -1 && errno == EEXIST);
    CHECK(epoll_wait(set, events, 4, 0) == 0);
    CHECK(write(writer, "ab", 2) == 2);
    CHECK(epoll_wait(set, events, 4, -1) == 1 && events[0].events == EPOLLIN);
    CHECK(events[0].data.u64 == 0x1234567800000000ul + (unsigned)reader);
    CHECK(read(reader, &byte, 1) == 1 && epoll_wait(set, events, 4, 0) == 1);
    CHECK(read(reader, &byte, 1) == 1 && epoll_wait(set, events, 4, 2) == 0);
    /* Edges: once for each writing. */
    CHECK(watch(set, EPOLL_CTL_MOD, reader, EPOLLIN | EPOLLET) == 0);
    CHECK(write(writer, "a", 1) == 1 && epoll_wait(set, events, 4, 0) == 1);
    CHECK(epoll_wait(set, events, 4, 0) == 0);
    CHECK(write(writer, "b", 1) == 1 && epoll_wait(set, events, 4, 0) == 1);
    CHECK(epoll_wait(set, events, 4, 0) == 0);
    /* One shot: until it is armed again. */
    CHECK(watch(set, EPOLL_CTL_MOD, reader, EPOLLIN | EPOLLONESHOT) == 0);
    CHECK(epoll_wait(set, events, 4, 0) == 1 && epoll_wait(set, events, 4, 0) == 0);
    CHECK(write(writer, "c", 1) == 1 && epoll_wait(set, events, 4, 0) == 0);
    CHECK(watch(set, EPOLL_CTL_MOD, reader, EPOLLIN | EPOLLONESHOT) == 0 && epoll_wait(set, events, 4, 0) == 1);
    CHECK(watch(set, EPOLL_CTL_DEL, reader, 0) == 0 && epoll_wait(set, events, 4, 0) == 0);
    while (read(reader, &byte, 1) == 1 && byte != 'c')
        ;
}

static volatile int noted;

static void note(int signal)
{
    noted = signal;
}

static void test_epoll_waiting(int set, int reader, int writer)
{
    struct epoll_event events[4];
    sigset_t block, none, before;
    char byte;
    CHECK(watch(set, EPOLL_CTL_ADD, reader, EPOLLIN) == 0);
    CHECK(watch(set, EPOLL_CTL_ADD, writer, EPOLLOUT) == 0);
    CHECK(epoll_wait(set, events, 4, -1) == 1 && events[0].events == EPOLLOUT);
    CHECK(watch(set, EPOLL_CTL_DEL, writer, 0) == 0);
    int outer = epoll_create1(EPOLL_CLOEXEC);
    CHECK(watch(outer, EPOLL_CTL_ADD, set, EPOLLIN) == 0);
    CHECK(watch(set, EPOLL_CTL_ADD, outer, EPOLLIN) == -1 && errno == ELOOP);
    pid_t child = fork();
    if (child == 0) {
        sleep_ms(3);
        _exit(write(writer, "x", 1) != 1);
    }
    CHECK(epoll_wait(outer, events, 4, -1) == 1 && events[0].events == EPOLLIN);
    CHECK(epoll_wait(set, events, 4, -1) == 1 && read(reader, &byte, 1) == 1);
    CHECK(waitpid(child, NULL, 0) == child && close(outer) == 0);
    /* A signal ends the waiting; epoll_pwait lets in one that is blocked. */
    abi_handle(SIGUSR1, note, SA_RESTART);
    sigemptyset(&none);
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    sigprocmask(SIG_BLOCK, &block, &before);
    noted = 0;
    kill(getpid(), SIGUSR1);
    CHECK(epoll_wait(set, events, 4, 1) == 0 && noted == 0);
    CHECK(epoll_pwait(set, events, 4, -1, &none) == -1 && errno == EINTR && noted == SIGUSR1);
    CHECK(sigprocmask(SIG_SETMASK, &before, &none) == 0 && sigismember(&none, SIGUSR1) == 1);
    signal(SIGUSR1, SIG_DFL);
}

static void test_epoll(void)
{
    int ends[2], set = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[4];
    CHECK(set >= 0 && (fcntl(set, F_GETFD) & FD_CLOEXEC) && pipe(ends) == 0);
    test_epoll_errors(set, ends[0]);
    test_epoll_levels(set, ends[0], ends[1]);
    test_epoll_waiting(set, ends[0], ends[1]);
    close(ends[1]);
    CHECK(epoll_wait(set, events, 4, -1) == 1 && events[0].events == EPOLLHUP);
    close(ends[0]); /* a closed file leaves the set */
    CHECK(epoll_wait(set, events, 4, 0) == 0 && close(set) == 0);
}

void abi_test_events(void)
{
    test_counter();
    test_timer();
    test_signal_file();
    test_epoll();
}
