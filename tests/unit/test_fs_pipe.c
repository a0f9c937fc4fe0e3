/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pipes, FIFOs, poll and select. Sleeping is played by a function that does what the other side would.
 */
#include "fake_kernel.h"

#include "fs/linux_abi.h"
#include "kernel/errno.h"
#include "suite.h"
#include <stdlib.h>
#include <string.h>

static int ends[2];

static void setup(void)
{
    fake_start(NULL, 0);
    fake_signal = 0;
    ck_assert_int_eq(fake_call(pipe2, ends, 0), 0);
}

static void teardown(void)
{
    fake_stop();
}

START_TEST(test_write_then_read)
{
    char text[16] = {0};
    ck_assert_int_eq(fake_call(write, ends[1], "hello", 5), 5);
    ck_assert_int_eq(fake_call(read, ends[0], text, 3), 3);
    ck_assert_int_eq(fake_call(read, ends[0], text + 3, 16), 2);
    ck_assert_str_eq(text, "hello");
    ck_assert_int_eq(fake_call(read, ends[1], text, 1), -EBADF);
    ck_assert_int_eq(fake_call(write, ends[0], text, 1), -EBADF);
    ck_assert_int_eq(fake_call(lseek, ends[0], 0, 0), -ESPIPE);
    ck_assert_int_eq(fake_call(pread64, ends[0], text, 1, 0), -ESPIPE);
    ck_assert_int_eq(fake_call(pipe2, ends, 1), -EINVAL);
    ck_assert_int_eq(fake_call(pipe2, 16, 0), -EFAULT);
}
END_TEST

START_TEST(test_end_of_file_and_broken_pipe)
{
    char c;
    fake_call(write, ends[1], "x", 1);
    fake_call(close, ends[1]);
    ck_assert_int_eq(fake_call(read, ends[0], &c, 1), 1);
    ck_assert_int_eq(fake_call(read, ends[0], &c, 1), 0);
    fake_call(close, ends[0]);
    ck_assert_int_eq(fake_call(pipe2, ends, 0), 0);
    fake_call(close, ends[0]);
    ck_assert_int_eq(fake_call(write, ends[1], "x", 1), -EPIPE);
    ck_assert_int_eq(fake_signal, ABI_SIGPIPE);
    ck_assert_int_eq(fake_signal_pid, 1);
}
END_TEST

START_TEST(test_interrupted_sleep)
{
    char c;
    ck_assert_int_eq(fake_call(read, ends[0], &c, 1), -ERESTARTSYS);
    ck_assert_int_eq(fake_call(write, ends[1], "x", 1), 1);
}
END_TEST

START_TEST(test_nonblocking)
{
    static char data[65536];
    char c;
    fake_call(fcntl, ends[0], ABI_F_SETFL, ABI_O_NONBLOCK);
    fake_call(fcntl, ends[1], ABI_F_SETFL, ABI_O_NONBLOCK);
    ck_assert_int_eq(fake_call(read, ends[0], &c, 1), -EAGAIN);
    ck_assert_int_eq(fake_call(write, ends[1], data, 65536), 65536);
    ck_assert_int_eq(fake_call(write, ends[1], data, 1), -EAGAIN);
    ck_assert_int_eq(fake_call(read, ends[0], data, 100), 100);
    ck_assert_int_eq(fake_call(write, ends[1], data, 101), -EAGAIN); /* atomic up to 4096 */
    ck_assert_int_eq(fake_call(write, ends[1], data, 100), 100);
    ck_assert_int_eq(fake_call(read, ends[0], data, 65536), 65536);
    ck_assert_int_eq(fake_call(write, ends[1], data, 65000), 65000);
    ck_assert_int_eq(fake_call(write, ends[1], data, 5000), 536); /* beyond 4096 as much as fits */
}
END_TEST

static char drained[200000];
static size_t drained_bytes;

static int drain(void)
{
    long bytes = fake_call(read, ends[0], drained + drained_bytes, 30000);
    ck_assert_int_gt(bytes, 0);
    drained_bytes += (size_t)bytes;
    return 0;
}

START_TEST(test_long_write_waits_for_its_reader)
{
    static char data[150000];
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (char)(i * 7 + i / 251);
    fake_sleep = drain;
    drained_bytes = 0;
    ck_assert_int_eq(fake_call(write, ends[1], data, sizeof(data)), sizeof(data));
    while (drained_bytes < sizeof(data))
        drain();
    ck_assert_int_eq(memcmp(data, drained, sizeof(data)), 0);
}
END_TEST

static int close_reader(void)
{
    fake_call(close, ends[0]);
    return 0;
}

START_TEST(test_reader_goes_in_the_middle)
{
    static char data[150000];
    fake_sleep = close_reader;
    ck_assert_int_eq(fake_call(write, ends[1], data, sizeof(data)), 65536);
    ck_assert_int_eq(fake_call(write, ends[1], data, 1), -EPIPE);
}
END_TEST

START_TEST(test_wraps_around)
{
    static char data[40000], back[40000];
    for (unsigned round = 0; round < 20; round++) {
        for (size_t i = 0; i < sizeof(data); i++)
            data[i] = (char)rand();
        ck_assert_int_eq(fake_call(write, ends[1], "pad", 3), 3);
        ck_assert_int_eq(fake_call(write, ends[1], data, sizeof(data)), sizeof(data));
        ck_assert_int_eq(fake_call(read, ends[0], back, 3), 3);
        ck_assert_int_eq(fake_call(read, ends[0], back, sizeof(back)), sizeof(back));
        ck_assert_int_eq(memcmp(data, back, sizeof(back)), 0);
        fake_call(write, ends[1], "left", 4); /* the ring is not empty at the next round */
        ck_assert_int_eq(fake_call(read, ends[0], back, 3), 3);
        ck_assert_int_eq(fake_call(read, ends[0], back, 1), 1);
    }
}
END_TEST

START_TEST(test_faults)
{
    char text[4] = {0};
    ck_assert_int_eq(fake_call(write, ends[1], 16, 4), -EFAULT);
    fake_call(write, ends[1], "abc", 3);
    ck_assert_int_eq(fake_call(read, ends[0], 16, 3), -EFAULT);
    ck_assert_int_eq(fake_call(read, ends[0], text, 3), 3);
    ck_assert_str_eq(text, "abc");
}
END_TEST

static int open_writer(void)
{
    long fd = fake_call(open, "/fifo", ABI_O_WRONLY, 0);
    ck_assert_int_ge(fd, 0);
    ends[1] = (int)fd;
    return 0;
}

START_TEST(test_fifo)
{
    char text[8] = {0};
    ck_assert_int_eq(fake_call(mknod, "/fifo", ABI_S_IFIFO | 0666, 0), 0);
    ck_assert_int_eq(fake_call(open, "/fifo", ABI_O_WRONLY | ABI_O_NONBLOCK, 0), -ENXIO);
    ck_assert_int_eq(fake_call(open, "/fifo", ABI_O_RDONLY, 0), -ERESTARTSYS);
    fake_sleep = open_writer;
    long reader = fake_call(open, "/fifo", ABI_O_RDONLY, 0);
    ck_assert_int_ge(reader, 0);
    ck_assert_int_eq(fake_call(write, ends[1], "fifo", 4), 4);
    ck_assert_int_eq(fake_call(read, reader, text, 8), 4);
    ck_assert_str_eq(text, "fifo");
    fake_call(close, ends[1]);
    ck_assert_int_eq(fake_call(read, reader, text, 8), 0);
    fake_call(close, reader);
    ck_assert_int_eq(fake_call(unlink, "/fifo"), 0);
}
END_TEST

START_TEST(test_poll)
{
    struct abi_pollfd entries[3] = {{ends[0], ABI_POLLIN, 0}, {ends[1], ABI_POLLOUT, 0}, {-1, ABI_POLLIN, 9}};
    ck_assert_int_eq(fake_call(poll, entries, 3, 0), 1);
    ck_assert_uint_eq(entries[0].returned, 0);
    ck_assert_uint_eq(entries[1].returned, ABI_POLLOUT);
    ck_assert_uint_eq(entries[2].returned, 0);
    uint64_t before = fake_now_ns;
    ck_assert_int_eq(fake_call(poll, entries, 1, 1500), 0);
    ck_assert_uint_eq(fake_now_ns - before, 1500000000);
    ck_assert_int_eq(fake_call(poll, entries, 1, -1), -ERESTARTNOHAND);
    fake_call(write, ends[1], "x", 1);
    ck_assert_int_eq(fake_call(poll, entries, 1, -1), 1);
    fake_call(close, ends[1]);
    ck_assert_int_eq(fake_call(poll, entries, 2, -1), 2);
    ck_assert_uint_eq(entries[0].returned, ABI_POLLIN | ABI_POLLHUP);
    ck_assert_uint_eq(entries[1].returned, ABI_POLLNVAL);
    ck_assert_int_eq(fake_call(poll, entries, 2000, 0), -EINVAL);
    ck_assert_int_eq(fake_call(poll, 16, 1, 0), -EFAULT);
    struct abi_pollfd many[40];
    for (unsigned i = 0; i < 40; i++)
        many[i] = (struct abi_pollfd){ends[0], ABI_POLLIN, 0};
    ck_assert_int_eq(fake_call(poll, many, 40, -1), 40);
}
END_TEST

START_TEST(test_select)
{
    uint64_t in[16] = {0}, out[16] = {0};
    struct abi_timeval time = {2, 500000};
    in[0] = 1ul << ends[0];
    out[0] = 1ul << ends[1];
    ck_assert_int_eq(fake_call(select, 8, in, out, 0, &time), 1);
    ck_assert_int_eq(time.seconds, 2);
    ck_assert_uint_eq(in[0], 0);
    ck_assert_uint_eq(out[0], 1ul << ends[1]);
    in[0] = 1ul << ends[0];
    uint64_t before = fake_now_ns;
    time = (struct abi_timeval){2, 500000};
    ck_assert_int_eq(fake_call(select, 8, in, 0, 0, &time), 0);
    ck_assert_uint_eq(fake_now_ns - before, 2500000000);
    ck_assert_int_eq(time.seconds | time.microseconds, 0);
    fake_call(write, ends[1], "x", 1);
    in[0] = 1ul << ends[0];
    ck_assert_int_eq(fake_call(select, 8, in, 0, 0, 0), 1);
    in[0] = 1ul << 50;
    ck_assert_int_eq(fake_call(select, 64, in, 0, 0, 0), -EBADF);
    struct abi_timespec short_time = {0, 1000};
    before = fake_now_ns;
    ck_assert_int_eq(fake_call(pselect6, 0, 0, 0, 0, &short_time, 0), 0);
    ck_assert_uint_eq(fake_now_ns - before, 1000);
}
END_TEST

START_TEST(test_nothing_is_left)
{
    size_t frames = fake_frames_used, objects = fake_heap_objects;
    int other[2];
    ck_assert_int_eq(fake_call(pipe2, other, 0), 0);
    fake_call(write, other[1], "x", 1);
    fake_call(close, other[0]);
    fake_call(close, other[1]);
    ck_assert_uint_eq(fake_frames_used, frames);
    ck_assert_uint_eq(fake_heap_objects, objects);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_write_then_read,
        test_end_of_file_and_broken_pipe,
        test_interrupted_sleep,
        test_nonblocking,
        test_long_write_waits_for_its_reader,
        test_reader_goes_in_the_middle,
        test_wraps_around,
        test_faults,
        test_fifo,
        test_poll,
        test_select,
        test_nothing_is_left,
    };
    Suite *suite = suite_create("fs_pipe");
    TCase *cases = tcase_create("pipe");

    tcase_add_checked_fixture(cases, setup, teardown);
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}
