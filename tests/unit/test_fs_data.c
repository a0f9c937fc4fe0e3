/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contents of files in ramfs, and the system calls that move them, against Linux's results.
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

static void setup(void)
{
    fake_start(NULL, 0);
}
static void teardown(void)
{
    fake_stop();
}

START_TEST(test_create_read_write)
{
    make_file("/a", "hello");
    ck_assert_str_eq(read_file("/a"), "hello");
    ck_assert_int_eq(stat_of("/a").size, 5);
    ck_assert_uint_eq(stat_of("/a").mode, ABI_S_IFREG | 0644);
    ck_assert_uint_eq(stat_of("/a").links, 1);
    ck_assert_int_eq(open_file("/a", ABI_O_CREAT | ABI_O_EXCL), -EEXIST);
    ck_assert_int_eq(open_file("/missing", 0), -ENOENT);
    ck_assert_int_eq(open_file("", 0), -ENOENT);
    ck_assert_int_eq(open_file("/a/", 0), -ENOTDIR);
    ck_assert_int_eq(open_file("/a/b", 0), -ENOTDIR);
    ck_assert_int_eq(open_file("/new/", ABI_O_CREAT | ABI_O_WRONLY), -EISDIR);
    ck_assert_int_eq(open_file("/dev", ABI_O_RDWR), -EISDIR);
    ck_assert_int_eq(fake_call(open, 16, 0, 0), -EFAULT);
    long fd = open_file("/a", ABI_O_WRONLY);
    char c;
    ck_assert_int_eq(fake_call(read, fd, &c, 1), -EBADF);
    ck_assert_int_eq(fake_call(read, 99, &c, 1), -EBADF);
    ck_assert_int_eq(fake_call(read, -1, &c, 1), -EBADF);
    fd = open_file("/dev", ABI_O_RDONLY);
    ck_assert_int_eq(fake_call(read, fd, &c, 1), -EISDIR);
    ck_assert_int_eq(fake_call(write, fd, &c, 1), -EBADF);
}
END_TEST

START_TEST(test_append_seek_pread)
{
    make_file("/a", "0123456789");
    char text[16] = {0};
    long fd = open_file("/a", ABI_O_RDWR | ABI_O_APPEND);
    ck_assert_int_eq(fake_call(write, fd, "ab", 2), 2);
    ck_assert_int_eq(fake_call(lseek, fd, 0, ABI_SEEK_CUR), 12);
    ck_assert_int_eq(fake_call(lseek, fd, -4, ABI_SEEK_END), 8);
    ck_assert_int_eq(fake_call(read, fd, text, 16), 4);
    ck_assert_str_eq(text, "89ab");
    ck_assert_int_eq(fake_call(pread64, fd, text, 3, 1), 3);
    ck_assert_int_eq(memcmp(text, "123", 3), 0);
    ck_assert_int_eq(fake_call(pread64, fd, text, 3, -1), -EINVAL);
    ck_assert_int_eq(fake_call(lseek, fd, -1, ABI_SEEK_SET), -EINVAL);
    ck_assert_int_eq(fake_call(lseek, fd, 0, 9), -EINVAL);
    ck_assert_int_eq(fake_call(lseek, fd, INT64_MAX, ABI_SEEK_END), -EOVERFLOW);
    ck_assert_int_eq(fake_call(lseek, fd, 100, ABI_SEEK_SET), 100);
    ck_assert_int_eq(fake_call(read, fd, text, 16), 0);
}
END_TEST

START_TEST(test_sparse_and_truncate)
{
    struct abi_stat status;
    char page[4096];
    long fd = open_file("/big", ABI_O_CREAT | ABI_O_RDWR);

    ck_assert_int_eq(fake_call(pwrite64, fd, "x", 1, 3ul << 30), 1);
    ck_assert_int_eq(fake_call(fstat, fd, &status), 0);
    ck_assert_int_eq(status.size, (3l << 30) + 1);
    ck_assert_int_eq(status.blocks, 8);
    ck_assert_int_eq(fake_call(pread64, fd, page, 4096, 1 << 20), 4096);
    ck_assert_int_eq(page[0] | page[4095], 0);
    ck_assert_int_eq(fake_call(pwrite64, fd, "abcdef", 6, 0), 6);
    ck_assert_int_eq(fake_call(ftruncate, fd, 3), 0);
    ck_assert_int_eq(fake_call(ftruncate, fd, 8), 0);
    ck_assert_int_eq(fake_call(pread64, fd, page, 4096, 0), 8);
    ck_assert_int_eq(memcmp(page, "abc\0\0\0\0\0", 8), 0);
    ck_assert_int_eq(fake_call(fstat, fd, &status), 0);
    ck_assert_int_eq(status.blocks, 8);
    ck_assert_int_eq(fake_call(ftruncate, fd, 0), 0);
    ck_assert_uint_eq(ramfs_usage.frames, 0);
    ck_assert_int_eq(fake_call(ftruncate, fd, -1), -EINVAL);
    ck_assert_int_eq(fake_call(ftruncate, fd, 1ul << 62), -EFBIG);
    ck_assert_int_eq(fake_call(pwrite64, fd, "x", 1, 1ul << 50), -EFBIG);
    ck_assert_int_eq(fake_call(truncate, "/dev", 0), -EISDIR);
}
END_TEST

START_TEST(test_random_writes_equal_a_model)
{
    enum { SIZE = 40000 };
    static uint8_t model[SIZE], data[SIZE];
    size_t end = 0;
    long fd = open_file("/m", ABI_O_CREAT | ABI_O_RDWR);

    srand(1);
    for (unsigned step = 0; step < 500; step++) {
        size_t at = (size_t)rand() % SIZE, bytes = (size_t)rand() % (SIZE - at);
        if (step % 7 == 6) {
            ck_assert_int_eq(fake_call(ftruncate, fd, at), 0);
            if (at < end)
                memset(model + at, 0, end - at);
            end = at;
            continue;
        }
        for (size_t i = 0; i < bytes; i++)
            data[i] = (uint8_t)rand();
        ck_assert_int_eq(fake_call(pwrite64, fd, data, bytes, at), (long)bytes);
        memcpy(model + at, data, bytes);
        if (bytes && at + bytes > end)
            end = at + bytes;
        ck_assert_int_eq(fake_call(pread64, fd, data, SIZE, 0), (long)end);
        ck_assert_int_eq(memcmp(data, model, end), 0);
    }
}
END_TEST

START_TEST(test_no_space)
{
    static char data[16 * 4096];
    long fd = open_file("/a", ABI_O_CREAT | ABI_O_WRONLY);

    fake_frames_left = 8;
    long written = fake_call(write, fd, data, sizeof(data));
    ck_assert_int_gt(written, 0);
    ck_assert_int_lt(written, (long)sizeof(data));
    ck_assert_int_eq(fake_call(write, fd, data, sizeof(data)), -ENOSPC);
    fake_frames_left = SIZE_MAX;
    ck_assert_int_eq(fake_call(unlink, "/a"), 0);
    ck_assert_int_eq(fake_call(close, fd), 0);
    ck_assert_uint_eq(ramfs_usage.frames, 0);

    fd = open_file("/b", ABI_O_CREAT | ABI_O_WRONLY);
    ramfs_usage.frame_limit = 4;
    ck_assert_int_eq(fake_call(write, fd, data, sizeof(data)), 3 * 4096);
    ck_assert_int_eq(fake_call(write, fd, data, 1), -ENOSPC);
}
END_TEST

START_TEST(test_fault_in_the_middle)
{
    char page[4096];
    long fd = open_file("/a", ABI_O_CREAT | ABI_O_RDWR);

    ck_assert_int_eq(fake_call(write, fd, 16, 4096), -EFAULT);
    ck_assert_int_eq(fake_call(write, fd, 16, 5), -EFAULT);
    ck_assert_int_eq(fake_call(ftruncate, fd, 4096), 0);
    ck_assert_int_eq(fake_call(read, fd, page, 4096), 4096);
    for (unsigned i = 0; i < 4096; i++)
        ck_assert_int_eq(page[i], 0);
    ck_assert_int_eq(fake_call(pread64, fd, 16, 100, 0), -EFAULT);
}
END_TEST

START_TEST(test_vectors)
{
    char a[4] = {0}, b[4] = {0};
    struct abi_iovec out[2] = {{(uint64_t) "abc", 3}, {(uint64_t) "defg", 4}};
    struct abi_iovec in[2] = {{(uint64_t)a, 3}, {(uint64_t)b, 3}};
    long fd = open_file("/v", ABI_O_CREAT | ABI_O_RDWR);

    ck_assert_int_eq(fake_call(writev, fd, out, 2), 7);
    fake_call(lseek, fd, 0, 0);
    ck_assert_int_eq(fake_call(readv, fd, in, 2), 6);
    ck_assert_str_eq(a, "abc");
    ck_assert_str_eq(b, "def");
    ck_assert_int_eq(fake_call(preadv, fd, in, 2, 4), 3);
    ck_assert_int_eq(fake_call(readv, fd, in, 1025), -EINVAL);
    ck_assert_int_eq(fake_call(readv, fd, 16, 1), -EFAULT);
    in[0].bytes = ~0ul;
    ck_assert_int_eq(fake_call(readv, fd, in, 1), -EINVAL);
}
END_TEST

START_TEST(test_kernel_reads)
{
    struct file *file;
    char text[8] = {0};
    make_file("/prog", "0123456789");
    ck_assert_int_eq(file_open("/prog", ABI_O_RDONLY, 0, &file), 0);
    ck_assert_int_eq(file_read_kernel(file, text, 4, 3), 4);
    ck_assert_str_eq(text, "3456");
    ck_assert_int_eq(file_read_kernel(file, text, 8, 8), 2);
    ck_assert_int_eq(file_read_kernel(file, text, 8, 100), 0);
    ck_assert_int_eq(file_check_execute(file), -EACCES);
    fake_call(chmod, "/prog", 0755);
    ck_assert_int_eq(file_check_execute(file), 0);
    coop_paddr frame = file->operations->page(file, 0);
    ck_assert_uint_eq(frame_references(frame), 2);
    ck_assert_int_eq(memcmp(frame_address(frame), "0123456789\0", 11), 0);
    frame_release(frame);
    ck_assert_uint_eq(file->operations->page(file, 1), 0);
    file_release(file);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_create_read_write,
        test_append_seek_pread,
        test_sparse_and_truncate,
        test_random_writes_equal_a_model,
        test_no_space,
        test_fault_in_the_middle,
        test_vectors,
        test_kernel_reads,
    };
    Suite *suite = suite_create("fs_data");
    TCase *cases = tcase_create("data");

    tcase_add_checked_fixture(cases, setup, teardown);
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}
