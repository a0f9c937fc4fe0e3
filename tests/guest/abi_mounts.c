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
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
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
