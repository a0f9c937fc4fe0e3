/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cpio reader and the unpacking of archives: what they hold, and what happens when they are damaged.
 */
#include "fake_kernel.h"

#include "fs/cpio.h"
#include "fs/inode.h"
#include "fs/initramfs.h"
#include "fs/linux_abi.h"
#include "fs/ramfs.h"
#include "kernel/errno.h"
#include "suite.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t archive[65536];
static size_t archive_bytes;

static void align(void)
{
    while (archive_bytes % 4)
        archive[archive_bytes++] = 0;
}

/* Appends an entry as cpio -H newc writes it. */
static void add(const char *name, uint32_t mode, unsigned inode, unsigned links, const void *content, size_t bytes)
{
    archive_bytes +=
        (size_t)sprintf((char *)archive + archive_bytes, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
                        inode, mode, 7, 8, links, 1000, bytes, 0, 1, 4, 64, strlen(name) + 1, 0);
    strcpy((char *)archive + archive_bytes, name);
    archive_bytes += strlen(name) + 1;
    align();
    memcpy(archive + archive_bytes, content, bytes);
    archive_bytes += bytes;
    align();
}

static void add_sample(void)
{
    archive_bytes = 0;
    memset(archive, 0, sizeof(archive));
    add(".", ABI_S_IFDIR | 0755, 1, 2, "", 0);
    add("bin", ABI_S_IFDIR | 0755, 2, 2, "", 0);
    add("bin/busybox", ABI_S_IFREG | 0755, 3, 2, "", 0);
    add("bin/sh", ABI_S_IFREG | 0755, 3, 2, "program", 7);
    add("bin/ls", ABI_S_IFLNK | 0777, 4, 1, "busybox", 7);
    add("./etc/deep/file", ABI_S_IFREG | 04640, 5, 1, "text\n", 5);
    add("/dev/ttyS0", ABI_S_IFCHR | 0600, 6, 1, "", 0);
    add("TRAILER!!!", 0, 0, 1, "", 0);
}

static char reason[192];

static int unpack(void)
{
    return initramfs_unpack(inode_root(), archive, archive_bytes, reason, sizeof(reason));
}

static void setup(void)
{
    fake_start(NULL, 0);
    add_sample();
}

static void teardown(void)
{
    fake_stop();
}

START_TEST(test_sample)
{
    struct abi_stat status, other;
    char text[16] = {0};
    ck_assert_int_eq(unpack(), 0);
    ck_assert_int_eq(fake_call(stat, "/bin/ls", &status), 0);
    ck_assert_int_eq(fake_call(stat, "/bin/sh", &other), 0);
    ck_assert_uint_eq(status.inode, other.inode);
    ck_assert_uint_eq(status.links, 2);
    ck_assert_int_eq(status.size, 7);
    ck_assert_uint_eq(status.uid, 7);
    ck_assert_int_eq(status.modified.seconds, 1000);
    ck_assert_int_eq(fake_call(stat, "/etc/deep/file", &status), 0);
    ck_assert_uint_eq(status.mode, ABI_S_IFREG | 04640);
    long fd = fake_call(open, "/etc/deep/file", 0, 0);
    ck_assert_int_eq(fake_call(read, fd, text, 16), 5);
    ck_assert_str_eq(text, "text\n");
    ck_assert_int_eq(fake_call(stat, "/dev/ttyS0", &status), 0);
    ck_assert_uint_eq(status.rdevice, 0x440);
}
END_TEST

START_TEST(test_names)
{
    archive_bytes = 0;
    add("../outside", ABI_S_IFREG | 0644, 1, 1, "x", 1);
    ck_assert_int_eq(unpack(), -EINVAL);
    archive_bytes = 0;
    add("file", ABI_S_IFREG | 0644, 1, 1, "x", 1);
    add("file/below", ABI_S_IFREG | 0644, 2, 1, "x", 1);
    ck_assert_int_eq(unpack(), -ENOTDIR);
    ck_assert_ptr_nonnull(strstr(reason, "file/below"));
    archive_bytes = 0;
    add("same", ABI_S_IFREG | 0644, 1, 1, "first", 5);
    add("same", ABI_S_IFREG | 0644, 2, 1, "2nd", 3);
    add("TRAILER!!!", 0, 0, 1, "", 0);
    ck_assert_int_eq(unpack(), 0);
    struct abi_stat status;
    fake_call(stat, "/same", &status);
    ck_assert_int_eq(status.size, 3);
}
END_TEST

START_TEST(test_joined)
{
    struct abi_stat status, other;
    archive_bytes += 200; /* zeroes, as cpio pads */
    add("more", ABI_S_IFREG | 0644, 3, 2, "other", 5);
    add("TRAILER!!!", 0, 0, 1, "", 0);
    archive_bytes += 512;
    ck_assert_int_eq(unpack(), 0);
    ck_assert_int_eq(fake_call(stat, "/bin/sh", &status), 0);
    ck_assert_int_eq(fake_call(stat, "/more", &other), 0);
    ck_assert_uint_ne(status.inode, other.inode);
    archive[archive_bytes++] = 'x';
    ck_assert_int_ne(unpack(), 0);
}
END_TEST

START_TEST(test_every_truncation_is_an_error)
{
    size_t whole = archive_bytes;
    for (archive_bytes = 1; archive_bytes < whole - 4; archive_bytes++) {
        ck_assert_int_ne(unpack(), 0);
        ck_assert_uint_gt(strlen(reason), 10);
    }
}
END_TEST

START_TEST(test_errors_in_words)
{
    archive[6] = 'g';
    ck_assert_int_ne(unpack(), 0);
    ck_assert_ptr_nonnull(strstr(reason, "no number"));
    add_sample();
    archive[0] = 0x1f;
    ck_assert_int_ne(unpack(), 0);
    ck_assert_ptr_nonnull(strstr(reason, "compressed"));
    add_sample();
    memcpy(archive + 94, "ffffffff", 8); /* the length of the first name */
    ck_assert_int_ne(unpack(), 0);
    ck_assert_ptr_nonnull(strstr(reason, "truncated"));
    add_sample();
    memcpy(archive + 94, "00000000", 8);
    ck_assert_int_ne(unpack(), 0);
    ck_assert_ptr_nonnull(strstr(reason, "name"));
    archive_bytes = 0;
    ck_assert_int_eq(unpack(), 0);
    add_sample();
    ramfs_usage.frame_limit = 0;
    ck_assert_int_eq(unpack(), -ENOSPC);
}
END_TEST

/* Whatever the damage, the unpacking ends, and within the archive (the sanitizers look). */
START_TEST(test_mutations)
{
    srand(11);
    for (unsigned round = 0; round < 3000; round++) {
        add_sample();
        for (unsigned i = 0, count = 1 + (unsigned)rand() % 4; i < count; i++) {
            size_t at = (size_t)rand() % archive_bytes;
            archive[at] = rand() % 2 ? (uint8_t)rand() : (uint8_t) "0123456789abcdef/."[rand() % 18];
        }
        uint8_t *exact = malloc(archive_bytes);
        memcpy(exact, archive, archive_bytes);
        initramfs_unpack(inode_root(), exact, archive_bytes, reason, sizeof(reason));
        free(exact);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_sample,          test_names,    test_joined, test_every_truncation_is_an_error,
                                  test_errors_in_words, test_mutations};
    Suite *suite = suite_create("fs_cpio");
    TCase *cases = tcase_create("cpio");

    tcase_set_timeout(cases, 30);
    tcase_add_checked_fixture(cases, setup, teardown);
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}
