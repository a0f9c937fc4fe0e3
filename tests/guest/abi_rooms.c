/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Room and its end: space in files, their greatest size, roots of file systems, memory that is brought in and held,
 * arguments that are too long, descriptors that run out.
 */
#include "abi.h"
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

static int temporary(void)
{
    char path[] = "/tmp/abi_roomXXXXXX";
    int file = mkstemp(path);
    CHECK(file >= 0 && unlink(path) == 0);
    return file;
}

static off_t size_of(int file)
{
    struct stat status;
    return fstat(file, &status) == 0 ? status.st_size : -1;
}

static void test_allocate(void)
{
    int file = temporary(), ends[2];
    struct stat status;
    char byte = 1;
    CHECK(fallocate(file, 0, 0, 10000) == 0 && size_of(file) == 10000);
    CHECK(fstat(file, &status) == 0 && status.st_blocks >= 20);
    CHECK(pread(file, &byte, 1, 9999) == 1 && byte == 0);
    CHECK(fallocate(file, 1 /* keep the size */, 20000, 5000) == 0 && size_of(file) == 10000);
    CHECK(fallocate(file, 0, 0, 100) == 0 && size_of(file) == 10000);
    CHECK(fallocate(file, 0, -1, 5) == -1 && errno == EINVAL && fallocate(file, 0, 0, 0) == -1 && errno == EINVAL);
    CHECK(fallocate(-1, 0, 0, 5) == -1 && errno == EBADF && fallocate(-1, 0, -1, 5) == -1 && errno == EBADF);
    CHECK(fallocate(file, 0, LONG_MAX - 5, 10) == -1 && errno == EFBIG);
    CHECK(fallocate(file, 0x4000, 0, 5) == -1 && errno == EOPNOTSUPP);
    CHECK(pipe(ends) == 0 && fallocate(ends[1], 0, 0, 5) == -1 && errno == ESPIPE);
    CHECK(fallocate(ends[0], 0, 0, 5) == -1 && errno == EBADF);
    CHECK(readahead(file, 0, 100) == 0 && readahead(-1, 0, 100) == -1 && errno == EBADF);
    CHECK(readahead(ends[0], 0, 100) == -1 && errno == EINVAL);
    CHECK(sync_file_range(file, 0, 100, SYNC_FILE_RANGE_WRITE) == 0);
    CHECK(sync_file_range(file, -1, 100, 0) == -1 && errno == EINVAL);
    CHECK(sync_file_range(file, 0, 100, 64) == -1 && errno == EINVAL);
    CHECK(sync_file_range(ends[0], 0, 100, 0) == -1 && errno == ESPIPE);
    close(ends[0]);
    close(ends[1]);
    close(file);
}

static void test_vectors(void)
{
    int file = temporary();
    char first[4], second[8];
    struct iovec out[] = {{"abcd", 4}, {"efgh", 4}}, in[] = {{first, 4}, {second, 4}};
    CHECK(syscall(SYS_pwritev2, file, out, 2, 8L, 0L, 0) == 8 && size_of(file) == 16 && lseek(file, 0, SEEK_CUR) == 0);
    CHECK(syscall(SYS_pwritev2, file, out, 1, -1L, -1L, 0) == 4 && lseek(file, 0, SEEK_CUR) == 4);
    CHECK(syscall(SYS_preadv2, file, in, 2, 8L, 0L, 0) == 8 && memcmp(first, "abcd", 4) == 0 &&
          memcmp(second, "efgh", 4) == 0);
    CHECK(syscall(SYS_preadv2, file, in, 2, -2L, -1L, 0) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_preadv2, file, in, 2, 0L, 0L, 0x40000000) == -1 && errno == EOPNOTSUPP);
    close(file);
}

static volatile int signalled;

static void note(int signal)
{
    signalled = signal;
}

static void limit_size(void)
{
    struct rlimit limit = {100, RLIM_INFINITY};
    char bytes[80];
    int file = temporary();
    memset(bytes, 'x', sizeof(bytes));
    abi_handle(SIGXFSZ, note, 0);
    if (setrlimit(RLIMIT_FSIZE, &limit))
        _exit(1);
    if (write(file, bytes, 80) != 80 || write(file, bytes, 80) != 20 || signalled)
        _exit(2);
    if (write(file, bytes, 80) != -1 || errno != EFBIG || signalled != SIGXFSZ || size_of(file) != 100)
        _exit(3);
    if (pwrite(file, bytes, 10, 90) != 10 || pwrite(file, bytes, 10, 200) != -1 || errno != EFBIG)
        _exit(4);
    if (write(file, bytes, 0) != 0)
        _exit(5);
}

static void in_another_root(void)
{
    char path[PATH_MAX];
    int outside = open("/", O_RDONLY | O_DIRECTORY);
    if (mkdir("abi_root", 0755) || mkdir("abi_root/tmp", 0755) || symlink("/tmp", "abi_root/link"))
        _exit(1);
    if (chroot("abi_root") || chdir("/") || !getcwd(path, sizeof(path)) || strcmp(path, "/"))
        _exit(2);
    struct stat root, up;
    if (stat("/", &root) || stat("/../..", &up) || root.st_ino != up.st_ino || access("/link/..", F_OK))
        _exit(3);
    if (open("/proc/self/stat", O_RDONLY) != -1 || errno != ENOENT || chdir("/link") || !getcwd(path, sizeof(path)) ||
        strcmp(path, "/tmp"))
        _exit(4);
    pid_t child = fork();
    if (child == 0)
        _exit(access("/abi_root", F_OK) == -1 && access("/link", F_OK) == 0 ? 0 : 1);
    int status;
    if (waitpid(child, &status, 0) != child || status)
        _exit(5);
    if (fchdir(outside) || chroot(".")) /* a descriptor leads out, as on Linux */
        _exit(6);
    if (access("/proc/self/stat", F_OK))
        _exit(7);
}

static void test_root(void)
{
    char directory[] = "/tmp/abi_rootXXXXXX", before[PATH_MAX];
    CHECK(chroot("/nonexistent") == -1 && (errno == ENOENT || errno == EPERM));
    CHECK(chroot("/proc/self/stat") == -1 && errno == ENOTDIR);
    if (getuid() != 0)
        return;
    CHECK(getcwd(before, sizeof(before)) && mkdtemp(directory) && chdir(directory) == 0);
    int status = abi_in_child(in_another_root);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(unlink("abi_root/link") == 0 && rmdir("abi_root/tmp") == 0 && rmdir("abi_root") == 0);
    CHECK(chdir(before) == 0 && rmdir(directory) == 0);
}

static unsigned resident(char *start, unsigned pages)
{
    unsigned char map[16];
    unsigned count = 0;
    CHECK(mincore(start, pages * PAGE, map) == 0);
    for (unsigned i = 0; i < pages; i++)
        count += map[i] & 1;
    return count;
}

static void test_lock(void)
{
    int protection = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
    char *memory = mmap(NULL, 8 * PAGE, protection, flags, -1, 0);
    CHECK(resident(memory, 8) == 0 && mlock(memory + PAGE, 3 * PAGE - 5) == 0 && resident(memory, 8) == 3);
    CHECK(munlock(memory, 8 * PAGE) == 0);
    CHECK(munmap(memory + 6 * PAGE, PAGE) == 0 && mlock(memory, 8 * PAGE) == -1 && errno == ENOMEM);
    CHECK(munlock(memory, 8 * PAGE) == -1 && errno == ENOMEM);
    munmap(memory, 8 * PAGE);
    memory = mmap(NULL, 8 * PAGE, protection, flags | MAP_POPULATE, -1, 0);
    CHECK(memory != MAP_FAILED && resident(memory, 8) == 8);
    munmap(memory, 8 * PAGE);
    memory = mmap(NULL, 8 * PAGE, protection, flags | MAP_LOCKED, -1, 0);
    CHECK(memory != MAP_FAILED && resident(memory, 8) == 8);
    munmap(memory, 8 * PAGE);
    CHECK(syscall(SYS_mlock2, memory, 0, 2) == -1 && errno == EINVAL);
    CHECK(mlockall(0) == -1 && errno == EINVAL && mlockall(8) == -1 && errno == EINVAL && munlockall() == 0);
}

static void exhaust(void)
{
    int last = -1, next, ends[2];
    while ((next = dup(0)) >= 0)
        last = next;
    int error = errno;
    if (error != EMFILE || last < 200 || pipe(ends) != -1 || errno != EMFILE || open("/", O_RDONLY) != -1)
        _exit(1);
    if (close(last) || close(last - 1) || pipe(ends))
        _exit(2);
    if (socket(AF_UNIX, SOCK_STREAM, 0) != -1 || errno != EMFILE || syscall(SYS_memfd_create, "x", 0) != -1 ||
        errno != EMFILE)
        _exit(3);
}

/* One argument of 128 KiB is one too long; so is more than a quarter of the stack in all. */
static void long_arguments(void)
{
    static char big[132 << 10];
    static char *many[3000];
    char *environment[] = {NULL};
    memset(big, 'a', sizeof(big) - 1);
    char *one[] = {"/proc/self/exe", big, NULL};
    if (execve(one[0], one, environment) != -1 || errno != E2BIG)
        _exit(1);
    big[100 << 10] = 0;
    for (int i = 1; i < 2999; i++)
        many[i] = big;
    many[0] = "/proc/self/exe";
    if (execve(many[0], many, environment) != -1 || errno != E2BIG)
        _exit(2);
    char *path = malloc(PATH_MAX + 10);
    memset(path, 'p', PATH_MAX + 9);
    path[PATH_MAX + 9] = 0;
    if (execve(path, one, environment) != -1 || errno != ENAMETOOLONG || open(path, O_RDONLY) != -1 ||
        errno != ENAMETOOLONG)
        _exit(3);
    many[1] = "status";
    many[2] = NULL;
    execve(many[0], many, environment);
    _exit(4);
}

static void test_machine(void)
{
    struct timeval bad = {0, 1000000};
    CHECK(syscall(SYS_personality, 0xffffffffu) == 0 && syscall(SYS_personality, 0) == 0);
    CHECK(syscall(SYS_membarrier, 0, 0, 0) > 0 && syscall(SYS_membarrier, 1, 0, 0) == 0);
    CHECK(syscall(SYS_membarrier, 0, 77, 0) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_settimeofday, &bad, NULL) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_settimeofday, 1, NULL) == -1 && errno == EFAULT);
    CHECK(setdomainname("0123456789012345678901234567890123456789012345678901234567890123456789", 70) == -1 &&
          (errno == EINVAL || errno == EPERM));
    CHECK(syscall(SYS_setfsuid, -1) == (long)geteuid() && syscall(SYS_setfsgid, -1) == (long)getegid());
}

void abi_test_rooms(void)
{
    test_allocate();
    test_vectors();
    test_root();
    test_lock();
    test_machine();
    int status = abi_in_child(limit_size);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    status = abi_in_child(exhaust);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    status = abi_in_child(long_arguments);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
}
