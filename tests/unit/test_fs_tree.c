/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trees of names in ramfs, paths, permissions, descriptors, and the system calls on them, against Linux's results.
 */
#include "fake_files.h"

#include "fs/inode.h"
#include "fs/linux_abi.h"
#include "fs/ramfs.h"
#include "memory/frame.h"
#include "suite.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT ABI_AT_FDCWD

static void setup(void)
{
    fake_start(NULL, 0);
}
static void teardown(void)
{
    fake_stop();
}

START_TEST(test_directories)
{
    ck_assert_int_eq(fake_call(mkdir, "/d", 0777), 0);
    ck_assert_int_eq(fake_call(mkdir, "/d", 0777), -EEXIST);
    ck_assert_int_eq(fake_call(mkdir, "/d/e/", 0700), 0);
    ck_assert_uint_eq(stat_of("/d").mode, ABI_S_IFDIR | 0755);
    ck_assert_uint_eq(stat_of("/d").links, 3);
    ck_assert_int_eq(fake_call(rmdir, "/d"), -ENOTEMPTY);
    ck_assert_int_eq(fake_call(rmdir, "/"), -EBUSY);
    ck_assert_int_eq(fake_call(rmdir, "/d/."), -EINVAL);
    ck_assert_int_eq(fake_call(rmdir, "/d/e/.."), -ENOTEMPTY);
    ck_assert_int_eq(fake_call(rmdir, "/proc"), -EBUSY);
    ck_assert_int_eq(fake_call(unlink, "/d/e"), -EISDIR);
    make_file("/d/f", "");
    ck_assert_int_eq(fake_call(rmdir, "/d/f"), -ENOTDIR);
    ck_assert_int_eq(fake_call(mkdir, "/d/f/g", 0700), -ENOTDIR);
    ck_assert_int_eq(fake_call(mkdir, "/none/g", 0700), -ENOENT);
    ck_assert_int_eq(fake_call(rmdir, "/d/e/"), 0);
    ck_assert_int_eq(fake_call(unlinkat, AT, "/d/f", 0), 0);
    ck_assert_int_eq(fake_call(unlinkat, AT, "/d", ABI_AT_REMOVEDIR), 0);
    ck_assert_int_eq(fake_call(mkdir, "/proc/x", 0700), -EPERM);
    char name[300];
    memset(name, 'n', sizeof(name));
    name[0] = '/';
    name[257] = '\0';
    ck_assert_int_eq(fake_call(mkdir, name, 0700), -ENAMETOOLONG);
    name[256] = '\0';
    ck_assert_int_eq(fake_call(mkdir, name, 0700), 0);
}
END_TEST

START_TEST(test_current_directory)
{
    char path[64];
    ck_assert_int_eq(fake_call(getcwd, path, sizeof(path)), 2);
    ck_assert_str_eq(path, "/");
    fake_call(mkdir, "/d", 0755);
    fake_call(mkdir, "/d/e", 0755);
    ck_assert_int_eq(fake_call(chdir, "d/e/./../e"), 0);
    ck_assert_int_eq(fake_call(getcwd, path, sizeof(path)), 5);
    ck_assert_str_eq(path, "/d/e");
    ck_assert_int_eq(fake_call(getcwd, path, 4), -ERANGE);
    make_file("f", "1");
    ck_assert_str_eq(read_file("../e/f"), "1");
    ck_assert_str_eq(read_file("../../../d//e///f"), "1");
    fake_call(unlink, "f");
    ck_assert_int_eq(fake_call(rmdir, "/d/e"), 0);
    ck_assert_int_eq(fake_call(getcwd, path, sizeof(path)), -ENOENT);
    ck_assert_int_eq(open_file("g", ABI_O_CREAT | ABI_O_WRONLY), -ENOENT);
    long fd = open_file("/d", ABI_O_RDONLY | ABI_O_DIRECTORY);
    ck_assert_int_eq(fake_call(fchdir, fd), 0);
    ck_assert_int_eq(fake_call(chdir, "/d/none"), -ENOENT);
    ck_assert_int_eq(fake_call(chdir, "/proc/1"), 0);
    ck_assert_int_eq(fake_call(getcwd, path, sizeof(path)), 8);
    ck_assert_str_eq(path, "/proc/1");
    ck_assert_int_eq(fake_call(chdir, "../.."), 0);
    ck_assert_int_eq(fake_call(getcwd, path, sizeof(path)), 2);
}
END_TEST

START_TEST(test_symbolic_links)
{
    char text[64];
    fake_call(mkdir, "/d", 0755);
    make_file("/d/f", "content");
    ck_assert_int_eq(fake_call(symlink, "/d", "/l"), 0);
    ck_assert_int_eq(fake_call(symlink, "d/f", "/m"), 0);
    ck_assert_int_eq(fake_call(symlink, "m", "/n"), 0);
    ck_assert_str_eq(read_file("/l/f"), "content");
    ck_assert_str_eq(read_file("/n"), "content");
    ck_assert_int_eq(open_file("/n", ABI_O_NOFOLLOW), -ELOOP);
    ck_assert_int_eq(open_file("/n/", 0), -ENOTDIR);
    ck_assert_uint_eq(stat_of("/l").mode, ABI_S_IFLNK | 0777);
    ck_assert_uint_eq(stat_of("/l/").mode, ABI_S_IFDIR | 0755);
    ck_assert_int_eq(fake_call(readlink, "/m", text, 64), 3);
    ck_assert_int_eq(memcmp(text, "d/f", 3), 0);
    ck_assert_int_eq(fake_call(readlink, "/m", text, 2), 2);
    ck_assert_int_eq(fake_call(readlink, "/d", text, 64), -EINVAL);
    ck_assert_int_eq(fake_call(symlink, "loop2", "/loop1"), 0);
    ck_assert_int_eq(fake_call(symlink, "loop1", "/loop2"), 0);
    ck_assert_int_eq(open_file("/loop1", 0), -ELOOP);
    ck_assert_int_eq(fake_call(symlink, "newfile", "/dangling"), 0);
    ck_assert_int_eq(open_file("/dangling", 0), -ENOENT);
    ck_assert_int_eq(open_file("/dangling", ABI_O_CREAT | ABI_O_EXCL | ABI_O_WRONLY), -EEXIST);
    make_file("/dangling", "through");
    ck_assert_str_eq(read_file("/newfile"), "through");
    ck_assert_int_eq(fake_call(mkdir, "/dangling", 0700), -EEXIST);
    ck_assert_int_eq(fake_call(symlink, "", "/empty"), -ENOENT);
    ck_assert_int_lt(fake_call(unlink, "/l/"), 0);
    ck_assert_int_eq(fake_call(unlink, "/l"), 0);
    ck_assert_int_eq(fake_call(symlink, "../d/../d/f", "/d/up"), 0);
    ck_assert_str_eq(read_file("/d/up"), "content");
}
END_TEST

START_TEST(test_forty_links_pass_and_forty_one_do_not)
{
    char from[16], to[16];
    make_file("/l0", "end");
    for (unsigned i = 1; i <= 41; i++) {
        snprintf(from, sizeof(from), "l%u", i - 1);
        snprintf(to, sizeof(to), "/l%u", i);
        ck_assert_int_eq(fake_call(symlink, from, to), 0);
    }
    ck_assert_str_eq(read_file("/l40"), "end");
    ck_assert_int_eq(open_file("/l41", 0), -ELOOP);
}
END_TEST

START_TEST(test_hard_links_and_unlink_while_open)
{
    char text[8] = {0};
    struct abi_stat status;
    make_file("/a", "data");
    ck_assert_int_eq(fake_call(link, "/a", "/b"), 0);
    ck_assert_uint_eq(stat_of("/b").links, 2);
    ck_assert_uint_eq(stat_of("/a").inode, stat_of("/b").inode);
    ck_assert_int_eq(fake_call(link, "/a", "/b"), -EEXIST);
    ck_assert_int_eq(fake_call(link, "/dev", "/x"), -EPERM);
    ck_assert_int_eq(fake_call(link, "/proc/uptime", "/x"), -EXDEV);
    long fd = open_file("/a", ABI_O_RDONLY);
    ck_assert_int_eq(fake_call(unlink, "/a"), 0);
    ck_assert_int_eq(fake_call(unlink, "/b"), 0);
    ck_assert_int_eq(fake_call(unlink, "/b"), -ENOENT);
    ck_assert_int_eq(fake_call(read, fd, text, 8), 4);
    ck_assert_str_eq(text, "data");
    ck_assert_int_eq(fake_call(fstat, fd, &status), 0);
    ck_assert_uint_eq(status.links, 0);
    ck_assert_int_gt(ramfs_usage.frames, 0);
    fake_call(close, fd);
    ck_assert_uint_eq(ramfs_usage.frames, 0);
}
END_TEST

START_TEST(test_rename)
{
    make_file("/a", "A");
    make_file("/b", "B");
    ck_assert_int_eq(fake_call(rename, "/a", "/b"), 0);
    ck_assert_str_eq(read_file("/b"), "A");
    ck_assert_int_eq(fake_call(rename, "/a", "/c"), -ENOENT);
    ck_assert_int_eq(fake_call(mkdir, "/d", 0755), 0);
    ck_assert_int_eq(fake_call(mkdir, "/d/sub", 0755), 0);
    ck_assert_int_eq(fake_call(rename, "/b", "/d/b"), 0);
    ck_assert_int_eq(fake_call(rename, "/d", "/d/sub/x"), -EINVAL);
    ck_assert_int_eq(fake_call(rename, "/d", "/d/sub"), -EINVAL);
    ck_assert_int_eq(fake_call(rename, "/d/sub", "/d"), -ENOTEMPTY);
    ck_assert_int_eq(fake_call(rename, "/d/b", "/d/sub"), -EISDIR);
    ck_assert_int_eq(fake_call(rename, "/d/sub", "/d/b"), -ENOTDIR);
    ck_assert_int_eq(fake_call(rename, "/d", "/e"), 0);
    ck_assert_str_eq(read_file("/e/b"), "A");
    ck_assert_int_eq(fake_call(rename, "/e/sub", "/sub"), 0);
    ck_assert_uint_eq(stat_of("/e").links, 2);
    ck_assert_int_eq(fake_call(chdir, "/sub"), 0);
    char path[16];
    fake_call(getcwd, path, sizeof(path));
    ck_assert_str_eq(path, "/sub");
    fake_call(mkdir, "/empty", 0755);
    ck_assert_int_eq(fake_call(rename, "/sub", "/empty"), 0);
    fake_call(getcwd, path, sizeof(path));
    ck_assert_str_eq(path, "/empty");
    ck_assert_int_eq(fake_call(renameat2, AT, "/empty", AT, "/e", ABI_RENAME_NOREPLACE), -EEXIST);
    ck_assert_int_eq(fake_call(rename, "/empty", "/e"), -ENOTEMPTY);
    make_file("/h1", "H");
    fake_call(link, "/h1", "/h2");
    ck_assert_int_eq(fake_call(rename, "/h1", "/h2"), 0);
    ck_assert_uint_eq(stat_of("/h1").links, 2);
    ck_assert_int_eq(fake_call(rename, "/h1", "/h1"), 0);
    ck_assert_int_eq(fake_call(rename, "/h1", "/proc/x"), -EXDEV);
    ck_assert_int_eq(fake_call(rename, "/", "/r"), -EBUSY);
}
END_TEST

static unsigned count_entries(const char *path, size_t buffer_bytes)
{
    uint8_t buffer[4096];
    unsigned count = 0;
    long bytes, fd = open_file(path, ABI_O_RDONLY | ABI_O_DIRECTORY);

    ck_assert_int_ge(fd, 0);
    while ((bytes = fake_call(getdents64, fd, buffer, buffer_bytes)) > 0) {
        for (long at = 0; at < bytes; count++) {
            struct abi_directory_entry *entry = (void *)(buffer + at);
            ck_assert_uint_eq(entry->bytes % 8, 0);
            at += entry->bytes;
        }
    }
    ck_assert_int_eq(bytes, 0);
    fake_call(close, fd);
    return count;
}

START_TEST(test_getdents)
{
    char name[32];
    uint8_t buffer[64];
    fake_call(mkdir, "/d", 0755);
    ck_assert_uint_eq(count_entries("/d", 4096), 2);
    for (unsigned i = 0; i < 300; i++) {
        snprintf(name, sizeof(name), "/d/file%u", i);
        make_file(name, "");
    }
    ck_assert_uint_eq(count_entries("/d", 4096), 302);
    ck_assert_uint_eq(count_entries("/d", 40), 302);
    long fd = open_file("/d", ABI_O_RDONLY);
    ck_assert_int_eq(fake_call(getdents64, fd, buffer, 20), -EINVAL);
    /* Removing what was read, as rm -r does, loses nothing. */
    unsigned removed = 0;
    long bytes;
    while ((bytes = fake_call(getdents64, fd, buffer, sizeof(buffer))) > 0) {
        for (long at = 0; at < bytes;) {
            struct abi_directory_entry *entry = (void *)(buffer + at);
            snprintf(name, sizeof(name), "/d/%s", entry->name);
            if (entry->name[0] != '.') {
                ck_assert_int_eq(fake_call(unlink, name), 0);
                removed++;
            }
            at += entry->bytes;
        }
    }
    ck_assert_uint_eq(removed, 300);
    ck_assert_int_eq(fake_call(rmdir, "/d"), 0);
    ck_assert_int_eq(fake_call(getdents64, open_file("/dev/null", 0), buffer, 64), -ENOTDIR);
    ck_assert_uint_ge(count_entries("/", 4096), 4);
    ck_assert_uint_ge(count_entries("/proc", 64), 10);
    ck_assert_uint_ge(count_entries("/proc/self/fd", 64), 3);
}
END_TEST

START_TEST(test_permissions)
{
    fake_call(mkdir, "/private", 0700);
    make_file("/private/f", "secret");
    make_file("/readonly", "x");
    fake_call(chmod, "/readonly", 0444);
    ck_assert_int_eq(fake_call(access, "/readonly", ABI_MAY_WRITE), 0);
    ck_assert_int_eq(fake_call(access, "/readonly", ABI_MAY_EXECUTE), -EACCES);
    fake_call(mkdir, "/tmp", 0777);
    fake_call(chmod, "/tmp", 01777);
    make_file("/tmp/root", "");
    fake_become(1000, 1000);
    ck_assert_int_eq(open_file("/private/f", 0), -EACCES);
    ck_assert_int_eq(open_file("/readonly", ABI_O_WRONLY), -EACCES);
    ck_assert_int_eq(open_file("/readonly", ABI_O_TRUNC), -EACCES);
    ck_assert_int_eq(fake_call(access, "/readonly", ABI_MAY_WRITE), -EACCES);
    ck_assert_int_eq(fake_call(chmod, "/readonly", 0666), -EPERM);
    ck_assert_int_eq(fake_call(chown, "/readonly", 1000, 1000), -EPERM);
    ck_assert_int_eq(open_file("/new", ABI_O_CREAT | ABI_O_WRONLY), -EACCES);
    ck_assert_int_eq(fake_call(unlink, "/readonly"), -EACCES);
    ck_assert_int_eq(fake_call(unlink, "/tmp/root"), -EPERM);
    make_file("/tmp/mine", "");
    ck_assert_uint_eq(stat_of("/tmp/mine").uid, 1000);
    ck_assert_int_eq(fake_call(unlink, "/tmp/mine"), 0);
    ck_assert_int_eq(fake_call(mknod, "/tmp/n", ABI_S_IFCHR | 0666, 0x103), -EPERM);
    ck_assert_int_eq(fake_call(mount, "none", "/tmp", "ramfs"), -EPERM);
    fake_become(0, 1000);
    ck_assert_int_eq(fake_call(mount, "proc", "/proc", "proc"), 0); /* over the one that is there: each is its own */
    ck_assert_int_eq(fake_call(umount2, "/proc", 0), 0);
    ck_assert_int_eq(fake_call(mount, "none", "/tmp", "ramfs"), 0);
    ck_assert_int_eq(open_file("/tmp/mine", 0), -ENOENT);
    ck_assert_int_eq(fake_call(umount2, "/tmp", 0), 0);
    ck_assert_int_eq(open_file("/tmp/root", 0), 0);
    ck_assert_int_eq(fake_call(mount, "none", "/tmp", "minix"), -ENODEV);
}
END_TEST

#define MOVE    0x2000
#define SILENT  0x8000
#define PRIVATE 0x40000

START_TEST(test_mounts_where_they_may_be)
{
    fake_call(mkdir, "/gone", 0700);
    fake_call(mkdir, "/m", 0700);
    ck_assert_int_eq(fake_call(mount, "x", "/m", "tmpfs"), 0);
    ck_assert_int_eq(fake_call(chdir, "/gone"), 0);
    ck_assert_int_eq(fake_call(rmdir, "/gone"), 0);
    ck_assert_int_eq(fake_call(mount, "/m", ".", NULL, MOVE), -ENOENT);
    ck_assert_int_eq(fake_call(mount, "x", ".", "tmpfs"), -ENOENT);
    ck_assert_int_eq(fake_call(chdir, "/"), 0);
    ck_assert_int_eq(fake_call(mount, "/m", "/proc/1", NULL, MOVE), -EINVAL);
    ck_assert_int_eq(fake_call(mount, "x", "/proc/1", "tmpfs"), -EINVAL);
    ck_assert_int_eq(fake_call(mount, NULL, "/m", NULL, PRIVATE | SILENT), 0);
    ck_assert_int_eq(fake_call(mount, NULL, "/m", NULL, PRIVATE | 1), -EINVAL);
    ck_assert_int_eq(fake_call(mount, "x", "/", "tmpfs"), 0);
    ck_assert_int_eq(fake_call(umount2, "/", 0), 0); /* the one on top */
    ck_assert_int_eq(fake_call(umount2, "/", 0), -EBUSY);
    fake_become(1000, 1000);
    ck_assert_int_eq(fake_call(umount2, "/dev", 0), -EPERM); /* whether it is a mount or not */
    fake_become(0, 0);
    ck_assert_int_eq(fake_call(umount2, "/dev", 0), -EINVAL);
    ck_assert_int_eq(fake_call(umount2, "/m", 0), 0);
}
END_TEST

/* References are counted right by whatever way names came to be and went. */
START_TEST(test_unmount_counts_references)
{
    fake_call(mkdir, "/m", 0700);
    ck_assert_int_eq(fake_call(mount, "x", "/m", "tmpfs"), 0);
    fake_call(mkdir, "/m/a", 0700);
    fake_call(mkdir, "/m/a/in", 0700);
    fake_call(mkdir, "/m/b", 0700);
    fake_call(mkdir, "/m/b/in", 0700);
    make_file("/m/a/f", "1");
    ck_assert_int_eq(fake_call(link, "/m/a/f", "/m/a/g"), 0);
    ck_assert_int_eq(fake_call(link, "/m/a/f", "/m/b/f"), 0);
    ck_assert_int_eq(fake_call(unlink, "/m/a/f"), 0);
    ck_assert_int_eq(fake_call(rename, "/m/a/in", "/m/b/in"), 0); /* over an empty one */
    ck_assert_int_eq(fake_call(rename, "/m/b/in", "/m/b/on"), 0);
    ck_assert_int_eq(fake_call(mkdir, "/m/c", 0700), 0);
    ck_assert_int_eq(fake_call(rename, "/m/b", "/m/c/b"), 0);
    ck_assert_int_eq(fake_call(chdir, "/m/c/b/on"), 0);
    ck_assert_int_eq(fake_call(umount2, "/m", 0), -EBUSY);
    ck_assert_int_eq(fake_call(chdir, "/m/a"), 0);
    ck_assert_int_eq(fake_call(umount2, "/m", 0), -EBUSY);
    ck_assert_int_eq(fake_call(chdir, "/"), 0);
    uint64_t inodes = ramfs_usage.inodes;
    ck_assert_int_eq(fake_call(umount2, "/m", 0), 0);
    ck_assert_uint_eq(inodes - ramfs_usage.inodes, 7); /* the root, a, b, c, on, the file and its second name */
}
END_TEST

START_TEST(test_descriptors)
{
    ck_assert_int_eq(open_file("/dev/null", 0), 0);
    ck_assert_int_eq(fake_call(dup, 0), 1);
    ck_assert_int_eq(fake_call(dup2, 0, 200), 200);
    ck_assert_int_eq(fake_call(dup2, 0, 0), 0);
    ck_assert_int_eq(fake_call(dup2, 77, 77), -EBADF);
    ck_assert_int_eq(fake_call(dup2, 0, 1024), -EBADF);
    ck_assert_int_eq(fake_call(dup3, 0, 0, 0), -EINVAL);
    ck_assert_int_eq(fake_call(dup3, 0, 5, ABI_O_CLOEXEC), 5);
    ck_assert_int_eq(fake_call(fcntl, 5, ABI_F_GETFD), 1);
    ck_assert_int_eq(fake_call(fcntl, 200, ABI_F_GETFD), 0);
    ck_assert_int_eq(fake_call(fcntl, 0, ABI_F_DUPFD_CLOEXEC, 10), 10);
    ck_assert_int_eq(fake_call(fcntl, 0, ABI_F_DUPFD, 1024), -EINVAL);
    ck_assert_int_eq(fake_call(fcntl, 0, ABI_F_SETFL, ABI_O_NONBLOCK | ABI_O_RDWR), 0);
    ck_assert_int_eq(fake_call(fcntl, 200, ABI_F_GETFL), ABI_O_NONBLOCK);
    files_close_on_exec(fake_processes[0].files);
    ck_assert_int_eq(fake_call(close, 5), -EBADF);
    ck_assert_int_eq(fake_call(close, 10), -EBADF);
    ck_assert_int_eq(fake_call(close, 200), 0);
    long last = 0;
    for (unsigned i = 0; i < 1030; i++)
        last = fake_call(dup, 0);
    ck_assert_int_eq(last, -EMFILE);
    ck_assert_int_eq(open_file("/dev/null", 0), -EMFILE);
    fake_fork(1);
    ck_assert_int_eq(fake_call(close_range, 3, ~0u, 0), 0);
    ck_assert_int_eq(fake_call(dup, 0), 3);
    fake_run(1);
    ck_assert_int_eq(fake_call(fcntl, 1000, ABI_F_GETFD), 0);
}
END_TEST

START_TEST(test_times_and_statx)
{
    struct abi_timespec times[2] = {{1000, 5}, {0, ABI_UTIME_OMIT}};
    struct abi_statx extended;
    make_file("/a", "");
    struct abi_stat before = stat_of("/a");
    ck_assert_int_eq(fake_call(utimensat, AT, "/a", times, 0), 0);
    struct abi_stat after = stat_of("/a");
    ck_assert_int_eq(after.accessed.seconds, 1000);
    ck_assert_int_eq(after.accessed.nanoseconds, 5);
    ck_assert_int_eq(after.modified.seconds, before.modified.seconds);
    times[1].nanoseconds = 1000000000;
    ck_assert_int_eq(fake_call(utimensat, AT, "/a", times, 0), -EINVAL);
    ck_assert_int_eq(fake_call(statx, AT, "/a", 0, ABI_STATX_BASIC, &extended), 0);
    ck_assert_int_eq(extended.accessed.seconds, 1000);
    ck_assert_uint_eq(extended.mode, ABI_S_IFREG | 0644);
    ck_assert_int_eq(fake_call(statx, AT, "/dev/null", 0, ABI_STATX_BASIC, &extended), 0);
    ck_assert_uint_eq(extended.rdevice_major, 1);
    ck_assert_uint_eq(extended.rdevice_minor, 3);
    long fd = open_file("/a", 0);
    struct abi_stat status;
    ck_assert_int_eq(fake_call(newfstatat, fd, "", &status, ABI_AT_EMPTY_PATH), 0);
    ck_assert_uint_eq(status.inode, after.inode);
    ck_assert_int_eq(fake_call(newfstatat, fd, "x", &status, 0), -ENOTDIR);
    ck_assert_int_eq(fake_call(newfstatat, 99, "x", &status, 0), -EBADF);
}
END_TEST

START_TEST(test_devices)
{
    char buffer[8];
    memset(buffer, 1, sizeof(buffer));
    long fd = open_file("/dev/zero", ABI_O_RDWR);
    ck_assert_int_eq(fake_call(read, fd, buffer, 8), 8);
    ck_assert_int_eq(buffer[0] | buffer[7], 0);
    fd = open_file("/dev/null", ABI_O_RDWR);
    ck_assert_int_eq(fake_call(read, fd, buffer, 8), 0);
    ck_assert_int_eq(fake_call(write, fd, buffer, 8), 8);
    fd = open_file("/dev/full", ABI_O_RDWR);
    ck_assert_int_eq(fake_call(write, fd, buffer, 8), -ENOSPC);
    uint64_t words[2] = {0, 0};
    fd = open_file("/dev/urandom", ABI_O_RDONLY);
    ck_assert_int_eq(fake_call(read, fd, words, 13), 13);
    ck_assert_uint_ne(words[0], 0);
    ck_assert_int_eq(fake_call(mknod, "/zero2", ABI_S_IFCHR | 0666, 0x105), 0);
    fd = open_file("/zero2", ABI_O_RDONLY);
    ck_assert_int_eq(fake_call(read, fd, words, 8), 8);
    ck_assert_uint_eq(words[0], 0);
    ck_assert_int_eq(fake_call(mknod, "/none", ABI_S_IFCHR | 0666, 0x9999), 0);
    ck_assert_int_eq(open_file("/none", 0), -ENXIO);
    ck_assert_int_eq(fake_call(ioctl, fd, 0x5401, buffer), -ENOTTY);
}
END_TEST

START_TEST(test_path_descriptors)
{
    char c;
    make_file("/a", "x");
    long fd = open_file("/a", ABI_O_PATH);
    ck_assert_int_eq(fake_call(read, fd, &c, 1), -EBADF);
    ck_assert_int_eq(fake_call(ioctl, fd, 0, 0), -EBADF);
    struct abi_stat status;
    ck_assert_int_eq(fake_call(fstat, fd, &status), 0);
    fd = open_file("/dev", ABI_O_PATH | ABI_O_DIRECTORY);
    ck_assert_int_ge(fake_call(openat, fd, "null", 0, 0), 0);
    ck_assert_int_eq(open_file("/a", ABI_O_PATH | ABI_O_DIRECTORY), -ENOTDIR);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_directories,
        test_current_directory,
        test_symbolic_links,
        test_forty_links_pass_and_forty_one_do_not,
        test_hard_links_and_unlink_while_open,
        test_rename,
        test_getdents,
        test_permissions,
        test_mounts_where_they_may_be,
        test_unmount_counts_references,
        test_descriptors,
        test_times_and_statx,
        test_devices,
        test_path_descriptors,
    };
    Suite *suite = suite_create("fs_tree");
    TCase *cases = tcase_create("tree");

    tcase_add_checked_fixture(cases, setup, teardown);
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}
