/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resource limits, each with what happens beyond it: processes, address space, data, stack, locked memory, the size of
 * files, nice values. Each in a child, which limits itself.
 */
#include "abi.h"
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE     4096ul
#define MEGABYTE (1ul << 20)
#define CROWD    54321 /* a user of whom there is nobody else */

static volatile int caught;

static void count_signal(int signal)
{
    caught += signal == SIGXFSZ;
}

static void limit_to(int which, rlim_t soft)
{
    struct rlimit limit;
    EXPECT(getrlimit(which, &limit) == 0);
    limit.rlim_cur = soft;
    EXPECT(setrlimit(which, &limit) == 0);
}

static void become(uid_t user)
{
    EXPECT(syscall(SYS_setresgid, user, user, user) == 0 && syscall(SYS_setresuid, user, user, user) == 0);
}

static char *anonymous(size_t bytes, int protection, int flags)
{
    return mmap(NULL, bytes, protection, flags | MAP_ANONYMOUS, -1, 0);
}

/* ---- processes ---- */

static pid_t pausing(void)
{
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    return child;
}

static void few_processes(void)
{
    char stack[256];
    limit_to(RLIMIT_NPROC, 0);
    EXPECT(abi_in_child(abort) == SIGABRT); /* the superuser is not counted */
    limit_to(RLIMIT_NPROC, 2);
    become(CROWD);
    pid_t child = pausing();
    EXPECT(child > 0);
    EXPECT(fork() == -1 && errno == EAGAIN);
    EXPECT(syscall(SYS_vfork) == -1 && errno == EAGAIN);
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    EXPECT(syscall(SYS_clone, flags, stack + 128, 0, 0, 0) == -1 && errno == EAGAIN);
    EXPECT(kill(child, SIGKILL) == 0);
    siginfo_t information;
    EXPECT(waitid(P_PID, (id_t)child, &information, WEXITED | WNOWAIT) == 0);
    EXPECT(fork() == -1 && errno == EAGAIN); /* a zombie counts */
    EXPECT(waitpid(child, NULL, 0) == child);
    child = pausing();
    EXPECT(child > 0 && kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
}

/* Whoever becomes a user with too many processes does so, but cannot execute. */
static void crowded(void)
{
    char *const arguments[] = {"none", NULL};
    int ready[2], gate[2], byte;
    EXPECT(pipe(ready) == 0 && pipe(gate) == 0);
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        if (child == 0) {
            become(CROWD);
            close(gate[1]);
            EXPECT(write(ready[1], "", 1) == 1);
            _exit((int)read(gate[0], &byte, 1));
        }
        EXPECT(child > 0 && read(ready[0], &byte, 1) == 1);
    }
    limit_to(RLIMIT_NPROC, 2);
    become(CROWD);
    EXPECT(execv("/no/such/program", arguments) == -1 && errno == EAGAIN);
    close(gate[1]);
    for (int i = 0; i < 3; i++)
        EXPECT(wait(NULL) > 0);
    EXPECT(execv("/no/such/program", arguments) == -1 && errno == ENOENT);
}

/* Children that nobody waits for count no longer than they run, and their times for nobody. */
static void ignored_children(void)
{
    struct rusage usage;
    struct rlimit limit = {3, 3};
    EXPECT(setrlimit(RLIMIT_NPROC, &limit) == 0);
    become(CROWD);
    signal(SIGCHLD, SIG_IGN);
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        for (int tries = 0; child < 0 && errno == EAGAIN && tries < 1000; tries++) {
            usleep(1000);
            child = fork();
        }
        if (child == 0) {
            for (volatile int turns = 0; turns < 300000;)
                turns++;
            _exit(0);
        }
        EXPECT(child > 0);
    }
    EXPECT(wait(NULL) == -1 && errno == ECHILD && getrusage(RUSAGE_CHILDREN, &usage) == 0);
    EXPECT(usage.ru_utime.tv_sec + usage.ru_utime.tv_usec + usage.ru_stime.tv_sec + usage.ru_stime.tv_usec == 0);
}

static void never_crowded(void)
{
    char *const arguments[] = {"none", NULL};
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    if (setrlimit(RLIMIT_NPROC, &limit) == -1 && errno == EPERM)
        return; /* a superuser without that capability */
    become(CROWD);
    EXPECT(execv("/no/such/program", arguments) == -1 && errno == ENOENT);
}

/* ---- memory ---- */

static void small_space(void)
{
    char *start = (char *)syscall(SYS_brk, 0);
    limit_to(RLIMIT_AS, 64 * MEGABYTE);
    EXPECT(anonymous(80 * MEGABYTE, PROT_NONE, MAP_PRIVATE) == MAP_FAILED && errno == ENOMEM);
    EXPECT(anonymous(80 * MEGABYTE, PROT_READ, MAP_SHARED) == MAP_FAILED && errno == ENOMEM);
    char *some = anonymous(40 * MEGABYTE, PROT_READ, MAP_PRIVATE);
    EXPECT(some != MAP_FAILED);
    EXPECT(anonymous(40 * MEGABYTE, PROT_READ, MAP_PRIVATE) == MAP_FAILED && errno == ENOMEM);
    EXPECT(anonymous(8 * MEGABYTE, PROT_READ, MAP_PRIVATE) != MAP_FAILED);
    EXPECT(mremap(some, 40 * MEGABYTE, 60 * MEGABYTE, MREMAP_MAYMOVE) == MAP_FAILED && errno == ENOMEM);
    EXPECT((char *)syscall(SYS_brk, start + 40 * MEGABYTE) == start);
    EXPECT((char *)syscall(SYS_brk, start + MEGABYTE) == start + MEGABYTE);
    /* What is replaced makes room for itself. */
    EXPECT(mmap(some, 40 * MEGABYTE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == some);
    EXPECT(munmap(some, 40 * MEGABYTE) == 0);
    EXPECT(anonymous(40 * MEGABYTE, PROT_READ, MAP_PRIVATE) != MAP_FAILED);
}

/* What moves is counted once. */
static void moved_in_small_space(void)
{
    limit_to(RLIMIT_AS, 64 * MEGABYTE);
    char *some = anonymous(31 * MEGABYTE, PROT_READ, MAP_PRIVATE);
    EXPECT(some != MAP_FAILED);
    char *moved = mremap(some, 30 * MEGABYTE, 40 * MEGABYTE, MREMAP_MAYMOVE);
    EXPECT(moved != MAP_FAILED && moved != some && munmap(moved, 40 * MEGABYTE) == 0);
    EXPECT(munmap(some + 30 * MEGABYTE, MEGABYTE) == 0);
}

static void little_data(void)
{
    char *start = (char *)syscall(SYS_brk, 0);
    limit_to(RLIMIT_DATA, 4 * MEGABYTE);
    EXPECT(anonymous(6 * MEGABYTE, PROT_READ | PROT_WRITE, MAP_PRIVATE) == MAP_FAILED && errno == ENOMEM);
    EXPECT(anonymous(6 * MEGABYTE, PROT_READ | PROT_WRITE, MAP_SHARED) != MAP_FAILED);
    char *other = anonymous(6 * MEGABYTE, PROT_READ, MAP_PRIVATE);
    EXPECT(other != MAP_FAILED);
    EXPECT(mprotect(other, 6 * MEGABYTE, PROT_READ | PROT_WRITE) == -1 && errno == ENOMEM);
    EXPECT(mprotect(other, MEGABYTE, PROT_READ | PROT_WRITE) == 0);
    EXPECT((char *)syscall(SYS_brk, start + 6 * MEGABYTE) == start);
    EXPECT((char *)syscall(SYS_brk, start + MEGABYTE) == start + MEGABYTE);
}

static volatile char stack_sum;

static __attribute__((noinline)) void touch_stack(size_t bytes)
{
    volatile char room[PAGE];
    room[0] = stack_sum;
    if (bytes > PAGE)
        touch_stack(bytes - PAGE);
    stack_sum += room[0];
}

static void small_stack(void)
{
    struct rlimit limit = {512 * 1024, RLIM_INFINITY};
    EXPECT(setrlimit(RLIMIT_STACK, &limit) == 0);
    touch_stack(128 * 1024);
    signal(SIGSEGV, SIG_DFL);
    touch_stack(MEGABYTE);
}

static void few_locks(void)
{
    char *some = anonymous(32 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    struct rlimit limit = {16 * PAGE, 16 * PAGE};
    EXPECT(some != MAP_FAILED && setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
    EXPECT(mlock(some, 32 * PAGE) == 0 && munlock(some, 32 * PAGE) == 0); /* with the capability */
    become(CROWD);
    EXPECT(mlock(some, 8 * PAGE) == 0 && mlock(some, 8 * PAGE) == 0);
    EXPECT(mlock(some + 8 * PAGE, 9 * PAGE) == -1 && errno == ENOMEM);
    EXPECT(mlock(some + 4 * PAGE, 12 * PAGE) == 0); /* half of it is locked already */
    EXPECT(anonymous(PAGE, PROT_READ, MAP_PRIVATE | MAP_LOCKED) == MAP_FAILED && errno == EAGAIN);
    EXPECT(munlock(some, 8 * PAGE) == 0);
    char *locked = anonymous(8 * PAGE, PROT_READ, MAP_PRIVATE | MAP_LOCKED);
    EXPECT(locked != MAP_FAILED);
    EXPECT(mlock(some, PAGE) == -1 && errno == ENOMEM);
    EXPECT(munmap(locked, 4 * PAGE) == 0 && mlock(some, 4 * PAGE) == 0);
    EXPECT(mlockall(MCL_CURRENT) == -1 && errno == ENOMEM);
    EXPECT(munlockall() == 0 && mlock(some, 16 * PAGE) == 0 && munlockall() == 0);
    EXPECT(mlockall(MCL_FUTURE) == 0);
    EXPECT(anonymous(17 * PAGE, PROT_READ, MAP_PRIVATE) == MAP_FAILED && errno == EAGAIN);
    EXPECT(anonymous(16 * PAGE, PROT_READ, MAP_PRIVATE) != MAP_FAILED);
    EXPECT(anonymous(PAGE, PROT_READ, MAP_PRIVATE) == MAP_FAILED && errno == EAGAIN);
    EXPECT(munlockall() == 0 && anonymous(17 * PAGE, PROT_READ, MAP_PRIVATE) != MAP_FAILED);
    limit = (struct rlimit){0, 0};
    EXPECT(setrlimit(RLIMIT_MEMLOCK, &limit) == 0 && mlock(some, PAGE) == -1 && errno == EPERM);
    EXPECT(mlockall(MCL_CURRENT) == -1 && errno == EPERM);
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED;
    EXPECT(syscall(SYS_mmap, NULL, PAGE, PROT_READ, flags, -1, 0) == -1 && errno == EPERM);
}

static void locks_of_a_child(void)
{
    char *some = anonymous(16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    limit_to(RLIMIT_MEMLOCK, 16 * PAGE);
    EXPECT(mlock(some, 16 * PAGE) == 0);
    pid_t child = fork();
    if (child == 0) { /* has none of its parent's */
        char *own = anonymous(16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
        become(CROWD);
        _exit(mlock(own, 16 * PAGE) == 0 && mlock(some, PAGE) == -1 && errno == ENOMEM ? 0 : 1);
    }
    int status;
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
}

/* Areas that become alike while they are changed join: the next one is no longer there. */
static void test_protection_of_neighbours(void)
{
    char *all = anonymous(6 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    memset(all, 5, 6 * PAGE);
    abi_catch(SIGSEGV, 0);
    CHECK(mprotect(all + PAGE, PAGE, PROT_READ) == 0 && mprotect(all + 3 * PAGE, PAGE, PROT_READ) == 0);
    CHECK(mprotect(all, 4 * PAGE, PROT_READ) == 0);
    all[4 * PAGE] = 6;
    CHECK(!ABI_TRY() ? (all[2 * PAGE] = 1, false) : abi_caught.signal == SIGSEGV);
    CHECK(mprotect(all, 6 * PAGE, PROT_READ | PROT_WRITE) == 0);
    all[2 * PAGE] = 7;
    CHECK(all[0] == 5 && all[2 * PAGE] == 7 && all[4 * PAGE] == 6);
    CHECK(munmap(all, 6 * PAGE) == 0);
    signal(SIGSEGV, SIG_DFL);
}

/* ---- files ---- */

static void short_files(void)
{
    char path[] = "/tmp/abi_limitXXXXXX";
    int file = mkstemp(path);
    struct rlimit limit = {8192, RLIM_INFINITY};
    EXPECT(file >= 0 && ftruncate(file, 20000) == 0 && setrlimit(RLIMIT_FSIZE, &limit) == 0);
    abi_handle(SIGXFSZ, count_signal, 0);
    EXPECT(ftruncate(file, 10000) == 0 && caught == 0); /* shorter than it was */
    EXPECT(ftruncate(file, 10001) == -1 && errno == EFBIG && caught == 1);
    EXPECT(truncate(path, 10001) == -1 && errno == EFBIG && caught == 2);
    EXPECT(ftruncate(file, 100) == 0 && truncate(path, 8192) == 0 && caught == 2);
    EXPECT(fallocate(file, 0, 8000, 1000) == -1 && errno == EFBIG && caught == 3);
    EXPECT(fallocate(file, 0, 0, 8192) == 0 && fallocate(file, 1 /* keep the size */, 8000, 1000) == 0 && caught == 3);
    EXPECT(pwrite(file, "ab", 2, 8191) == 1 && pwrite(file, "a", 1, 8192) == -1 && errno == EFBIG && caught == 4);
    int other = open(path, O_WRONLY | INT_MIN); /* flags that nobody knows mean nothing */
    EXPECT(pwrite(other, "a", 1, 8192) == -1 && errno == EFBIG && caught == 5 && unlink(path) == 0);
    signal(SIGXFSZ, SIG_DFL);
    ftruncate(file, 10000);
}

/* What is allocated behind the end goes when the file is cut, even to the length that it has. */
static void test_room_behind_the_end(void)
{
    char path[] = "/tmp/abi_limitXXXXXX";
    struct stat status;
    int file = mkstemp(path);
    CHECK(file >= 0 && unlink(path) == 0 && fallocate(file, 1 /* keep the size */, 0, 40000) == 0);
    CHECK(fstat(file, &status) == 0 && status.st_size == 0 && status.st_blocks >= 80);
    CHECK(ftruncate(file, 0) == 0 && fstat(file, &status) == 0 && status.st_blocks == 0);
    close(file);
}

/* ---- others ---- */

static bool send_file(int socket, int file)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.header = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    struct iovec piece = {"x", 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control};
    message.msg_controllen = sizeof(control);
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &file, sizeof(file));
    return sendmsg(socket, &message, 0) == 1;
}

/* Files in messages that nobody reads count for who sent them. */
static void files_in_flight(void)
{
    struct rlimit limit = {8, 8};
    int ends[2], other[2];
    char byte;
    EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, other) == 0);
    EXPECT(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    become(CROWD);
    for (int i = 0; i <= 8; i++)
        EXPECT(send_file(ends[0], i % 2 ? other[1] : 1));
    EXPECT(!send_file(ends[0], 1) && errno == ETOOMANYREFS);
    EXPECT(!send_file(other[0], 1) && errno == ETOOMANYREFS && write(other[0], "y", 1) == 1);
    EXPECT(read(ends[1], &byte, 1) == 1 && send_file(other[0], 1));
    EXPECT(close(ends[0]) == 0 && close(ends[1]) == 0 && send_file(other[0], 1));
    close(other[1]);
    signal(SIGPIPE, SIG_IGN);
    EXPECT(!send_file(other[0], 1) && errno == EPIPE);
}

static void locked_segments(void)
{
    struct rlimit limit = {0, PAGE};
    int foreign = shmget(IPC_PRIVATE, PAGE, 0666), own;
    EXPECT(foreign >= 0 && setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
    EXPECT(shmctl(foreign, SHM_LOCK, NULL) == 0 && shmctl(foreign, SHM_UNLOCK, NULL) == 0);
    pid_t child = fork();
    if (child == 0) {
        become(CROWD);
        own = shmget(IPC_PRIVATE, PAGE, 0600);
        EXPECT(own >= 0 && shmctl(own, SHM_LOCK, NULL) == -1 && errno == EPERM);
        EXPECT(shmctl(own, SHM_UNLOCK, NULL) == 0);
        limit.rlim_cur = PAGE;
        EXPECT(setrlimit(RLIMIT_MEMLOCK, &limit) == 0 && shmctl(own, SHM_LOCK, NULL) == 0);
        EXPECT(shmctl(foreign, SHM_LOCK, NULL) == -1 && errno == EPERM);
        /* All of a user's count, until they are unlocked or gone. */
        int more = shmget(IPC_PRIVATE, PAGE, 0600);
        EXPECT(more >= 0 && shmctl(own, SHM_LOCK, NULL) == 0 && shmctl(more, SHM_LOCK, NULL) == -1 && errno == ENOMEM);
        EXPECT(shmctl(own, SHM_UNLOCK, NULL) == 0 && shmctl(more, SHM_LOCK, NULL) == 0);
        EXPECT(shmctl(own, SHM_LOCK, NULL) == -1 && errno == ENOMEM && shmctl(more, IPC_RMID, NULL) == 0);
        EXPECT(shmctl(own, SHM_LOCK, NULL) == 0);
        EXPECT(shmctl(own, IPC_RMID, NULL) == 0);
        _exit(0);
    }
    int status;
    EXPECT(waitpid(child, &status, 0) == child && shmctl(foreign, IPC_RMID, NULL) == 0 && status == 0);
}

/* Arguments may be 128 KiB long however small the stack is. */
static void long_arguments(void)
{
    struct rlimit limit = {256 * 1024, RLIM_INFINITY};
    char *argument = malloc(100000);
    char *const arguments[] = {"abi", "status", argument, NULL};
    memset(argument, 'a', 99999);
    argument[99999] = 0;
    EXPECT(setrlimit(RLIMIT_STACK, &limit) == 0);
    execv("/proc/self/exe", arguments);
    _exit(1);
}

static void nice_values(void)
{
    struct rlimit limit = {25, 25};
    if (setrlimit(RLIMIT_NICE, &limit) == -1 && errno == EPERM)
        return; /* a superuser without that capability */
    become(CROWD);
    EXPECT(setpriority(PRIO_PROCESS, 0, 10) == 0 && getpriority(PRIO_PROCESS, 0) == 10);
    EXPECT(setpriority(PRIO_PROCESS, 0, -6) == -1 && errno == EACCES);
    EXPECT(setpriority(PRIO_PROCESS, 0, -5) == 0 && getpriority(PRIO_PROCESS, 0) == -5);
}

/* A zombie's limits are still there to be asked for, and to be set. */
static void test_limits_of_a_zombie(void)
{
    struct rlimit limit = {7, 8}, old = {0, 0};
    siginfo_t information;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    CHECK(waitid(P_PID, (id_t)child, &information, WEXITED | WNOWAIT) == 0);
    CHECK(syscall(SYS_prlimit64, child, RLIMIT_NOFILE, &limit, &old) == 0 && old.rlim_max > 8);
    CHECK(syscall(SYS_prlimit64, child, RLIMIT_NOFILE, NULL, &old) == 0 && old.rlim_cur == 7);
    CHECK(waitpid(child, NULL, 0) == child);
    CHECK(syscall(SYS_prlimit64, child, RLIMIT_NOFILE, NULL, &old) == -1 && errno == ESRCH);
}

void abi_test_limits(void)
{
    test_protection_of_neighbours();
    test_limits_of_a_zombie();
    CHECK(abi_in_child(small_space) == 0);
    CHECK(abi_in_child(moved_in_small_space) == 0);
    CHECK(abi_in_child(little_data) == 0);
    CHECK(abi_in_child(small_stack) == SIGSEGV);
    CHECK(abi_in_child(short_files) == SIGXFSZ);
    CHECK(abi_in_child(long_arguments) == 42 << 8);
    test_room_behind_the_end();
    if (geteuid() != 0)
        return;
    CHECK(abi_in_child(few_processes) == 0);
    CHECK(abi_in_child(crowded) == 0);
    CHECK(abi_in_child(ignored_children) == 0);
    CHECK(abi_in_child(never_crowded) == 0);
    CHECK(abi_in_child(few_locks) == 0);
    CHECK(abi_in_child(locks_of_a_child) == 0);
    CHECK(abi_in_child(nice_values) == 0);
    CHECK(abi_in_child(files_in_flight) == 0);
    CHECK(abi_in_child(locked_segments) == 0);
}
