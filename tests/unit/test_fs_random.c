/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random file system calls by two processes on a small tree of names: the sanitizers watch every step, and when all
 * is closed and removed again, no frame and no heap object may be left.
 */
#include "fake_kernel.h"

#include "fs/inode.h"
#include "fs/linux_abi.h"
#include "fs/ramfs.h"
#include "kernel/errno.h"
#include "suite.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char from[128], to[128], buffer[70000];

static int draw(int below)
{
    return rand() % below;
}

/* A path of up to four components out of few names, so that calls meet. */
static const char *draw_path(char *path)
{
    static const char *const names[] = {"a", "b", "c", "d", "..", ".", "a", "b"};
    size_t length = 0;

    path[0] = '\0';
    if (draw(4))
        length += (size_t)sprintf(path + length, "/");
    for (int i = 0, count = 1 + draw(4); i < count; i++)
        length += (size_t)sprintf(path + length, "%s%s", i ? "/" : "", names[draw(8)]);
    if (draw(20) == 0)
        sprintf(path + length, "/");
    if (draw(50) == 0)
        strcpy(path, draw(2) ? "/proc/self/cwd/a" : "/proc/self/fd/3");
    return path;
}

static long draw_descriptor(void)
{
    return draw(20);
}

static void step_names(void)
{
    static const uint32_t modes[] = {ABI_S_IFREG | 0644, ABI_S_IFIFO | 0600, ABI_S_IFCHR | 0666, ABI_S_IFDIR};
    switch (draw(10)) {
    case 0:
    case 1:
        fake_call(mkdir, draw_path(from), 0755);
        break;
    case 2:
        fake_call(rmdir, draw_path(from));
        break;
    case 3:
        fake_call(unlink, draw_path(from));
        break;
    case 4:
        fake_call(link, draw_path(from), draw_path(to));
        break;
    case 5:
        fake_call(symlink, draw_path(from), draw_path(to));
        break;
    case 6:
    case 7:
        fake_call(renameat2, ABI_AT_FDCWD, draw_path(from), ABI_AT_FDCWD, draw_path(to), draw(8) == 0);
        break;
    case 8:
        fake_call(mknod, draw_path(from), modes[draw(4)], 0x103 + draw(2) * 2);
        break;
    default:
        fake_call(chdir, draw_path(from));
        break;
    }
}

static void step_files(void)
{
    static const uint32_t flags[] = {0,
                                     ABI_O_RDWR,
                                     ABI_O_WRONLY | ABI_O_CREAT,
                                     ABI_O_RDWR | ABI_O_CREAT | ABI_O_TRUNC,
                                     ABI_O_WRONLY | ABI_O_APPEND,
                                     ABI_O_CREAT | ABI_O_EXCL,
                                     ABI_O_PATH,
                                     ABI_O_DIRECTORY};
    int ends[2];
    switch (draw(9)) {
    case 0:
    case 1:
    case 2:
        fake_call(open, draw_path(from), flags[draw(8)] | ABI_O_NONBLOCK, 0644);
        break;
    case 3:
        fake_call(close, draw_descriptor());
        break;
    case 4:
        fake_call(dup2, draw_descriptor(), draw_descriptor());
        break;
    case 5:
        if (draw(4) == 0)
            fake_call(pipe2, ends, ABI_O_NONBLOCK);
        break;
    case 6:
        fake_call(openat, draw_descriptor(), draw_path(from) + (from[0] == '/'), flags[draw(8)] | ABI_O_NONBLOCK, 0644);
        break;
    case 7:
        fake_call(fcntl, draw_descriptor(), draw(5), draw(30));
        break;
    default:
        fake_call(fchdir, draw_descriptor());
        break;
    }
}

static void step_data(void)
{
    struct abi_stat status;
    struct abi_pollfd entries[2] = {{draw(20), 7, 0}, {draw(20), 7, 0}};
    uint64_t bytes = (uint64_t)draw(draw(10) ? 100 : 9000), at = (uint64_t)draw(draw(10) ? 5000 : 3000000);
    void *place = draw(30) ? buffer : (void *)16;
    switch (draw(12)) {
    case 0:
        fake_call(read, draw_descriptor(), place, bytes);
        break;
    case 1:
        fake_call(write, draw_descriptor(), place, bytes);
        break;
    case 2:
        fake_call(pwrite64, draw_descriptor(), place, bytes, at);
        break;
    case 3:
        fake_call(pread64, draw_descriptor(), place, bytes, at);
        break;
    case 4:
        fake_call(ftruncate, draw_descriptor(), at);
        break;
    case 5:
        fake_call(lseek, draw_descriptor(), at, draw(4));
        break;
    case 6:
        fake_call(getdents64, draw_descriptor(), buffer, draw(500));
        break;
    case 7:
        fake_call(stat, draw_path(from), &status);
        break;
    case 8:
        fake_call(readlink, draw_path(from), buffer, draw(100));
        break;
    case 9:
        fake_call(getcwd, buffer, draw(100));
        break;
    case 10:
        fake_call(poll, entries, 2, 0);
        break;
    default:
        fake_call(ioctl, draw_descriptor(), draw(2) ? 0x541b : 0x5421, buffer);
        break;
    }
}

/* Removes what was made: names of one letter. */
static void empty(struct inode *directory)
{
    struct ramfs_entry *entry = ((struct ramfs_inode *)directory)->directory.first, *next;

    for (; entry; entry = next) {
        struct inode *inode = entry->inode;
        struct inode_name name = {entry->name, entry->length};
        next = entry->next;
        if (name.length > 1)
            continue;
        if (inode_is_directory(inode))
            empty(inode);
        ck_assert_int_eq(directory->operations->remove(directory, name, inode), 0);
    }
}

static void run(unsigned seed)
{
    srand(seed);
    fake_fork(1);
    for (unsigned i = 0; i < 6000; i++) {
        fake_run((unsigned)draw(2));
        if (draw(100) == 0)
            fake_frames_left = draw(3) ? SIZE_MAX : (size_t)draw(10);
        int kind = draw(3);
        if (kind == 0)
            step_names();
        else if (kind == 1)
            step_files();
        else
            step_data();
    }
    fake_frames_left = SIZE_MAX;
    fake_stop();
    fake_run(0);
    empty(inode_root());
}

START_TEST(test_nothing_is_left)
{
    fake_start(NULL, 0);
    uint64_t inodes = ramfs_usage.inodes, frames = fake_frames_used;
    uint32_t links = inode_root()->links;
    size_t objects = fake_heap_objects - 2; /* less the table of descriptors */
    run((unsigned)_i);
    ck_assert_uint_eq(ramfs_usage.frames, 0);
    ck_assert_uint_eq(ramfs_usage.inodes, inodes);
    ck_assert_uint_eq(inode_root()->links, links);
    ck_assert_uint_eq(fake_frames_used, frames);
    ck_assert_uint_eq(fake_heap_objects, objects);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fs_random");
    TCase *cases = tcase_create("random");

    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, test_nothing_is_left, 0, 40);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}
