/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clone3, the signals that processes end with, unshare, close_range, personalities.
 */
#include "abi.h"
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLEAR_SIGHAND 0x100000000ul
#define THREAD_FLAGS                                                                                                   \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)
#define STACK_BYTES 16384
#define WITHOUT_RANDOM 0x0040000

/* <linux/sched.h>: struct clone_args */
struct arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

static volatile int arrived;
static _Alignas(16) char stack[STACK_BYTES];
static volatile int thread_number, thread_result;
static void (*volatile thread_function)(void);

static void count(int signal)
{
    arrived = signal;
}

static long clone_with(struct arguments *arguments)
{
    return syscall(SYS_clone3, arguments, sizeof(*arguments));
}

static void test_refused(void)
{
    struct arguments a = {.exit_signal = SIGCHLD};
    uint64_t longer[12] = {0};
    CHECK(syscall(SYS_clone3, &a, 63) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_clone3, &a, 5000) == -1 && errno == E2BIG);
    CHECK(syscall(SYS_clone3, 8, sizeof(a)) == -1 && errno == EFAULT);
    longer[11] = 1;
    CHECK(syscall(SYS_clone3, longer, sizeof(longer)) == -1 && errno == E2BIG);
    a = (struct arguments){.flags = SIGCHLD};
    CHECK(clone_with(&a) == -1 && errno == EINVAL);
    a = (struct arguments){.exit_signal = 65};
    CHECK(clone_with(&a) == -1 && errno == EINVAL);
    a = (struct arguments){.exit_signal = SIGCHLD, .stack = (uintptr_t)stack};
    CHECK(clone_with(&a) == -1 && errno == EINVAL);
    a = (struct arguments){.exit_signal = SIGCHLD, .stack_size = 4096};
    CHECK(clone_with(&a) == -1 && errno == EINVAL);
    a = (struct arguments){.flags = CLEAR_SIGHAND | CLONE_SIGHAND | CLONE_VM};
    CHECK(clone_with(&a) == -1 && errno == EINVAL);
    a = (struct arguments){.flags = THREAD_FLAGS, .exit_signal = SIGCHLD};
    CHECK(clone_with(&a) == -1 && errno == EINVAL);
    a = (struct arguments){.exit_signal = SIGCHLD, .set_tid_size = 1};
    CHECK(clone_with(&a) == -1 && errno == EINVAL);
    a = (struct arguments){.flags = 1ul << 40, .exit_signal = SIGCHLD};
    CHECK(clone_with(&a) == -1 && errno == EINVAL);
}

static void test_process(void)
{
    int status, number = 0;
    struct arguments a = {.flags = CLONE_PARENT_SETTID, .parent_tid = (uintptr_t)&number, .exit_signal = SIGCHLD};
    long child = clone_with(&a);
    if (child == 0)
        _exit(getppid() > 0 ? 5 : 6);
    CHECK(child > 0 && number == child && waitpid((pid_t)child, &status, 0) == child && status == 5 << 8);

    struct sigaction action;
    abi_handle(SIGUSR1, count, 0);
    signal(SIGUSR2, SIG_IGN);
    a = (struct arguments){.flags = CLEAR_SIGHAND, .exit_signal = SIGCHLD};
    child = clone_with(&a);
    if (child == 0) {
        bool cleared = sigaction(SIGUSR1, NULL, &action) == 0 && action.sa_handler == SIG_DFL;
        bool kept = sigaction(SIGUSR2, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
        _exit(cleared && kept ? 0 : 1);
    }
    CHECK(waitpid((pid_t)child, &status, 0) == child && status == 0);
    CHECK(sigaction(SIGUSR1, NULL, &action) == 0 && action.sa_handler == count);
    signal(SIGUSR2, SIG_DFL);
}

/* A process may end with another signal, or none; such are not waited for with all others. */
static void test_exit_signals(void)
{
    int status;
    abi_handle(SIGUSR1, count, 0);
    arrived = 0;
    struct arguments a = {.exit_signal = SIGUSR1};
    long child = clone_with(&a);
    if (child == 0)
        _exit(3);
    CHECK(wait(NULL) == -1 && errno == ECHILD);
    CHECK(waitpid((pid_t)child, &status, __WCLONE) == child && status == 3 << 8 && arrived == SIGUSR1);
    arrived = 0;
    abi_handle(SIGCHLD, count, 0);
    child = syscall(SYS_clone, 0, 0, 0, 0, 0);
    if (child == 0)
        _exit(4);
    CHECK(waitpid((pid_t)child, &status, __WALL) == child && status == 4 << 8 && arrived == 0);
    child = fork();
    if (child == 0)
        _exit(0);
    CHECK(waitpid((pid_t)child, &status, __WCLONE) == -1 && errno == ECHILD);
    CHECK(waitpid((pid_t)child, &status, 0) == child && arrived == SIGCHLD);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGUSR1, SIG_DFL);
}

/* In assembly, for the thread comes back on another stack. */
static long start_thread(struct arguments *arguments)
{
    long result;
    __asm__ volatile("syscall\n"
                     "test %%rax, %%rax\n"
                     "jnz 1f\n"
                     "xor %%ebp, %%ebp\n"
                     "call *%[function]\n"
                     "mov $60, %%eax\n" /* exit */
                     "xor %%edi, %%edi\n"
                     "syscall\n"
                     "1:\n"
                     : "=a"(result)
                     : "a"(SYS_clone3), "D"(arguments), "S"(sizeof(*arguments)), [function] "r"(thread_function)
                     : "rcx", "r11", "memory");
    return result;
}

static void run_thread(void (*function)(void))
{
    struct arguments a = {.flags = THREAD_FLAGS,
                          .parent_tid = (uintptr_t)&thread_number,
                          .child_tid = (uintptr_t)&thread_number,
                          .stack = (uintptr_t)stack,
                          .stack_size = sizeof(stack)};
    thread_function = function;
    thread_result = -1;
    CHECK(start_thread(&a) > 0);
    while (thread_number)
        sched_yield();
}

/* System calls without errno, which is the other thread's. */
static long plain(long call, long first, long second, long third)
{
    __asm__ volatile("syscall" : "+a"(call) : "D"(first), "S"(second), "d"(third) : "rcx", "r11", "memory");
    return call;
}

static void do_nothing(void)
{
    thread_result = 1;
}

/* Has its own descriptors and places from then on. */
static void go_apart(void)
{
    thread_result = 2;
    if (plain(SYS_unshare, CLONE_VM, 0, 0) != -EINVAL || plain(SYS_unshare, CLONE_FILES | CLONE_FS, 0, 0) != 0)
        return;
    thread_result = 3;
    bool done = plain(SYS_close, 0, 0, 0) == 0 && plain(SYS_chdir, (long)(uintptr_t) "/proc", 0, 0) == 0;
    if (done && plain(SYS_umask, 0, 0, 0) >= 0)
        thread_result = 4;
}

static void close_apart(void)
{
    bool done = plain(SYS_close_range, 0, 10, 2 /* CLOSE_RANGE_UNSHARE */) == 0;
    thread_result = done && plain(SYS_close, 0, 0, 0) == -EBADF ? 5 : 6;
}

static void threads_apart(void)
{
    char before[256], after[256];
    int null = open("/dev/null", O_RDONLY);
    EXPECT(null >= 0 && dup2(null, 0) == 0 && getcwd(before, sizeof(before)));
    umask(077);
    run_thread(do_nothing);
    EXPECT(thread_result == 1);
    run_thread(go_apart);
    EXPECT(thread_result == 4 && fcntl(0, F_GETFD) == 0 && getcwd(after, sizeof(after)) && strcmp(before, after) == 0);
    EXPECT(umask(022) == 077);
    run_thread(close_apart);
    EXPECT(thread_result == 5 && fcntl(0, F_GETFD) == 0);
    /* A thread that was joined may still be on its way out. */
    int alone = -1;
    for (int i = 0; i < 1000 && alone; i++, usleep(1000))
        alone = unshare(CLONE_FILES | CLONE_FS | CLONE_VM | CLONE_SIGHAND);
    EXPECT(alone == 0 && unshare(1) == -1 && errno == EINVAL);
}

/* Who leaves the list of what is to be undone does that now. */
static void without_undoing(void)
{
    struct sembuf more = {0, 1, SEM_UNDO};
    int set = semget(IPC_PRIVATE, 1, 0600);
    EXPECT(set >= 0 && semop(set, &more, 1) == 0 && semctl(set, 0, GETVAL) == 1);
    bool is_well = unshare(CLONE_SYSVSEM) == 0 && semctl(set, 0, GETVAL) == 0;
    EXPECT(semctl(set, 0, IPC_RMID) == 0 && is_well);
}

static void personalities(void)
{
    EXPECT(syscall(SYS_personality, WITHOUT_RANDOM) == 0 && syscall(SYS_personality, 0xffffffffu) == WITHOUT_RANDOM);
    pid_t child = fork();
    if (child == 0)
        _exit(syscall(SYS_personality, 0) == WITHOUT_RANDOM && syscall(SYS_personality, 0xffffffffu) == 0 ? 0 : 1);
    int status;
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
    EXPECT(syscall(SYS_personality, 0) == WITHOUT_RANDOM);
}

void abi_test_clones(void)
{
    test_refused();
    test_process();
    test_exit_signals();
    CHECK(abi_in_child(threads_apart) == 0);
    CHECK(abi_in_child(without_undoing) == 0);
    CHECK(abi_in_child(personalities) == 0);
}
