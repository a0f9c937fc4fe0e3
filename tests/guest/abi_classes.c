/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Classes of scheduling: who may choose which, and what they are good for. That an urgent process runs before others is
 * seen where all share one CPU.
 */
#include "abi.h"
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define USER     1000u
#define ROUNDS   20
#define PAGE     4096ul
#define RESET    0x40000000
#define KEEP_ALL 0x18

/* struct sched_attr */
struct attributes {
    uint32_t bytes, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
    uint32_t more[2];
};

static long set(int pid, int policy, int priority)
{
    return syscall(SYS_sched_setscheduler, pid, policy, &priority);
}

static long policy_of(int pid)
{
    return syscall(SYS_sched_getscheduler, pid);
}

static int priority_of(int pid)
{
    int priority = -1;
    CHECK(syscall(SYS_sched_getparam, pid, &priority) == 0);
    return priority;
}

static void may_be_urgent(void)
{
    _exit(set(0, SCHED_FIFO, 1) != 0);
}

static void refused_values(void)
{
    int priority = 1;
    EXPECT(set(0, SCHED_FIFO, 0) == -1 && errno == EINVAL);
    EXPECT(set(0, SCHED_FIFO, 100) == -1 && errno == EINVAL);
    EXPECT(set(0, SCHED_RR, -1) == -1 && errno == EINVAL);
    EXPECT(set(0, SCHED_BATCH, 1) == -1 && errno == EINVAL);
    EXPECT(set(0, 4, 0) == -1 && errno == EINVAL);
    EXPECT(set(-1, SCHED_OTHER, 0) == -1 && errno == EINVAL);
    EXPECT(set(99999999, SCHED_OTHER, 0) == -1 && errno == ESRCH);
    EXPECT(syscall(SYS_sched_setscheduler, 0, -1, &priority) == -1 && errno == EINVAL);
    EXPECT(syscall(SYS_sched_setparam, 0, &priority) == -1 && errno == EINVAL);
    EXPECT(set(0, SCHED_BATCH, 0) == 0 && policy_of(0) == SCHED_BATCH);
    EXPECT(set(0, SCHED_OTHER | RESET, 0) == 0 && policy_of(0) == (SCHED_OTHER | RESET));
    EXPECT(set(0, SCHED_IDLE | RESET, 0) == 0 && policy_of(getpid()) == (SCHED_IDLE | RESET));
    _exit(0);
}

static void attributes_told(void)
{
    struct attributes have, wish = {.bytes = 48, .policy = SCHED_BATCH, .flags = 1, .nice = 7};
    uint8_t long_wish[128] = {128};
    EXPECT(syscall(SYS_sched_setattr, 0, &wish, 0) == 0);
    EXPECT(syscall(SYS_sched_getattr, 0, &have, 48, 0) == 0 && have.bytes == 48 && have.policy == SCHED_BATCH);
    EXPECT(have.nice == 7 && have.flags == 1 && have.priority == 0 && getpriority(PRIO_PROCESS, 0) == 7);
    wish.flags = KEEP_ALL;
    wish.nice = 12;
    EXPECT(syscall(SYS_sched_setattr, 0, &wish, 0) == 0 && getpriority(PRIO_PROCESS, 0) == 7);
    EXPECT(policy_of(0) == (SCHED_BATCH | RESET));
    EXPECT(syscall(SYS_sched_getattr, 0, &have, 47, 0) == -1 && errno == EINVAL);
    EXPECT(syscall(SYS_sched_getattr, 0, &have, 48, 1) == -1 && errno == EINVAL);
    EXPECT(syscall(SYS_sched_getattr, 0, NULL, 48, 0) == -1 && errno == EINVAL);
    EXPECT(syscall(SYS_sched_getattr, 0, (void *)8, 48, 0) == -1 && errno == EFAULT);
    EXPECT(syscall(SYS_sched_getattr, 99999999, &have, 48, 0) == -1 && errno == ESRCH);
    EXPECT(syscall(SYS_sched_setattr, 0, &wish, 1) == -1 && errno == EINVAL);
    EXPECT(syscall(SYS_sched_setattr, 0, NULL, 0) == -1 && errno == EINVAL);
    EXPECT(syscall(SYS_sched_setattr, 0, (void *)8, 0) == -1 && errno == EFAULT);
    wish.flags = 1ul << 40;
    EXPECT(syscall(SYS_sched_setattr, 0, &wish, 0) == -1 && errno == EINVAL);
    wish.bytes = 40;
    EXPECT(syscall(SYS_sched_setattr, 0, &wish, 0) == -1 && errno == E2BIG && wish.bytes >= 48);
    long_wish[127] = 1;
    EXPECT(syscall(SYS_sched_setattr, 0, long_wish, 0) == -1 && errno == E2BIG && long_wish[0] >= 48);
    long_wish[0] = 128;
    long_wish[127] = 0;
    long_wish[8] = 1; /* still reset on fork: else it were refused to a user */
    EXPECT(syscall(SYS_sched_setattr, 0, long_wish, 0) == (geteuid() ? -1 : 0)); /* nice 0 again */
    _exit(0);
}

/* By the rules of RLIMIT_RTPRIO and RLIMIT_NICE. */
static void user_is_refused(void)
{
    const struct rlimit none = {0, 0};
    EXPECT(geteuid() || setresuid(USER, USER, USER) == 0);
    EXPECT(setrlimit(RLIMIT_RTPRIO, &none) == 0 && setrlimit(RLIMIT_NICE, &none) == 0);
    EXPECT(set(0, SCHED_FIFO, 1) == -1 && errno == EPERM);
    EXPECT(set(0, SCHED_RR, 1) == -1 && errno == EPERM);
    EXPECT(set(0, SCHED_BATCH, 0) == 0 && set(0, SCHED_OTHER | RESET, 0) == 0);
    EXPECT(set(0, SCHED_OTHER, 0) == -1 && errno == EPERM); /* not without the flag any more */
    EXPECT(set(0, SCHED_IDLE | RESET, 0) == 0);
    EXPECT(set(0, SCHED_OTHER | RESET, 0) == -1 && errno == EPERM);
    EXPECT(getpid() == 1 || set(1, SCHED_OTHER, 0) == -1);
    _exit(0);
}

static void user_has_limit(void)
{
    const struct rlimit five = {5, 5};
    if (setrlimit(RLIMIT_RTPRIO, &five) == -1) {
        EXPECT(errno == EPERM && getppid() != 1); /* root of a container, who may not raise it */
        _exit(0);
    }
    EXPECT(setresuid(USER, USER, USER) == 0);
    EXPECT(set(0, SCHED_FIFO, 6) == -1 && errno == EPERM);
    EXPECT(set(0, SCHED_FIFO, 5) == 0 && policy_of(0) == SCHED_FIFO && priority_of(0) == 5);
    EXPECT(set(0, SCHED_RR, 3) == 0 && set(0, SCHED_OTHER, 0) == 0 && priority_of(0) == 0);
    _exit(0);
}

/* What a child has of its parent. */
static int child_policy(void)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit((int)policy_of(0) | priority_of(0) << 3 | (getpriority(PRIO_PROCESS, 0) != 0) << 7);
    EXPECT(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* The two fields of /proc/PID/stat that tell of it. */
static int told_in_proc(void)
{
    char text[1024] = "", *field;
    int file = open("/proc/self/stat", O_RDONLY), priority, policy;
    EXPECT(file >= 0 && read(file, text, sizeof(text) - 1) > 0 && close(file) == 0);
    field = strrchr(text, ')');
    for (int i = 2; i < 40; i++)
        field = strchr(field + 1, ' ');
    EXPECT(sscanf(field, "%d %d", &priority, &policy) == 2);
    return policy | priority << 3;
}

static void inherited(void)
{
    struct timespec slice;
    EXPECT(set(0, SCHED_FIFO, 2) == 0 && told_in_proc() == (SCHED_FIFO | 2 << 3) &&
           child_policy() == (SCHED_FIFO | 2 << 3));
    EXPECT(syscall(SYS_sched_rr_get_interval, 0, &slice) == 0 && slice.tv_sec == 0 && slice.tv_nsec == 0);
    EXPECT(set(0, SCHED_RR | RESET, 3) == 0 && policy_of(0) == (SCHED_RR | RESET) && child_policy() == SCHED_OTHER);
    EXPECT(syscall(SYS_sched_rr_get_interval, 0, &slice) == 0 && slice.tv_nsec > 0);
    int priority = 9;
    EXPECT(syscall(SYS_sched_setparam, 0, &priority) == 0 && policy_of(0) == (SCHED_RR | RESET) && priority_of(0) == 9);
    EXPECT(set(0, SCHED_OTHER | RESET, 0) == 0 && setpriority(PRIO_PROCESS, 0, -5) == 0 &&
           child_policy() == SCHED_OTHER);
    EXPECT(set(0, SCHED_BATCH, 0) == 0 && child_policy() == (SCHED_BATCH | 1 << 7));
    _exit(0);
}

/* ---- one CPU, and who has it ---- */

static volatile struct {
    unsigned usual, urgent, order[4], next;
} * shared;

static pid_t start(int policy, int priority, void (*run)(int), int argument)
{
    pid_t child = fork();
    if (child)
        return child;
    EXPECT(set(0, policy, priority) == 0);
    run(argument);
    _exit(0);
}

static void count_on(int unused)
{
    (void)unused;
    for (;;)
        shared->usual = shared->usual + 1;
}

static void write_order(int number)
{
    shared->order[shared->next] = (unsigned)number;
    shared->next = shared->next + 1;
}

static void end(pid_t child)
{
    int status;
    EXPECT(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
}

/* While a FIFO process works nobody of the usual class does, and when it sleeps they do. */
static void urgent_is_first(void)
{
    cpu_set_t all, one;
    int first = 0;
    EXPECT(sched_getaffinity(0, sizeof(all), &all) == 0);
    while (!CPU_ISSET(first, &all))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    EXPECT(sched_setaffinity(0, sizeof(one), &one) == 0);
    pid_t usual = start(SCHED_OTHER, 0, count_on, 0), batch = start(SCHED_BATCH, 0, count_on, 0);
    EXPECT(set(0, SCHED_FIFO, 50) == 0);
    for (int i = 0; i < ROUNDS; i++) {
        struct timespec pause = {0, 1000000}, from, now;
        unsigned slept = shared->usual;
        do
            EXPECT(nanosleep(&pause, NULL) == 0);
        while (shared->usual == slept);
        unsigned before = shared->usual;
        clock_gettime(CLOCK_MONOTONIC, &from);
        do {
            for (volatile int wait = 0; wait < 20000; wait++)
                ;
            sched_yield(); /* to nobody: there is no other of this priority */
            clock_gettime(CLOCK_MONOTONIC, &now);
        } while ((now.tv_sec - from.tv_sec) * 1000000000l + now.tv_nsec - from.tv_nsec < 15000000);
        EXPECT(shared->usual == before);
    }
    /* Started in the wrong order, and all before this one waits. */
    start(SCHED_FIFO, 10, write_order, 10);
    start(SCHED_RR, 30, write_order, 30);
    start(SCHED_FIFO, 20, write_order, 20);
    EXPECT(shared->next == 0);
    /* Each has set its own class before the first can write: it did so as one of this priority. */
    while (shared->next < 3)
        wait(NULL);
    EXPECT(shared->order[0] == 30 && shared->order[1] == 20 && shared->order[2] == 10);
    end(usual);
    end(batch);
    _exit(0);
}

void abi_test_classes(void)
{
    CHECK(sched_get_priority_max(6) == 0 && sched_get_priority_min(6) == 0);
    CHECK(abi_in_child(refused_values) == 0);
    CHECK(abi_in_child(attributes_told) == 0);
    CHECK(abi_in_child(user_is_refused) == 0);
    if (geteuid())
        return;
    if (abi_in_child(may_be_urgent) != 0) {
        CHECK(getpid() != 1); /* root of a container */
        return;
    }
    CHECK(abi_in_child(user_has_limit) == 0);
    CHECK(abi_in_child(inherited) == 0);
    shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    CHECK(abi_in_child(urgent_is_first) == 0);
    CHECK(munmap((void *)shared, PAGE) == 0);
}
