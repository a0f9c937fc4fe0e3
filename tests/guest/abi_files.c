/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls on open files beyond reading and writing: advisory locks, copies between files, files without a name.
 */
#include "abi.h"
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[64];
static int shared; /* an open file that children inherit */

static int open_temporary(const char *text)
{
    snprintf(path, sizeof(path), "/tmp/abi-files-%d", getpid());
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0);
    CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    CHECK(lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

static int lock_range(int fd, int command, int type, off_t start, off_t bytes)
{
    struct flock lock = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = bytes};
    return fcntl(fd, command, &lock);
}

/* What stands in the way of a write lock on a range, as F_GETLK says it. */
static struct flock conflict(int fd, off_t start, off_t bytes)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = bytes};
    CHECK(fcntl(fd, F_GETLK, &lock) == 0);
    return lock;
}

static void child_sees_locks(void)
{
    int fd = open(path, O_RDWR);
    CHECK(lock_range(fd, F_SETLK, F_WRLCK, 0, 10) == -1 && (errno == EAGAIN || errno == EACCES));
    CHECK(lock_range(fd, F_SETLK, F_RDLCK, 12, 2) == -1);
    CHECK(lock_range(fd, F_SETLK, F_WRLCK, 10, 2) == 0); /* the hole that was given up */
    CHECK(lock_range(fd, F_SETLK, F_WRLCK, 20, 0) == 0); /* behind the last one, to the end */
    struct flock found = conflict(fd, 0, 0);
    CHECK(found.l_type == F_WRLCK && found.l_pid == getppid() && found.l_whence == SEEK_SET);
    found = conflict(fd, 12, 5);
    CHECK(found.l_type == F_WRLCK && found.l_start == 12 && found.l_len == 8);
    CHECK(conflict(fd, 40, 3).l_type == F_UNLCK);            /* its own */
    CHECK(lock_range(shared, F_SETLK, F_WRLCK, 0, 1) == -1); /* inherited descriptors bring no locks */
}

static void test_record_locks(void)
{
    int fd = shared = open_temporary("0123456789");
    CHECK(lock_range(fd, F_SETLK, F_WRLCK, 0, 20) == 0);
    CHECK(lock_range(fd, F_SETLK, F_UNLCK, 10, 2) == 0); /* splits it */
    CHECK(conflict(fd, 0, 0).l_type == F_UNLCK);
    CHECK(abi_in_child(child_sees_locks) == 0);
    int second = open(path, O_RDONLY);
    CHECK(lock_range(second, F_SETLK, F_WRLCK, 0, 1) == -1 && errno == EBADF);
    CHECK(lock_range(second, F_SETLK, 77, 0, 1) == -1 && errno == EINVAL);
    CHECK(lock_range(second, F_SETLK, F_RDLCK, -1, 1) == -1 && errno == EINVAL);
    CHECK(lock_range(second, F_GETLK, F_UNLCK, 0, 1) == -1 && errno == EINVAL);
    CHECK(fcntl(second, F_SETLK, (void *)8) == -1 && errno == EFAULT);
    CHECK(lock_range(second, F_SETLK, F_RDLCK, 5, -3) == 0); /* bytes 2, 3, 4 */
    close(second);                                           /* any close of the file gives up all the process has */
    pid_t child = fork();
    if (child == 0)
        _exit(lock_range(fd, F_SETLK, F_WRLCK, 0, 0) == 0 ? 0 : 1);
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    close(fd);
}

/* Waits for a lock that the parent gives up after a while, and for one that would close a circle. */
static void test_lock_waits(void)
{
    int fd = open_temporary("x"), status, ready[2];
    char byte;
    CHECK(pipe(ready) == 0);
    CHECK(lock_range(fd, F_SETLK, F_WRLCK, 0, 1) == 0);
    pid_t child = fork();
    if (child == 0) {
        int own = open(path, O_RDWR);
        if (lock_range(own, F_SETLK, F_WRLCK, 1, 1) || write(ready[1], "", 1) != 1)
            _exit(1);
        _exit(lock_range(own, F_SETLKW, F_WRLCK, 0, 1) == 0 ? 0 : 2);
    }
    CHECK(read(ready[0], &byte, 1) == 1);
    usleep(20000); /* it sleeps on ours by now */
    CHECK(lock_range(fd, F_SETLKW, F_WRLCK, 1, 1) == -1 && errno == EDEADLK);
    CHECK(lock_range(fd, F_SETLK, F_UNLCK, 0, 1) == 0);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    close(ready[0]);
    close(ready[1]);
    close(fd);
}

static void test_open_file_locks(void)
{
    int one = open_temporary("x"), two = open(path, O_RDWR), again = dup(one);
    CHECK(lock_range(one, F_OFD_SETLK, F_WRLCK, 0, 5) == 0);
    CHECK(lock_range(two, F_OFD_SETLK, F_WRLCK, 4, 1) == -1 && errno == EAGAIN);
    CHECK(lock_range(again, F_OFD_SETLK, F_RDLCK, 0, 5) == 0); /* the same open file */
    CHECK(lock_range(two, F_OFD_SETLK, F_RDLCK, 0, 5) == 0);
    CHECK(lock_range(two, F_OFD_SETLK, F_UNLCK, 0, 0) == 0);
    struct flock lock = {.l_type = F_WRLCK, .l_pid = 1};
    CHECK(fcntl(two, F_OFD_SETLK, &lock) == -1 && errno == EINVAL);
    lock.l_pid = 0;
    CHECK(fcntl(two, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_RDLCK && lock.l_pid == -1 && lock.l_len == 5);
    close(one);
    CHECK(lock_range(two, F_OFD_SETLK, F_WRLCK, 0, 5) == -1); /* its copy still is open */
    close(again);
    CHECK(lock_range(two, F_OFD_SETLK, F_WRLCK, 0, 5) == 0);
    close(two);
}

static void test_whole_file_locks(void)
{
    int one = open_temporary("x"), two = open(path, O_RDONLY);
    CHECK(flock(one, LOCK_SH) == 0 && flock(two, LOCK_SH | LOCK_NB) == 0);
    CHECK(flock(one, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK);
    CHECK(flock(two, LOCK_UN) == 0 && flock(one, LOCK_EX | LOCK_NB) == 0);
    CHECK(flock(two, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK);
    CHECK(lock_range(one, F_SETLK, F_WRLCK, 0, 0) == 0); /* the two kinds do not see each other */
    CHECK(flock(one, 9) == -1 && errno == EINVAL);
    CHECK(flock(-1, LOCK_SH) == -1 && errno == EBADF);
    close(one);
    CHECK(flock(two, LOCK_EX | LOCK_NB) == 0);
    close(two);
    unlink(path);
}

static void test_sendfile(void)
{
    char text[16] = "";
    int from = open_temporary("hello, world"), ends[2];
    off_t offset = 7;
    CHECK(pipe(ends) == 0);
    CHECK(sendfile(ends[1], from, &offset, 100) == 5 && offset == 12);
    CHECK(read(ends[0], text, sizeof(text)) == 5 && memcmp(text, "world", 5) == 0);
    CHECK(lseek(from, 0, SEEK_CUR) == 0);
    CHECK(sendfile(ends[1], from, NULL, 5) == 5 && lseek(from, 0, SEEK_CUR) == 5);
    CHECK(sendfile(ends[1], from, &offset, 9) == 0); /* at the end */
    CHECK(sendfile(from, ends[0], NULL, 5) == -1 && errno == EINVAL);
    CHECK(sendfile(ends[0], from, NULL, 5) == -1 && errno == EBADF);
    CHECK(sendfile(ends[1], -1, NULL, 5) == -1 && errno == EBADF);
    CHECK(sendfile(ends[1], from, (void *)8, 5) == -1 && errno == EFAULT);
    close(ends[0]);
    abi_handle(SIGPIPE, SIG_IGN, 0);
    CHECK(sendfile(ends[1], from, NULL, 5) == -1 && errno == EPIPE);
    close(ends[1]);
    close(from);
}

static void test_copy_file_range(void)
{
    char text[16] = "";
    int from = open_temporary("0123456789");
    int to = open("/tmp", O_RDWR | O_TMPFILE, 0600);
    off_t in = 2, out = 1;
    if (to < 0) { /* not every file system has them */
        to = open("/tmp/abi-files-copy", O_RDWR | O_CREAT | O_TRUNC, 0600);
        unlink("/tmp/abi-files-copy");
    }
    CHECK(to >= 0);
    CHECK(copy_file_range(from, &in, to, &out, 4, 0) == 4 && in == 6 && out == 5);
    CHECK(pread(to, text, sizeof(text), 0) == 5 && memcmp(text, "\0002345", 5) == 0);
    CHECK(copy_file_range(from, NULL, to, NULL, 100, 0) == 10 && lseek(to, 0, SEEK_CUR) == 10);
    CHECK(copy_file_range(from, NULL, to, NULL, 100, 0) == 0);
    in = 0;
    out = 2;
    CHECK(copy_file_range(from, &in, from, &out, 4, 0) == -1 && errno == EINVAL); /* they overlap */
    CHECK(copy_file_range(from, &in, to, &out, 4, 1) == -1 && errno == EINVAL);
    close(to);
    close(from);
}

static void test_unnamed_file(void)
{
    char text[16];
    struct stat status;
    int fd = memfd_create("unnamed", MFD_CLOEXEC);
    CHECK(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
    CHECK(fstat(fd, &status) == 0 && status.st_nlink == 0 && S_ISREG(status.st_mode));
    CHECK(ftruncate(fd, 4096) == 0 && pwrite(fd, "0123456789", 10, 0) == 10);
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(map != MAP_FAILED && memcmp(map, "0123456789", 10) == 0);
    memcpy(map, "AB", 2);
    CHECK(pread(fd, text, 2, 0) == 2 && text[0] == 'A');
    munmap(map, 4096);
    CHECK(memfd_create("x", 0x8000) == -1 && errno == EINVAL);
    CHECK(memfd_create((void *)8, 0) == -1 && errno == EFAULT);
    close(fd);
}

static void test_splice(void)
{
    char text[16] = "";
    int file = open_temporary("0123456789"), one[2], two[2];
    loff_t offset = 4;
    CHECK(pipe(one) == 0 && pipe(two) == 0);
    CHECK(splice(file, &offset, one[1], NULL, 4, 0) == 4 && offset == 8);
    CHECK(tee(one[0], two[1], 100, 0) == 4); /* and leaves it there */
    CHECK(splice(one[0], NULL, two[1], NULL, 100, 0) == 4);
    CHECK(read(two[0], text, sizeof(text)) == 8 && memcmp(text, "45674567", 8) == 0);
    CHECK(splice(one[0], NULL, two[1], NULL, 1, SPLICE_F_NONBLOCK) == -1 && errno == EAGAIN);
    CHECK(tee(one[0], two[1], 1, SPLICE_F_NONBLOCK) == -1 && errno == EAGAIN);
    CHECK(write(one[1], "abc", 3) == 3);
    offset = 1;
    CHECK(splice(one[0], NULL, file, &offset, 3, 0) == 3 && offset == 4);
    CHECK(pread(file, text, 5, 0) == 5 && memcmp(text, "0abc4", 5) == 0);
    CHECK(splice(file, NULL, file, NULL, 1, 0) == -1 && errno == EINVAL);     /* no pipe */
    CHECK(splice(one[0], NULL, one[1], NULL, 1, 0) == -1 && errno == EINVAL); /* the same one */
    CHECK(splice(one[0], &offset, two[1], NULL, 1, 0) == -1 && errno == ESPIPE);
    CHECK(splice(one[1], NULL, two[1], NULL, 1, 0) == -1 && errno == EBADF);
    close(one[1]);
    CHECK(splice(one[0], NULL, two[1], NULL, 1, 0) == 0); /* nobody will write any more */
    close(one[0]);
    close(two[0]);
    close(two[1]);
    close(file);
    unlink(path);
}

void abi_test_files(void)
{
    test_record_locks();
    test_lock_waits();
    test_open_file_locks();
    test_whole_file_locks();
    test_sendfile();
    test_copy_file_range();
    test_unnamed_file();
    test_splice();
}
