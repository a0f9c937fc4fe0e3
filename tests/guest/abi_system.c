/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls about memory, scheduling and the clock that stand alone.
 */
#include "abi.h"
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul

static void test_residence(void)
{
    unsigned char resident[4];
    char *map = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(map != MAP_FAILED);
    map[PAGE] = 1;
    CHECK(mincore(map, 4 * PAGE, resident) == 0);
    CHECK(!(resident[0] & 1) && (resident[1] & 1) && !(resident[2] & 1));
    CHECK(madvise(map, 4 * PAGE, MADV_DONTNEED) == 0 && mincore(map, 4 * PAGE, resident) == 0);
    CHECK(!(resident[1] & 1) && map[PAGE] == 0);
    CHECK(mincore(map + 1, PAGE, resident) == -1 && errno == EINVAL);
    CHECK(mincore(map, 4 * PAGE, (void *)8) == -1 && errno == EFAULT);
    CHECK(msync(map, 4 * PAGE, MS_SYNC) == 0);
    CHECK(msync(map + 1, PAGE, MS_SYNC) == -1 && errno == EINVAL);
    CHECK(msync(map, PAGE, MS_SYNC | MS_ASYNC) == -1 && errno == EINVAL);
    CHECK(munmap(map + PAGE, PAGE) == 0);
    CHECK(mincore(map, 4 * PAGE, resident) == -1 && errno == ENOMEM);
    CHECK(msync(map, 4 * PAGE, MS_SYNC) == -1 && errno == ENOMEM);
    /* What there is takes the advice, and the hole is told of then. */
    map[0] = map[2 * PAGE] = 1;
    static const int advice[] = {MADV_NORMAL, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED};
    for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++) {
        CHECK(madvise(map, 4 * PAGE, advice[i]) == -1 && errno == ENOMEM);
        CHECK(madvise(map, PAGE, advice[i]) == 0 && madvise(map + PAGE, 0, advice[i]) == 0);
        CHECK(madvise(map + 1, PAGE, advice[i]) == -1 && errno == EINVAL);
    }
    CHECK(map[0] == 0 && map[2 * PAGE] == 0);
    CHECK(madvise(map, PAGE, 7) == -1 && errno == EINVAL && madvise(map, PAGE, 1000) == -1 && errno == EINVAL);
    CHECK(munmap(map, 4 * PAGE) == 0);
}

static void child_is_nice(void)
{
    int status;
    CHECK(setpriority(PRIO_PROCESS, 0, 3) == 0 && getpriority(PRIO_PROCESS, 0) == 3);
    CHECK(setpriority(PRIO_PROCESS, getpid(), 100) == 0 && getpriority(PRIO_PROCESS, getpid()) == 19);
    pid_t child = fork();
    if (child == 0)
        _exit(getpriority(PRIO_PROCESS, 0));
    CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 19);
    CHECK(setpgid(0, 0) == 0 && getpriority(PRIO_PGRP, 0) == 19 && getpriority(PRIO_PGRP, getpid()) == 19);
    CHECK(getpriority(PRIO_PGRP, 99999999) == -1 && errno == ESRCH);
    if (geteuid()) {
        CHECK(setpriority(PRIO_PROCESS, 0, 2) == -1 && errno == EACCES);
        CHECK(setpriority(PRIO_PROCESS, 1, 2) == -1 && errno == EPERM);
    }
}

/* By number: musl gives ENOSYS for these without asking. */
static void test_scheduling(void)
{
    int parameter = 0;
    struct timespec slice = {-1, -1};
    CHECK(syscall(SYS_sched_getscheduler, 0) == SCHED_OTHER);
    CHECK(syscall(SYS_sched_getscheduler, -1) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_sched_getscheduler, 99999999) == -1 && errno == ESRCH);
    parameter = 7;
    CHECK(syscall(SYS_sched_getparam, 0, &parameter) == 0 && parameter == 0);
    CHECK(syscall(SYS_sched_getparam, 0, NULL) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &parameter) == 0);
    CHECK(syscall(SYS_sched_setscheduler, 0, 99, &parameter) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, (void *)8) == -1 && errno == EFAULT);
    parameter = 1;
    CHECK(syscall(SYS_sched_setparam, 0, &parameter) == -1 && errno == EINVAL);
    CHECK(sched_get_priority_max(SCHED_FIFO) == 99 && sched_get_priority_min(SCHED_RR) == 1);
    CHECK(sched_get_priority_max(SCHED_OTHER) == 0 && sched_get_priority_max(99) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_sched_rr_get_interval, 0, &slice) == 0 && slice.tv_sec >= 0 && slice.tv_nsec >= 0);
    CHECK(syscall(SYS_getpriority, PRIO_PROCESS, 0) == 20);
    CHECK(syscall(SYS_getpriority, 9, 0) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_getpriority, PRIO_PROCESS, 99999999) == -1 && errno == ESRCH);
    CHECK(setpriority(PRIO_PROCESS, 0, 0) == 0);
    CHECK(abi_in_child(child_is_nice) == 0);
    CHECK(setpriority(9, 0, 0) == -1 && errno == EINVAL);
}

static void child_adjusts(void)
{
    struct timex state = {.modes = ADJ_TICK, .tick = 10000};
    if (geteuid() == 0)
        CHECK(setuid(1000) == 0);
    CHECK(syscall(SYS_adjtimex, &state) == -1 && errno == EPERM);
}

static void test_clock_state(void)
{
    struct timex state = {.modes = 0}, same = {.modes = 0};
    struct timespec now;
    int status = (int)syscall(SYS_adjtimex, &state);
    CHECK(status >= TIME_OK && status <= TIME_ERROR && (status == TIME_ERROR || !(state.status & STA_UNSYNC)));
    CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
    CHECK(state.time.tv_sec <= now.tv_sec && now.tv_sec - state.time.tv_sec < 60);
    CHECK(state.tick >= 9000 && state.tick <= 11000 && state.precision == 1 && state.tolerance == 500 << 16);
    CHECK(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &same) == status && same.tick == state.tick);
    CHECK(syscall(SYS_clock_adjtime, 77, &same) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_adjtimex, (void *)8) == -1 && errno == EFAULT);
    CHECK(abi_in_child(child_adjusts) == 0);
}

void abi_test_system(void)
{
    test_residence();
    test_scheduling();
    test_clock_state();
}
