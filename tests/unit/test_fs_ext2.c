/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ext2 on images made by mke2fs: random calls against ramfs as the model, what e2fsck says afterwards, images filled by
 * mke2fs -d, full and corrupt ones.
 */
#include "fake_kernel.h"

#include "fs/ext2.h"
#include "fs/linux_abi.h"
#include "memory/frame.h"
#include "suite.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DISK_BYTES (8u << 20)
#define NUMBER     ABI_DEVICE(3, 0)

static uint8_t *disk, *second_disk;
static struct block_device second_device;
static unsigned disk_failing, disk_failures; /* transfers until all fail, 0: none does; those that did */
static char image[] = "/tmp/coopvirt-ext2-XXXXXX";

static int disk_fails(void)
{
    if (disk_failing == 0 || --disk_failing)
        return 0;
    disk_failing = 1;
    disk_failures++;
    return -EIO;
}

static uint8_t *disk_of(const struct block_device *device)
{
    return device == &second_device ? second_disk : disk;
}

static int disk_read(struct block_device *device, uint64_t sector, void *to, unsigned count)
{
    ck_assert_uint_le(sector + count, device->sectors);
    memcpy(to, disk_of(device) + sector * 512, count * 512);
    return disk_fails();
}

static int disk_write(struct block_device *device, uint64_t sector, const void *from, unsigned count)
{
    ck_assert_uint_le(sector + count, device->sectors);
    memcpy(disk_of(device) + sector * 512, from, count * 512);
    return disk_fails();
}

static int disk_flush(struct block_device *device)
{
    (void)device;
    return 0;
}

static struct block_device device = {.name = "hda",
                                     .number = NUMBER,
                                     .sectors = DISK_BYTES / 512,
                                     .read = disk_read,
                                     .write = disk_write,
                                     .flush = disk_flush};

/* Runs a program of e2fsprogs on the image: its exit status. */
static int run(const char *command)
{
    char line[512];
    snprintf(line, sizeof(line), "PATH=$PATH:/usr/sbin:/sbin; %s %s >/tmp/coopvirt-ext2-%d.log 2>&1", command, image,
             (int)getpid());
    int status = system(line);
    return status;
}

static void image_load(void)
{
    FILE *file = fopen(image, "rb");
    ck_assert_ptr_nonnull(file);
    memset(disk, 0, DISK_BYTES);
    ck_assert_uint_gt(fread(disk, 1, DISK_BYTES, file), 0);
    fclose(file);
}

static void image_make(const char *options)
{
    char line[256];
    FILE *file = fopen(image, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(ftruncate(fileno(file), DISK_BYTES), 0);
    fclose(file);
    snprintf(line, sizeof(line), "mke2fs -q -F %s", options);
    ck_assert_int_eq(run(line), 0);
    image_load();
}

/* What e2fsck finds: nothing. */
static void image_check(void)
{
    FILE *file = fopen(image, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(disk, 1, DISK_BYTES, file), DISK_BYTES);
    fclose(file);
    int status = run("e2fsck -fn");
    if (status) {
        char line[128];
        snprintf(line, sizeof(line), "cat /tmp/coopvirt-ext2-%d.log", (int)getpid());
        ck_assert_int_ge(system(line), 0);
    }
    ck_assert_int_eq(status, 0);
}

static long mount_disk(uint64_t flags)
{
    return fake_call(mount, "/dev/hda", "/mnt", "ext2", flags);
}

static void unmount(void)
{
    ck_assert_int_eq(fake_call(umount2, "/mnt", 0), 0);
    ck_assert_ptr_null(ext2_volumes);
}

static void setup(void)
{
    disk = malloc(DISK_BYTES);
    disk_failing = 0;
    int descriptor = mkstemp(strcpy(image, "/tmp/coopvirt-ext2-XXXXXX"));
    ck_assert_int_ge(descriptor, 0);
    close(descriptor);
    fake_start(NULL, 0);
    ck_assert_int_eq(block_register(&device), 0);
    ck_assert_int_eq(fake_call(mkdir, "/mnt", 0755), 0);
    ck_assert_int_eq(fake_call(mkdir, "/model", 0755), 0);
}

static void teardown(void)
{
    char log[64];
    snprintf(log, sizeof(log), "/tmp/coopvirt-ext2-%d.log", (int)getpid());
    unlink(log);
    unlink(image);
    free(disk);
}

static uint64_t state = 88172645463325252ull;
static unsigned choose(unsigned limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 11) % limit;
}

/* A name out of a few, in the root or one or two directories down. */
static void choose_path(char *path, size_t size)
{
    static const char *const directories[] = {"", "d0/", "d1/", "d0/d2/"};
    snprintf(path, size, "%s%c%u", directories[choose(4)], choose(3) ? 'f' : 'd', choose(12));
}

static uint8_t buffer[70000], other[70000];

/* The same call on both: results must be the same. */
#define BOTH(call, format, ...)                                                                                        \
    do {                                                                                                               \
        long results[2];                                                                                               \
        for (int which = 0; which < 2; which++) {                                                                      \
            const char *top = which ? "/mnt/" : "/model/";                                                             \
            snprintf(one, sizeof(one), "%s%s", top, first);                                                            \
            snprintf(two, sizeof(two), "%s%s", top, second);                                                           \
            results[which] = call;                                                                                     \
        }                                                                                                              \
        ck_assert_msg(results[0] == results[1], "step %u " format ": model %ld, ext2 %ld", step, __VA_ARGS__,          \
                      results[0], results[1]);                                                                         \
    } while (0)

static long do_write(const char *path, uint32_t flags, uint64_t offset, size_t bytes)
{
    long fd = fake_call(open, path, flags, 0644);
    if (fd < 0)
        return fd;
    long done = fake_call(pwrite64, fd, buffer, bytes, offset);
    fake_call(close, fd);
    return done;
}

static long do_truncate(const char *path, uint64_t bytes)
{
    return fake_call(truncate, path, bytes);
}

static void compare_file(const char *path)
{
    char one[128], two[128];
    snprintf(one, sizeof(one), "/model/%s", path);
    snprintf(two, sizeof(two), "/mnt/%s", path);
    long a = fake_call(open, one, ABI_O_RDONLY, 0), b = fake_call(open, two, ABI_O_RDONLY, 0);
    ck_assert_int_eq(a < 0 ? a : 0, b < 0 ? b : 0);
    if (a < 0)
        return;
    struct abi_stat first, second;
    fake_call(fstat, a, &first);
    fake_call(fstat, b, &second);
    ck_assert_uint_eq(first.mode, second.mode);
    ck_assert_uint_eq(first.links, second.links);
    if ((first.mode & ABI_S_IFMT) == ABI_S_IFREG) {
        ck_assert_int_eq(first.size, second.size);
        for (;;) {
            long bytes = fake_call(read, a, buffer, sizeof(buffer));
            ck_assert_int_eq(bytes, fake_call(read, b, other, sizeof(other)));
            if (bytes <= 0)
                break;
            ck_assert_int_eq(memcmp(buffer, other, (size_t)bytes), 0);
        }
    }
    fake_call(close, a);
    fake_call(close, b);
}

static void random_steps(unsigned count)
{
    char first[64], second[64], one[96], two[96];
    for (unsigned step = 0; step < count; step++) {
        choose_path(first, sizeof(first));
        choose_path(second, sizeof(second));
        fake_now_ns += 1000000000;
        uint64_t offset = choose(8) ? choose(60000) : choose(5000000);
        size_t bytes = choose(4) ? choose(9000) : 4096 * choose(8);
        memset(buffer, (int)choose(256), sizeof(buffer));
        switch (choose(10)) {
        case 0:
        case 1:
        case 2:
            BOTH(do_write(one, ABI_O_CREAT | ABI_O_WRONLY, offset, bytes), "write %s %zu at %lu", first, bytes, offset);
            break;
        case 3:
            BOTH(do_truncate(one, offset), "truncate %s %lu", first, offset);
            break;
        case 4:
            BOTH(fake_call(mkdir, one, 0755), "mkdir %s", first);
            break;
        case 5:
            BOTH(fake_call(rmdir, one), "rmdir %s", first);
            break;
        case 6:
            BOTH(fake_call(unlink, one), "unlink %s", first);
            break;
        case 7:
            BOTH(fake_call(rename, one, two), "rename %s %s", first, second);
            break;
        case 8:
            BOTH(fake_call(link, one, two), "link %s %s", first, second);
            break;
        default:
            compare_file(first);
        }
    }
}

static void compare_all(void)
{
    char path[64];
    static const char *const directories[] = {"", "d0/", "d1/", "d0/d2/"};
    for (unsigned d = 0; d < 4; d++)
        for (unsigned i = 0; i < 24; i++) {
            snprintf(path, sizeof(path), "%s%c%u", directories[d], i < 12 ? 'f' : 'd', i % 12);
            compare_file(path);
        }
}

/* mke2fs's choice of the block's size for small ones, and what lies between it and a page. */
static const char *const image_sizes[] = {"-t ext2 -b 4096", "-t ext2 -b 1024", "-t ext2 -b 2048"};

START_TEST(test_random_calls_equal_ramfs)
{
    image_make(image_sizes[_i / 2]);
    ck_assert_int_eq(mount_disk(0), 0);
    if (_i % 2) /* the second time with hardly any memory */
        ext2_volumes->cached_most = 24;
    for (unsigned round = 0; round < 4; round++) {
        random_steps(600);
        ck_assert_int_eq(fake_call(sync, 0), 0);
        image_check();
    }
    compare_all();
    unmount();
    image_check();
    ck_assert_int_eq(mount_disk(0), 0);
    compare_all();
    unmount();
}
END_TEST

START_TEST(test_reads_what_mke2fs_wrote)
{
    char tree[] = "/tmp/coopvirt-ext2-tree-XXXXXX", line[512], text[128] = "";
    ck_assert_ptr_nonnull(mkdtemp(tree));
    snprintf(line, sizeof(line),
             "cd %s && mkdir -p a/b && printf hello > a/b/file && ln -s b/file a/short && ln -s %0120d long && "
             "seq 1 200000 > numbers && for i in $(seq 300); do : > a/name$i; done",
             tree, 7);
    ck_assert_int_eq(system(line), 0);
    snprintf(line, sizeof(line), "-t ext2 -b 4096 -d %s", tree);
    image_make(line);
    ck_assert_int_eq(mount_disk(1), 0);
    long fd = fake_call(open, "/mnt/a/short", ABI_O_RDONLY, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fake_call(read, fd, text, sizeof(text)), 5);
    ck_assert_str_eq(text, "hello");
    fake_call(close, fd);
    ck_assert_int_eq(fake_call(readlink, "/mnt/long", buffer, sizeof(buffer)), 120);
    fd = fake_call(open, "/mnt/numbers", ABI_O_RDONLY, 0);
    ck_assert_int_eq(fake_call(pread64, fd, text, 7, 1288895 - 7), 7); /* in the tree of one level */
    ck_assert_mem_eq(text, "200000\n", 7);
    fake_call(close, fd);
    fd = fake_call(open, "/mnt/a", ABI_O_RDONLY | ABI_O_DIRECTORY, 0);
    unsigned entries = 0;
    for (long bytes; (bytes = fake_call(getdents64, fd, buffer, 500)) > 0;)
        for (long at = 0; at < bytes; entries++)
            at += ((struct abi_directory_entry *)(buffer + at))->bytes;
    ck_assert_uint_eq(entries, 2 + 2 + 300);
    fake_call(close, fd);
    ck_assert_int_eq(fake_call(mkdir, "/mnt/x", 0755), -EROFS);
    ck_assert_int_eq(fake_call(open, "/mnt/a/b/file", ABI_O_WRONLY, 0), -EROFS);
    ck_assert_int_eq(fake_call(unlink, "/mnt/numbers"), -EROFS);
    unmount();
    image_check();
    snprintf(line, sizeof(line), "rm -rf %s", tree);
    ck_assert_int_eq(system(line), 0);
}
END_TEST

START_TEST(test_full_disk)
{
    char options[64];
    snprintf(options, sizeof(options), "%s -m 0 -N 64", image_sizes[_i]);
    image_make(options);
    ck_assert_int_eq(mount_disk(0), 0);
    long fd = fake_call(open, "/mnt/big", ABI_O_CREAT | ABI_O_WRONLY, 0600), wrote;
    uint64_t total = 0;
    while ((wrote = fake_call(write, fd, buffer, sizeof(buffer))) > 0)
        total += (uint64_t)wrote;
    ck_assert_int_eq(wrote, -ENOSPC);
    ck_assert_uint_gt(total, DISK_BYTES * 9ull / 10);
    ck_assert_int_eq(fake_call(mkdir, "/mnt/d", 0755), -ENOSPC);
    struct abi_statfs status;
    ck_assert_int_eq(fake_call(statfs, "/mnt", &status), 0);
    ck_assert_int_eq(status.blocks_free, 0);
    fake_call(close, fd);
    ck_assert_int_eq(fake_call(unlink, "/mnt/big"), 0);
    char path[32];
    long made = 0;
    for (unsigned i = 0; i < 200 && made >= 0; i++) {
        snprintf(path, sizeof(path), "/mnt/n%u", i);
        made = fake_call(open, path, ABI_O_CREAT | ABI_O_WRONLY, 0600);
        fake_call(close, made);
    }
    ck_assert_int_eq(made, -ENOSPC); /* no inode left */
    unmount();
    image_check();
}
END_TEST

START_TEST(test_unlinked_while_open)
{
    image_make(image_sizes[_i]);
    ck_assert_int_eq(mount_disk(0), 0);
    long fd = fake_call(open, "/mnt/f", ABI_O_CREAT | ABI_O_RDWR, 0600);
    ck_assert_int_eq(fake_call(write, fd, buffer, 9000), 9000);
    ck_assert_int_eq(fake_call(unlink, "/mnt/f"), 0);
    ck_assert_int_eq(fake_call(pread64, fd, other, 9000, 0), 9000);
    ck_assert_int_eq(fake_call(umount2, "/mnt", 0), -EBUSY);
    ck_assert_int_eq(mount_disk(0), -EBUSY);
    fake_call(close, fd);
    unmount();
    image_check();
}
END_TEST

static void write_file(const char *path)
{
    long fd = fake_call(open, path, ABI_O_CREAT | ABI_O_WRONLY, 0600);
    ck_assert_int_eq(fake_call(write, fd, buffer, sizeof(buffer)), sizeof(buffer));
    fake_call(close, fd);
}

/* Two at once, of other block sizes: each has its own content, flags and end. */
START_TEST(test_several_volumes)
{
    struct abi_statfs status;
    second_disk = malloc(DISK_BYTES);
    image_make(image_sizes[1]);
    memcpy(second_disk, disk, DISK_BYTES);
    image_make(image_sizes[0]);
    second_device = device;
    second_device.name = "hdb";
    second_device.number = NUMBER + 64;
    ck_assert_int_eq(block_register(&second_device), 0);
    ck_assert_int_eq(fake_call(mkdir, "/second", 0755), 0);
    ck_assert_int_eq(mount_disk(0), 0);
    ck_assert_int_eq(fake_call(mount, "/dev/hda", "/second", "ext2", 0), -EBUSY);
    ck_assert_int_eq(fake_call(mount, "/dev/hdb", "/second", "ext2", 0), 0);
    write_file("/mnt/f");
    write_file("/second/g");
    ck_assert_int_eq(fake_call(rename, "/mnt/f", "/second/f"), -EXDEV);
    ck_assert_int_eq(fake_call(statfs, "/second/g", &status), 0);
    ck_assert_int_eq(status.block_bytes, 1024);
    long gone = fake_call(open, "/mnt/gone", ABI_O_CREAT | ABI_O_RDONLY, 0600);
    ck_assert_int_eq(fake_call(unlink, "/mnt/gone"), 0);
    ck_assert_int_eq(fake_call(mount, NULL, "/mnt", NULL, 0x21), -EBUSY);
    fake_call(close, gone);
    ck_assert_int_eq(fake_call(mount, NULL, "/mnt", NULL, 0x21), 0); /* for reading from now on */
    image_check();
    ck_assert_int_eq(fake_call(unlink, "/mnt/f"), -EROFS);
    write_file("/second/h");
    ck_assert_int_eq(fake_call(mount, NULL, "/mnt", NULL, 0x20), 0);
    ck_assert_int_eq(fake_call(unlink, "/mnt/f"), 0);
    long fd = fake_call(open, "/second/h", ABI_O_RDWR, 0);
    ck_assert_int_eq(fake_call(umount2, "/second", 2), 0); /* out of sight */
    ck_assert_int_eq(fake_call(write, fd, buffer, 5000), 5000);
    ck_assert_int_eq(fake_call(mount, "/dev/hdb", "/second", "ext2", 0), -EBUSY);
    fake_call(close, fd);
    ck_assert_int_eq(fake_call(mount, "/dev/hdb", "/second", "ext2", 0), 0);
    ck_assert_int_eq(fake_call(umount2, "/second", 0), 0);
    unmount();
    image_check();
    memcpy(disk, second_disk, DISK_BYTES);
    image_check();
    free(second_disk);
}
END_TEST

START_TEST(test_refusals)
{
    static const struct {
        const char *options, *says;
    } images[] = {
        {"-t ext4 -b 4096", "later file system"},
        {"-t ext2 -b 4096 -O journal_dev", "later file system"},
    };
    for (unsigned i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
        image_make(images[i].options);
        ck_assert_int_eq(mount_disk(0), -EINVAL);
        ck_assert_msg(strstr(fake_log, images[i].says), "%s", fake_log);
    }
    memset(disk, 0, DISK_BYTES);
    ck_assert_int_eq(mount_disk(0), -EINVAL);
    ck_assert_ptr_nonnull(strstr(fake_log, "no ext2"));
    ck_assert_int_eq(fake_call(mount, "/mnt", "/mnt", "ext2", 0), -ENOTBLK);
    ck_assert_int_eq(fake_call(mount, "/dev/hda", "/", "ext2", 0), -EINVAL); /* the root can be covered, by an ext2 */
    ck_assert_int_eq(fake_call(mount, "/dev/hda", "/mnt", "vfat", 0), -ENODEV);
    ck_assert_int_eq(fake_call(umount2, "/mnt", 0), -EINVAL);
    fake_become(1, 1);
    ck_assert_int_eq(mount_disk(0), -EPERM);
}
END_TEST

/* Metadata with wrong bits: any errno will do, but no access out of bounds and no endless loop. */
START_TEST(test_corrupt_images)
{
    image_make(image_sizes[_i]);
    ck_assert_int_eq(mount_disk(0), 0);
    random_steps(150);
    unmount();
    uint8_t *sound = malloc(DISK_BYTES);
    memcpy(sound, disk, DISK_BYTES);
    for (unsigned round = 0; round < 150; round++) {
        memcpy(disk, sound, DISK_BYTES);
        for (unsigned i = 0; i < 40; i++) /* super block, descriptors, bitmaps, inodes, directories */
            disk[1024 + choose(choose(2) ? 80 * 4096 : 8192)] ^= (uint8_t)(1u << choose(8));
        *(uint16_t *)(disk + 1024 + 56) = EXT2_MAGIC;
        if (mount_disk(0))
            continue;
        char path[64], full[80], target[80];
        for (unsigned step = 0; step < 60; step++) {
            choose_path(path, sizeof(path));
            snprintf(full, sizeof(full), "/mnt/%s", path);
            choose_path(path, sizeof(path));
            snprintf(target, sizeof(target), "/mnt/%s", path);
            fake_call(rename, full, target);
            do_write(target, ABI_O_CREAT | ABI_O_WRONLY, choose(100000), 5000);
            long fd = fake_call(open, choose(2) ? full : "/mnt", ABI_O_RDONLY, 0);
            fake_call(read, fd, buffer, sizeof(buffer));
            fake_call(getdents64, fd, buffer, 4096);
            fake_call(close, fd);
            fake_call(unlink, full);
            fake_call(mkdir, full, 0755);
        }
        fake_call(umount2, "/mnt", 0);
        if (ext2_volumes) { /* a reference that the corruption has lost: start anew */
            ck_abort_msg("round %u: cannot be unmounted", round);
        }
    }
    free(sound);
}
END_TEST

START_TEST(test_disk_errors)
{
    image_make(image_sizes[_i]);
    for (unsigned when = 1; when < 60; when += 3) {
        image_load();
        disk_failing = 0;
        ck_assert_int_eq(mount_disk(0), 0);
        ext2_volumes->cached_most = 8;
        disk_failing = when;
        disk_failures = 0;
        long fd = fake_call(open, "/mnt/f", ABI_O_CREAT | ABI_O_RDWR, 0600);
        fake_call(write, fd, buffer, sizeof(buffer));
        fake_call(close, fd);
        long status = fake_call(umount2, "/mnt", 0);
        if (!disk_failures) { /* so many transfers there were not */
            ck_assert_int_eq(status, 0);
            ck_assert_uint_gt(when, 20);
            break;
        }
        ck_assert_int_eq(status, -EIO);
        disk_failing = 0;
        unmount();
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fs_ext2");
    TCase *cases = tcase_create("ext2");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, test_random_calls_equal_ramfs, 0, 6);
    tcase_add_test(cases, test_reads_what_mke2fs_wrote);
    tcase_add_loop_test(cases, test_full_disk, 0, 3);
    tcase_add_loop_test(cases, test_unlinked_while_open, 0, 3);
    tcase_add_test(cases, test_several_volumes);
    tcase_add_test(cases, test_refusals);
    tcase_add_loop_test(cases, test_corrupt_images, 0, 3);
    tcase_add_loop_test(cases, test_disk_errors, 0, 3);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}
