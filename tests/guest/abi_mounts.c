/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * File systems as wholes: mounting in memory, stacking, moving, unmounting what is in use, pivot_root. As the superuser
 * only, and on Linux in a name space of its own; where that is refused, nothing but the refusals is tried.
 */
#include "abi.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static bool refused(int result, int error)
{
    return result == -1 && errno == error;
}

static int pivot_root(const char *root, const char *old)
{
    return (int)syscall(SYS_pivot_root, root, old);
}

static void in_refusals(void)
{
    EXPECT(setuid(4711) == 0);
    EXPECT(refused(mount("x", "/nonexistent", "tmpfs", 0, NULL), ENOENT));
    EXPECT(refused(mount("x", "/tmp", "tmpfs", 0, NULL), EPERM) && refused(umount2("/tmp", 0x100), EINVAL));
    EXPECT(refused(umount("/"), EPERM));
    EXPECT(refused(pivot_root("/nonexistent", "/"), EPERM));
}

static void in_mounts(void)
{
    struct stat above, below, again;
    struct statfs volume;
    EXPECT(mkdir("m", 0700) == 0 && stat("m", &below) == 0);
    EXPECT(refused(mount("x", "m", "nonesuch", 0, NULL), ENODEV) && refused(mount("x", "m", NULL, 0, NULL), EINVAL));
    EXPECT(refused(mount("/dev/null", "m", "ext2", 0, NULL), ENOTBLK));
    EXPECT(refused(umount("m"), EINVAL) && refused(umount("n"), ENOENT));
    EXPECT(mount("x", "m", "tmpfs", 0, NULL) == 0 && stat("m", &above) == 0 && above.st_dev != below.st_dev);
    EXPECT((above.st_mode & 07777) == 01777 && statfs("m", &volume) == 0 && volume.f_type == 0x1021994);
    EXPECT(close(open("m/a", O_CREAT | O_WRONLY, 0600)) == 0 && link("m/a", "m/b") == 0 && mkdir("m/d", 0700) == 0);
    EXPECT(refused(link("m/a", "a"), EXDEV) && refused(rename("m/a", "a"), EXDEV));
    EXPECT(refused(rmdir("m"), EBUSY) && refused(rename("m", "o"), EBUSY));
    EXPECT(stat("m/..", &again) == 0 && again.st_ino != above.st_ino && stat(".", &below) == 0);
    EXPECT(again.st_ino == below.st_ino && mount("y", "m", "ramfs", 0, NULL) == 0);
    EXPECT(statfs("m", &volume) == 0 && (unsigned long)volume.f_type == 0x858458f6ul && access("m/a", F_OK) == -1);
    EXPECT(umount("m") == 0 && access("m/a", F_OK) == 0);
    EXPECT(umount("m") == 0 && refused(umount("m"), EINVAL) && access("m/a", F_OK) == -1 && rmdir("m") == 0);
}

static void in_table(void)
{
    char line[1024];
    bool is_there = false;
    EXPECT(mkdir("m\t", 0700) == 0 && mount("a \\#", "m\t", "tmpfs", MS_NOSUID, NULL) == 0);
    FILE *table = fopen("/proc/mounts", "r");
    EXPECT(table);
    while (fgets(line, sizeof(line), table)) /* what would end a field is octal */
        is_there |=
            strncmp(line, "a\\040\\134\\043 /tmp/abi_mounts", 28) == 0 && strstr(line, "/m\\011 tmpfs rw,nosuid");
    EXPECT(fclose(table) == 0 && is_there && umount("m\t") == 0 && rmdir("m\t") == 0);
}

/* How a file may not be changed, or tried to be, where it is mounted for reading; it is m/file. */
static void in_read_only(void)
{
    int file;
    EXPECT(refused(creat("m/new", 0600), EROFS) && refused(open("m/file", O_RDWR), EROFS));
    EXPECT(refused(open("m/file", O_RDONLY | O_TRUNC), EROFS) && refused(truncate("m/file", 0), EROFS));
    EXPECT(refused(mkdir("m/new", 0700), EROFS) && refused(mkdir("m/file", 0700), EEXIST));
    EXPECT(refused(symlink("x", "m/new"), EROFS) && refused(link("m/file", "m/new"), EROFS));
    EXPECT(refused(unlink("m/file"), EROFS) && refused(rename("m/file", "m/new"), EROFS));
    EXPECT(refused(chmod("m/file", 0600), EROFS) && refused(chown("m/file", 1, 1), EROFS));
    EXPECT(refused(utimensat(AT_FDCWD, "m/file", NULL, 0), EROFS) && refused(access("m/file", W_OK), EROFS));
    EXPECT(refused(access("m", W_OK), EROFS) && access("m/file", R_OK) == 0);
    EXPECT((file = open("m/file", O_RDONLY)) >= 0 && refused(fchmod(file, 0600), EROFS) && close(file) == 0);
    EXPECT((file = open("m/fifo", O_RDWR)) >= 0 && write(file, "x", 1) == 1 && close(file) == 0);
    EXPECT(refused(mkfifo("m/other", 0600), EROFS) && refused(umount("m/file"), EINVAL));
}

static void in_remounts(void)
{
    char *const arguments[] = {"m/file", NULL};
    struct statfs volume;
    int file;
    EXPECT(mkdir("m", 0700) == 0 && refused(mount("x", "m", "tmpfs", MS_REMOUNT, NULL), EINVAL));
    EXPECT(mount("x", "m", "tmpfs", MS_RDONLY, NULL) == 0 && refused(creat("m/file", 0700), EROFS));
    EXPECT(statfs("m", &volume) == 0 && (volume.f_flags & 15) == 1 && mount(NULL, "m", NULL, MS_REMOUNT, NULL) == 0);
    EXPECT((file = creat("m/file", 0700)) >= 0 && write(file, "#!/bin/true\n", 12) == 12);
    EXPECT(refused(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL), EBUSY) && close(file) == 0);
    EXPECT((file = open("m/gone", O_CREAT | O_RDONLY, 0600)) >= 0 && unlink("m/gone") == 0);
    EXPECT(refused(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL), EBUSY) && close(file) == 0);
    EXPECT(mkfifo("m/fifo", 0600) == 0 && mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
    in_read_only();
    bool has_node =
        mount(NULL, "m", NULL, MS_REMOUNT, NULL) == 0 && mknod("m/null", S_IFCHR | 0666, makedev(1, 3)) == 0;
    EXPECT(!has_node || ((file = open("m/null", O_RDWR)) >= 0 && close(file) == 0));
    EXPECT(mount(NULL, "m", NULL, MS_REMOUNT | MS_NODEV | MS_NOEXEC | MS_NOSUID, NULL) == 0);
    EXPECT(!has_node || refused(open("m/null", O_RDWR), EACCES));
    EXPECT(refused(execv("m/file", arguments), EACCES) && refused(access("m/file", X_OK), EACCES));
    EXPECT((file = open("m/file", O_RDONLY)) >= 0 && statfs("m", &volume) == 0 && (volume.f_flags & 15) == 14);
    EXPECT(mmap(NULL, 12, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) == MAP_FAILED && errno == EPERM);
    void *map = mmap(NULL, 12, PROT_READ, MAP_PRIVATE, file, 0);
    EXPECT(map != MAP_FAILED && refused(mprotect(map, 12, PROT_READ | PROT_EXEC), EACCES) && munmap(map, 12) == 0);
    EXPECT(close(file) == 0 && umount("m") == 0 && rmdir("m") == 0);
}

/* tmpfs's limits, and who owns its root. */
static void in_limits(void)
{
    static char page[4096];
    struct statfs volume;
    struct stat root;
    int file, pages = 0;
    EXPECT(mkdir("m", 0700) == 0 && refused(mount("x", "m", "tmpfs", 0, "size=x"), EINVAL));
    EXPECT(refused(mount("x", "m", "tmpfs", 0, "nonesuch"), EINVAL) &&
           refused(mount("x", "m", "tmpfs", 0, "mode=9"), EINVAL));
    EXPECT(mount("x", "m", "ramfs", 0, "nonesuch=1,mode=710") == 0 && stat("m", &root) == 0 && umount("m") == 0);
    EXPECT((root.st_mode & 07777) == 0710);
    EXPECT(mount("x", "m", "tmpfs", 0, "size=64k,nr_inodes=5,mode=751,uid=3,gid=4") == 0 && stat("m", &root) == 0);
    EXPECT((root.st_mode & 07777) == 0751 && root.st_uid == 3 && root.st_gid == 4);
    EXPECT(statfs("m", &volume) == 0 && volume.f_blocks == 16 && volume.f_bfree == 16 && volume.f_files == 5 &&
           volume.f_ffree == 4);
    EXPECT((file = open("m/full", O_CREAT | O_WRONLY, 0600)) >= 0);
    while (write(file, page, sizeof(page)) == (ssize_t)sizeof(page))
        pages++;
    EXPECT(errno == ENOSPC && pages == 16 && statfs("m", &volume) == 0 && volume.f_bfree == 0);
    EXPECT(refused(mount(NULL, "m", NULL, MS_REMOUNT, "size=32k"), EINVAL));
    EXPECT(mount(NULL, "m", NULL, MS_REMOUNT, "size=128k") == 0 && statfs("m", &volume) == 0 && volume.f_bfree == 16);
    EXPECT(write(file, page, sizeof(page)) == (ssize_t)sizeof(page) && close(file) == 0);
    EXPECT(mkdir("m/1", 0700) == 0 && mkdir("m/2", 0700) == 0 && close(creat("m/3", 0600)) == 0);
    EXPECT(refused(mkdir("m/4", 0700), ENOSPC) && refused(creat("m/4", 0600), ENOSPC) && rmdir("m/1") == 0);
    EXPECT(mkdir("m/4", 0700) == 0 && refused(link("m/3", "m/5"), ENOSPC) && rmdir("m/4") == 0);
    EXPECT(link("m/3", "m/5") == 0 && refused(mkdir("m/4", 0700), ENOSPC)); /* a name more counts like an inode */
    EXPECT(rename("m/5", "m/full") == 0 && mkdir("m/4", 0700) == 0 && unlink("m/full") == 0);
    EXPECT(mkdir("m/1", 0700) == 0 && umount("m") == 0 && rmdir("m") == 0);
}

/* What is taken out of sight while it is in use, goes on for who is in it. */
static void in_detach(void)
{
    char byte;
    EXPECT(mkdir("m", 0700) == 0 && mount("x", "m", "tmpfs", 0, NULL) == 0 && mkdir("m/d", 0700) == 0);
    EXPECT(symlink("m", "l") == 0 && refused(umount2("l", UMOUNT_NOFOLLOW), EINVAL) && unlink("l") == 0);
    EXPECT(mount("y", "m/d", "tmpfs", 0, NULL) == 0 && refused(umount2("m", MNT_FORCE), EBUSY));
    int file = open("m/a", O_CREAT | O_RDWR, 0600), inner = open("m/d/a", O_CREAT | O_RDWR, 0600);
    int here = open(".", O_RDONLY), inside = open("m", O_RDONLY);
    EXPECT(file >= 0 && inner >= 0 && refused(umount("m/d"), EBUSY) && umount2("m", MNT_DETACH) == 0);
    EXPECT(access("m/a", F_OK) == -1 && refused(umount("m"), EINVAL) && rmdir("m") == 0);
    EXPECT(fchdir(inside) == 0 && mkdir("e", 0700) == 0 && mount("z", "e", "tmpfs", 0, NULL) == -1);
    EXPECT(fchdir(here) == 0 && close(here) == 0 && close(inside) == 0);
    EXPECT(write(file, "x", 1) == 1 && write(inner, "y", 1) == 1 && pread(file, &byte, 1, 0) == 1 && byte == 'x');
    EXPECT(pread(inner, &byte, 1, 0) == 1 && byte == 'y' && close(file) == 0 && close(inner) == 0);
}

/* Each use of what is mounted keeps it; all are over afterwards. */
static void in_busy(void)
{
    EXPECT(mkdir("m", 0700) == 0 && mount("x", "m", "tmpfs", 0, NULL) == 0 && mkdir("m/d", 0700) == 0);
    int file = open("m/a", O_CREAT | O_RDWR, 0600);
    EXPECT(file >= 0 && refused(umount("m"), EBUSY) && unlink("m/a") == 0 && refused(umount("m"), EBUSY));
    EXPECT(write(file, "x", 1) == 1 && close(file) == 0);
    EXPECT((file = open("m/d", O_RDONLY | O_DIRECTORY)) >= 0 && refused(umount("m"), EBUSY) && close(file) == 0);
    EXPECT(chdir("m/d") == 0 && refused(umount("../../m"), EBUSY) && chdir("../..") == 0);
    EXPECT(mount("y", "m/d", "tmpfs", 0, NULL) == 0 && refused(umount("m"), EBUSY) && umount("m/d") == 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "m/socket"};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT(bind(listener, (struct sockaddr *)&name, sizeof(name)) == 0 && refused(umount("m"), EBUSY));
    EXPECT(close(listener) == 0 && mkfifo("m/fifo", 0600) == 0 && symlink("fifo", "m/link") == 0);
    EXPECT(umount("m") == 0 && rmdir("m") == 0);
}

static void in_moves(void)
{
    char path[PATH_MAX], wanted[PATH_MAX + 8];
    EXPECT(mkdir("m", 0700) == 0 && mkdir("n", 0700) == 0 && getcwd(wanted, PATH_MAX));
    EXPECT(mount("x", "m", "tmpfs", 0, NULL) == 0 && mkdir("m/in", 0700) == 0 && mkdir("m/on", 0700) == 0);
    EXPECT(refused(mount("m/in", "n", NULL, MS_MOVE, NULL), EINVAL) &&
           refused(mount("", "n", NULL, MS_MOVE, NULL), EINVAL));
    EXPECT(refused(mount(NULL, "n", NULL, MS_MOVE, NULL), EINVAL) &&
           refused(mount("o", "n", NULL, MS_MOVE, NULL), ENOENT));
    EXPECT(refused(mount("m", "m/in", NULL, MS_MOVE, NULL), ELOOP) && close(creat("n/file", 0600)) == 0);
    EXPECT(refused(mount("m", "n/file", NULL, MS_MOVE, NULL), EINVAL) && unlink("n/file") == 0);
    EXPECT(mount("y", "m/on", "tmpfs", 0, NULL) == 0 && chdir("m/on") == 0 &&
           mount("..", "../../n", NULL, MS_MOVE, NULL) == 0);
    EXPECT(getcwd(path, sizeof(path)) && strcmp(path, strcat(wanted, "/n/on")) == 0 && chdir("../..") == 0);
    EXPECT(access("m/in", F_OK) == -1 && access("n/in", F_OK) == 0 && refused(umount("n"), EBUSY));
    EXPECT(umount("n/on") == 0 && umount("n") == 0 && rmdir("m") == 0 && rmdir("n") == 0);
}

/* The child of the process whose root is moved: it is moved with it. */
static void in_new_root(void)
{
    struct stat root, here;
    EXPECT(stat("/", &root) == 0 && stat(".", &here) == 0 && root.st_ino == here.st_ino && root.st_dev == here.st_dev);
    EXPECT(access("/of_new", F_OK) == 0 && access("/old/of_old", F_OK) == 0 && access("/of_old", F_OK) == -1);
}

static void in_pivot(void)
{
    char path[PATH_MAX];
    EXPECT(mkdir("r", 0700) == 0 && mount("r", "r", "tmpfs", 0, NULL) == 0 && mkdir("r/of_old", 0700) == 0);
    EXPECT(mkdir("r/new", 0700) == 0 && mount("new", "r/new", "tmpfs", 0, NULL) == 0);
    EXPECT(mkdir("r/new/old", 0700) == 0 && mkdir("r/new/of_new", 0700) == 0);
    pid_t child = fork();
    if (child == 0) {
        EXPECT(chroot("r") == 0 && chdir("/") == 0);
        EXPECT(refused(pivot_root("nonesuch", "/"), ENOENT) && refused(pivot_root("of_old", "new"), EBUSY));
        EXPECT(refused(pivot_root("new", "of_old"), EBUSY) && refused(pivot_root("new/of_new", "new/old"), EINVAL));
        EXPECT(pivot_root("new", "new/old") == 0 && getcwd(path, sizeof(path)) && strcmp(path, "/") == 0);
        int status = abi_in_child(in_new_root);
        EXPECT(status == 0 && refused(umount("nonesuch"), ENOENT));
        in_new_root();
        EXPECT(umount("/old") == 0 && access("/old/of_old", F_OK) == -1);
        _exit(0);
    }
    int status;
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
    EXPECT(access("r/of_new", F_OK) == 0 && umount("r") == 0 && rmdir("r") == 0);
}

static void in_name_space(void)
{
    char directory[] = "/tmp/abi_mountsXXXXXX";
    if (unshare(CLONE_NEWNS) && errno == EPERM)
        return;
    EXPECT(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
    EXPECT(mkdtemp(directory) && chdir(directory) == 0);
    in_mounts();
    in_busy();
    in_remounts();
    in_limits();
    in_detach();
    in_table();
    in_moves();
    in_pivot();
    EXPECT(chdir("/") == 0 && rmdir(directory) == 0);
}

void abi_test_mounts(void)
{
    if (getuid() != 0)
        return;
    CHECK(abi_in_child(in_refusals) == 0);
    CHECK(abi_in_child(in_name_space) == 0);
}
