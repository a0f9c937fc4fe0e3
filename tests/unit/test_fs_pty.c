/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pseudo-terminals: pairs, their names and their number, full buffers, what sleepers find, sessions and hang-ups, and
 * that nothing of a closed pair stays. What programs see of them is also asked by tests/guest/abi_terminals.c.
 */
#include "fake_kernel.h"

#include "fs/line_discipline.h"
#include "fs/linux_abi.h"
#include "fs/pty.h"
#include "fs/pty_internal.h"
#include "kernel/errno.h"
#include "suite.h"
#include <stdio.h>
#include <string.h>

#define TIOCGPTN_   0x80045430u
#define TIOCSPTLCK_ 0x40045431u

static long master, slave;
static size_t objects, frames;
static char text[8192];

static long open_slave(unsigned index, uint32_t flags)
{
    char name[32];
    snprintf(name, sizeof(name), "/dev/pts/%u", index);
    return fake_call(open, name, flags, 0);
}

static long open_master(void)
{
    int32_t unlocked = 0;
    long descriptor = fake_call(open, "/dev/ptmx", ABI_O_RDWR | ABI_O_NOCTTY, 0);
    if (descriptor >= 0)
        ck_assert_int_eq(fake_call(ioctl, descriptor, TIOCSPTLCK_, &unlocked), 0);
    return descriptor;
}

static void setup(void)
{
    fake_start(NULL, 0);
    fake_signal = fake_signal_group = fake_signal_pid = 0;
    fake_signal_ineffective = fake_group_orphaned = false;
    objects = fake_heap_objects;
    frames = fake_frames_used;
    master = open_master();
    ck_assert_int_ge(master, 0);
    slave = open_slave(0, ABI_O_RDWR | ABI_O_NOCTTY);
    ck_assert_int_ge(slave, 0);
}

static void teardown(void)
{
    fake_stop();
    ck_assert_uint_eq(pty_count(), 0);
}

static const char *take(long descriptor, size_t bytes)
{
    long count = fake_call(read, descriptor, text, bytes);
    if (count < 0)
        snprintf(text, sizeof(text), "E%ld", -count);
    else
        text[count] = '\0';
    return text;
}

static void put(long descriptor, const char *bytes)
{
    ck_assert_int_eq(fake_call(write, descriptor, bytes, strlen(bytes)), strlen(bytes));
}

START_TEST(test_both_ways)
{
    put(master, "typed\r");
    ck_assert_str_eq(take(slave, 100), "typed\n");
    ck_assert_str_eq(take(master, 100), "typed\r\n");
    put(slave, "shown\n");
    ck_assert_str_eq(take(master, 3), "sho");
    ck_assert_str_eq(take(master, 100), "wn\r\n");
}
END_TEST

START_TEST(test_numbers)
{
    int32_t number = -1;
    long masters[PTY_LIMIT];
    for (unsigned i = 1; i < PTY_LIMIT; i++) {
        masters[i] = open_master();
        ck_assert_int_eq(fake_call(ioctl, masters[i], TIOCGPTN_, &number), 0);
        ck_assert_int_eq(number, i);
    }
    ck_assert_int_eq(open_master(), -ENOSPC);
    ck_assert_uint_eq(pty_count(), PTY_LIMIT);
    fake_call(close, masters[5]);
    ck_assert_int_eq(open_slave(5, ABI_O_RDWR), -ENOENT);
    masters[5] = open_master();
    ck_assert_int_eq(fake_call(ioctl, masters[5], TIOCGPTN_, &number), 0);
    ck_assert_int_eq(number, 5);
    /* A number is in use as long as any file of its pair. */
    fake_call(close, master);
    ck_assert_int_eq(open_master(), -ENOSPC);
    fake_call(close, slave);
    ck_assert_int_ge(open_master(), 0);
    ck_assert_int_ge(open_slave(0, ABI_O_RDWR | ABI_O_NOCTTY), 0);
    ck_assert_int_eq(fake_call(open, "/dev/pts/00", ABI_O_RDWR, 0), -ENOENT);
    ck_assert_int_eq(fake_call(open, "/dev/pts/-1", ABI_O_RDWR, 0), -ENOENT);
}
END_TEST

START_TEST(test_nothing_stays)
{
    fake_call(close, slave);
    fake_call(close, master);
    ck_assert_uint_eq(fake_heap_objects, objects);
    ck_assert_uint_eq(fake_frames_used, frames);
    /* The other way round, and with the slave open several times, by its peer too. */
    for (unsigned way = 0; way < 2; way++) {
        master = open_master();
        long other = open_slave(0, ABI_O_RDWR | ABI_O_NOCTTY);
        slave = fake_call(ioctl, master, 0x5441, ABI_O_RDWR | ABI_O_NOCTTY);
        ck_assert_int_ge(slave, 0);
        fake_call(close, way ? other : master);
        fake_call(close, slave);
        fake_call(close, way ? master : other);
        ck_assert_uint_eq(fake_heap_objects, objects);
    }
}
END_TEST

START_TEST(test_locked)
{
    int32_t locked = 1;
    fake_call(ioctl, master, TIOCSPTLCK_, &locked);
    size_t before = fake_heap_objects;
    ck_assert_int_eq(fake_call(ioctl, master, 0x5441, ABI_O_RDWR), -EIO);
    ck_assert_int_eq(open_slave(0, ABI_O_RDWR), -EIO);
    ck_assert_uint_eq(fake_heap_objects, before);
}
END_TEST

static void set_raw(void)
{
    struct abi_termios termios;
    ck_assert_int_eq(fake_call(ioctl, slave, 0x5401, &termios), 0);
    termios.local &= ~(ABI_ICANON | ABI_ECHO | ABI_ISIG);
    termios.output = 0;
    ck_assert_int_eq(fake_call(ioctl, slave, 0x5402, &termios), 0);
}

static int read_at_master(void)
{
    char some[100];
    ck_assert_int_eq(fake_call(read, master, some, sizeof(some)), sizeof(some));
    return 0;
}

static int read_at_slave(void)
{
    char some[100];
    ck_assert_int_eq(fake_call(read, slave, some, sizeof(some)), sizeof(some));
    return 0;
}

START_TEST(test_full)
{
    set_raw();
    memset(text, 'x', sizeof(text));
    fake_call(fcntl, slave, ABI_F_SETFL, ABI_O_NONBLOCK);
    long done = fake_call(write, slave, text, sizeof(text));
    ck_assert_int_gt(done, 4000);
    ck_assert_int_le(done, (long)PTY_OUTPUT_SIZE);
    ck_assert_int_eq(fake_call(write, slave, text, 1), -EAGAIN);
    fake_call(fcntl, slave, ABI_F_SETFL, 0);
    fake_sleep = read_at_master; /* each sleep of the writer's is a turn of the reader's */
    ck_assert_int_eq(fake_call(write, slave, text, 1000), 1000);
    fake_sleep = NULL;
    fake_call(fcntl, master, ABI_F_SETFL, ABI_O_NONBLOCK);
    done = fake_call(write, master, text, sizeof(text));
    ck_assert_int_eq(done, LINE_INPUT_SIZE - 1);
    ck_assert_int_eq(fake_call(write, master, text, 1), -EAGAIN);
    fake_call(fcntl, master, ABI_F_SETFL, 0);
    fake_sleep = read_at_slave;
    ck_assert_int_eq(fake_call(write, master, text, 1000), 1000);
}
END_TEST

static int close_master(void)
{
    fake_call(close, master);
    return 0;
}

static int close_slave(void)
{
    fake_call(close, slave);
    return 0;
}

START_TEST(test_sleepers)
{
    /* Another process has the end that closes. */
    fake_fork(1);
    fake_call(close, master);
    fake_run(1);
    fake_call(close, slave);
    fake_run(0);
    ck_assert_str_eq(take(slave, 10), "E512"); /* nothing came but a signal */
    fake_run(1);
    close_master();
    fake_run(0);
    ck_assert_str_eq(take(slave, 10), "");
    ck_assert_int_eq(fake_call(write, slave, "x", 1), -EIO);
    struct abi_termios termios;
    ck_assert_int_eq(fake_call(ioctl, slave, 0x5401, &termios), -EIO);
}
END_TEST

START_TEST(test_slave_closes)
{
    put(slave, "last");
    fake_sleep = NULL;
    close_slave();
    ck_assert_str_eq(take(master, 10), "last");
    ck_assert_str_eq(take(master, 10), "E5");
    slave = open_slave(0, ABI_O_RDWR | ABI_O_NOCTTY);
    fake_sleep = close_slave;
    ck_assert_str_eq(take(master, 10), "E5"); /* closed while it slept */
}
END_TEST

START_TEST(test_session)
{
    struct process *leader = process_current();
    leader->terminal = NULL;
    long controlling = open_slave(0, ABI_O_RDWR);
    ck_assert_ptr_ne(leader->terminal, NULL);
    ck_assert_uint_eq(tty_number(leader->terminal), ABI_DEVICE(136, 0));
    long current = fake_call(open, "/dev/tty", ABI_O_RDWR, 0);
    ck_assert_int_ge(current, 0);
    fake_fork(1);
    fake_processes[1].terminal = leader->terminal;
    put(master, "\3");
    ck_assert_int_eq(fake_signal, ABI_SIGINT);
    ck_assert_int_eq(fake_signal_group, 1);
    fake_run(1);
    fake_call(close, master); /* not the last file of the master's */
    ck_assert_ptr_ne(leader->terminal, NULL);
    fake_run(0);
    fake_signal = 0;
    close_master();
    ck_assert_int_eq(fake_signal, ABI_SIGCONT);
    ck_assert_int_eq(fake_signal_pid, 1);
    ck_assert_int_eq(leader->hung_up_group, 1);
    ck_assert_ptr_eq(leader->terminal, NULL);
    ck_assert_ptr_eq(fake_processes[1].terminal, NULL);
    ck_assert_str_eq(take(current, 10), "");
    ck_assert_int_eq(fake_call(write, controlling, "x", 1), -EIO);
    ck_assert_int_eq(fake_call(open, "/dev/tty", ABI_O_RDWR, 0), -ENXIO);
    fake_signal = fake_signal_group = 0;
    tty_leader_exit(leader);
    ck_assert_int_eq(fake_signal_group, 1);
}
END_TEST

START_TEST(test_directory)
{
    char path[64] = "";
    long directory = fake_call(open, "/dev/pts", ABI_O_DIRECTORY, 0);
    long bytes = fake_call(getdents64, directory, text, sizeof(text));
    unsigned found = 0;
    for (long at = 0; at < bytes;) {
        const struct abi_directory_entry *entry = (const void *)(text + at);
        found = found * 10 + (strcmp(entry->name, "ptmx") == 0 ? 1 : strcmp(entry->name, "0") == 0 ? 2 : 0);
        at += entry->bytes;
    }
    ck_assert_uint_eq(found, 12);
    ck_assert_int_eq(fake_call(getdents64, directory, text, sizeof(text)), 0);
    long link = snprintf(text, 64, "/proc/self/fd/%ld", slave);
    ck_assert_int_gt(link, 0);
    ck_assert_int_eq(fake_call(readlink, text, path, sizeof(path)), 10);
    ck_assert_int_eq(memcmp(path, "/dev/pts/0", 10), 0);
    ck_assert_int_ge(fake_call(open, "/dev/pts/ptmx", ABI_O_RDWR, 0), 0);
    ck_assert_int_eq(fake_call(mkdir, "/dev/pts/1", 0700), -EEXIST);
    ck_assert_int_lt(fake_call(mkdir, "/dev/pts/x", 0700), 0);
    ck_assert_int_lt(fake_call(unlink, "/dev/pts/0"), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_both_ways, test_numbers,  test_nothing_stays, test_locked, test_full,
        test_sleepers,  test_slave_closes, test_session,   test_directory,
    };
    Suite *suite = suite_create("fs_pty");
    TCase *cases = tcase_create("pty");

    tcase_add_checked_fixture(cases, setup, teardown);
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}
