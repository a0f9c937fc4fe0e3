/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal: line editing, echo, signals, raw modes, job control, and the ioctls.
 */
#include "fake_kernel.h"

#include "fs/line_discipline.h"
#include "fs/linux_abi.h"
#include "fs/tty.h"
#include "fs/tty_internal.h"
#include "kernel/errno.h"
#include "suite.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char shown[8192];
static size_t shown_bytes;
static long terminal;

static void port_write(struct tty_port *port, const char *bytes, size_t count)
{
    (void)port;
    ck_assert_uint_lt(shown_bytes + count, sizeof(shown));
    memcpy(shown + shown_bytes, bytes, count);
    shown_bytes += count;
    shown[shown_bytes] = '\0';
}

static struct tty_port port = {.write = port_write};

static void setup(void)
{
    memset(tty_serial(), 0, sizeof(struct tty));
    fake_start(NULL, 0);
    tty_attach(tty_serial(), &port);
    fake_signal = fake_signal_group = 0;
    fake_signal_ineffective = fake_group_orphaned = false;
    terminal = fake_call(open, "/dev/ttyS0", ABI_O_RDWR, 0);
    ck_assert_int_ge(terminal, 0);
    fake_call(fcntl, terminal, ABI_F_SETFL, ABI_O_NONBLOCK);
    shown_bytes = 0;
    shown[0] = '\0';
}

static void teardown(void)
{
    fake_stop();
}

static void type(const char *text)
{
    tty_input(tty_serial(), (const uint8_t *)text, strlen(text));
}

/* Reads once; the text or "E<errno>". */
static const char *take(size_t bytes)
{
    static char text[5000];
    long count = fake_call(read, terminal, text, bytes);
    if (count < 0)
        snprintf(text, sizeof(text), "E%ld", -count);
    else
        text[count] = '\0';
    return text;
}

static void set_local(uint32_t clear, uint32_t set, uint8_t minimum, uint8_t time)
{
    struct abi_termios termios;
    ck_assert_int_eq(fake_call(ioctl, terminal, 0x5401, &termios), 0);
    termios.local = (termios.local & ~clear) | set;
    termios.control_characters[ABI_VMIN] = minimum;
    termios.control_characters[ABI_VTIME] = time;
    ck_assert_int_eq(fake_call(ioctl, terminal, 0x5402, &termios), 0);
}

START_TEST(test_lines)
{
    ck_assert_str_eq(take(100), "E11");
    type("ls");
    ck_assert_str_eq(take(100), "E11");
    type(" -l\rpwd\n");
    ck_assert_str_eq(take(100), "ls -l\n");
    ck_assert_str_eq(take(2), "pw");
    ck_assert_str_eq(take(100), "d\n");
    ck_assert_str_eq(take(100), "E11");
    ck_assert_str_eq(shown, "ls -l\r\npwd\r\n");
}
END_TEST

START_TEST(test_erase)
{
    type("abc\x7f\x7fx\n");
    ck_assert_str_eq(take(100), "ax\n");
    ck_assert_str_eq(shown, "abc\b \b\b \bx\r\n");
    shown_bytes = 0;
    type("\x7f\x7fy\n"); /* nothing to erase */
    ck_assert_str_eq(take(100), "y\n");
    ck_assert_str_eq(shown, "y\r\n");
    shown_bytes = 0;
    type("one two  \x17z\n");
    ck_assert_str_eq(take(100), "one z\n");
    type("gone\x15kept\n");
    ck_assert_str_eq(take(100), "kept\n");
    shown_bytes = 0;
    type("a\x01\x7f\x7f\n"); /* ^A takes two columns */
    ck_assert_str_eq(take(100), "\n");
    ck_assert_str_eq(shown, "a^A\b \b\b \b\b \b\r\n");
    shown_bytes = 0;
    type("h\xc3\xa9\x7f\x7f\n"); /* a character of two bytes and one column */
    ck_assert_str_eq(take(100), "\n");
    ck_assert_str_eq(shown, "h\xc3\xa9\b \b\b \b\r\n");
    shown_bytes = 0;
    type("ab\t\x7f\n"); /* back over a tab without blanking */
    ck_assert_str_eq(take(100), "ab\n");
    ck_assert_str_eq(shown, "ab\t\b\b\b\b\b\b\r\n");
}
END_TEST

START_TEST(test_end_of_file)
{
    type("\x04");
    ck_assert_str_eq(take(100), "");
    ck_assert_str_eq(take(100), "E11");
    type("abc\x04");
    ck_assert_str_eq(take(100), "abc");
    ck_assert_str_eq(take(100), "E11");
    type("abc\x04");
    ck_assert_str_eq(take(3), "abc"); /* the mark goes with the last byte */
    ck_assert_str_eq(take(100), "E11");
}
END_TEST

START_TEST(test_literal_next_and_reprint)
{
    type("\x16\x03\x16\x7f\n");
    ck_assert_str_eq(take(100), "\x03\x7f\n");
    ck_assert_int_eq(fake_signal, 0);
    shown_bytes = 0;
    type("ab\x12\n");
    ck_assert_str_eq(shown, "ab^R\r\nab\r\n");
}
END_TEST

START_TEST(test_signals)
{
    type("half\x03");
    ck_assert_int_eq(fake_signal, ABI_SIGINT);
    ck_assert_int_eq(fake_signal_group, 1);
    ck_assert_str_eq(shown, "half^C");
    type("x\n");
    ck_assert_str_eq(take(100), "x\n");
    type("\x1a");
    ck_assert_int_eq(fake_signal, ABI_SIGTSTP);
    type("\x1c");
    ck_assert_int_eq(fake_signal, ABI_SIGQUIT);
    set_local(ABI_ISIG, 0, 1, 0);
    fake_signal = 0;
    type("\x03\n");
    ck_assert_int_eq(fake_signal, 0);
    ck_assert_str_eq(take(100), "\x03\n");
}
END_TEST

START_TEST(test_raw)
{
    set_local(ABI_ICANON | ABI_ECHO | ABI_ISIG, 0, 1, 0);
    type("a\x7f\x04");
    ck_assert_str_eq(shown, "");
    ck_assert_str_eq(take(1), "a");
    ck_assert_str_eq(take(100), "\x7f\x04");
    ck_assert_str_eq(take(100), "E11");
    set_local(ABI_ICANON, 0, 0, 0); /* a read that never waits */
    fake_call(fcntl, terminal, ABI_F_SETFL, 0);
    ck_assert_str_eq(take(100), "");
    type("z");
    ck_assert_str_eq(take(100), "z");
    set_local(ABI_ICANON, 0, 0, 5); /* half a second at most */
    uint64_t before = fake_now_ns;
    ck_assert_str_eq(take(100), "");
    ck_assert_uint_eq(fake_now_ns - before, 500000000);
    set_local(ABI_ICANON, 0, 3, 0);
    type("ab");
    ck_assert_str_eq(take(2), "ab");
}
END_TEST

static int type_more(void)
{
    type("c");
    return 0;
}

START_TEST(test_minimum)
{
    set_local(ABI_ICANON | ABI_ECHO, 0, 3, 0);
    fake_call(fcntl, terminal, ABI_F_SETFL, 0);
    type("ab");
    fake_sleep = type_more;
    ck_assert_str_eq(take(100), "abc");
    type("ab");
    fake_sleep = NULL;
    set_local(ABI_ICANON, 0, 3, 1); /* after a byte, a tenth of a second */
    ck_assert_str_eq(take(100), "ab");
}
END_TEST

START_TEST(test_mode_changes_keep_what_was_typed)
{
    type("ahead\nmore");
    set_local(ABI_ICANON | ABI_ECHO, 0, 1, 0);
    ck_assert_str_eq(take(100), "ahead\nmore");
    type("raw");
    set_local(0, ABI_ICANON, 1, 0);
    ck_assert_str_eq(take(100), "raw");
    ck_assert_str_eq(take(100), "E11");
    set_local(ABI_ICANON, 0, 1, 0);
    type("all taken");
    ck_assert_str_eq(take(100), "all taken");
    set_local(0, ABI_ICANON, 1, 0);
    ck_assert_str_eq(take(100), "E11");
    type("lost\n");
    struct abi_termios termios;
    fake_call(ioctl, terminal, 0x5401, &termios);
    ck_assert_int_eq(fake_call(ioctl, terminal, 0x5404, &termios), 0);
    ck_assert_str_eq(take(100), "E11");
}
END_TEST

START_TEST(test_full_line)
{
    static char text[5000];
    set_local(ABI_ECHO, 0, 1, 0);
    memset(text, 'x', sizeof(text) - 1);
    type(text);
    ck_assert_str_eq(take(100), "E11");
    type("\n");
    ck_assert_uint_eq(strlen(take(4999)), 4096);
    type("ok\n");
    ck_assert_str_eq(take(100), "ok\n");
}
END_TEST

START_TEST(test_output)
{
    ck_assert_int_eq(fake_call(write, terminal, "a\nb\tc\r", 6), 6);
    ck_assert_str_eq(shown, "a\r\nb\tc\r");
    struct abi_termios termios;
    fake_call(ioctl, terminal, 0x5401, &termios);
    termios.output = 0;
    fake_call(ioctl, terminal, 0x5402, &termios);
    shown_bytes = 0;
    fake_call(write, terminal, "\n", 1);
    ck_assert_str_eq(shown, "\n");
    termios.output = ABI_OPOST | ABI_XTABS;
    fake_call(ioctl, terminal, 0x5402, &termios);
    shown_bytes = 0;
    fake_call(write, terminal, "\rab\tc", 5);
    ck_assert_str_eq(shown, "\rab      c");
    ck_assert_int_eq(fake_call(write, terminal, 16, 3), -EFAULT);
}
END_TEST

START_TEST(test_job_control)
{
    struct process *process = process_current();
    int32_t group = 0;
    ck_assert_ptr_eq(process->terminal, tty_serial());
    ck_assert_int_eq(fake_call(ioctl, terminal, 0x540f, &group), 0);
    ck_assert_int_eq(group, 1);
    fake_fork(1);
    fake_processes[1].group_id = 2;
    group = 2;
    ck_assert_int_eq(fake_call(ioctl, terminal, 0x5410, &group), 0);
    type("for the other\n");
    ck_assert_str_eq(take(100), "E512"); /* ERESTARTSYS after SIGTTIN */
    ck_assert_int_eq(fake_signal, ABI_SIGTTIN);
    fake_signal_ineffective = true;
    ck_assert_str_eq(take(100), "E5");
    fake_signal_ineffective = false;
    fake_group_orphaned = true;
    ck_assert_str_eq(take(100), "E5");
    fake_group_orphaned = false;
    ck_assert_int_eq(fake_call(write, terminal, "x", 1), 1);
    group = 1;
    ck_assert_int_eq(fake_call(ioctl, terminal, 0x5410, &group), -ERESTARTSYS);
    ck_assert_int_eq(fake_signal, ABI_SIGTTOU);
    fake_signal_ineffective = true; /* as a shell does it: SIGTTOU ignored */
    ck_assert_int_eq(fake_call(ioctl, terminal, 0x5410, &group), 0);
    group = 77;
    ck_assert_int_eq(fake_call(ioctl, terminal, 0x5410, &group), -EPERM);
    fake_signal_ineffective = false;
    set_local(0, ABI_TOSTOP, 1, 0);
    fake_run(1);
    ck_assert_int_eq(fake_call(write, terminal, "x", 1), -ERESTARTSYS);
    ck_assert_int_eq(fake_signal_group, 2);
    fake_run(0);
    ck_assert_str_eq(take(100), "for the other\n");
}
END_TEST

START_TEST(test_session_end)
{
    struct process *process = process_current();
    fake_fork(1);
    tty_leader_exit(process);
    ck_assert_int_eq(fake_signal, ABI_SIGCONT);
    ck_assert_ptr_null(process->terminal);
    ck_assert_ptr_null(fake_processes[1].terminal);
    ck_assert_int_eq(fake_call(open, "/dev/tty", ABI_O_RDWR, 0), -ENXIO);
    ck_assert_int_eq(fake_call(ioctl, terminal, 0x540e, 0), 0);
    ck_assert_ptr_eq(process->terminal, tty_serial());
    ck_assert_int_ge(fake_call(open, "/dev/tty", ABI_O_RDWR, 0), 0);
    fake_run(1);
    ck_assert_int_eq(fake_call(ioctl, terminal, 0x540e, 0), -EPERM);
}
END_TEST

START_TEST(test_size_and_counts)
{
    struct abi_winsize size = {50, 120, 0, 0}, back;
    int32_t count;
    ck_assert_int_eq(fake_call(ioctl, terminal, 0x5414, &size), 0);
    ck_assert_int_eq(fake_signal, ABI_SIGWINCH);
    ck_assert_int_eq(fake_call(ioctl, terminal, 0x5413, &back), 0);
    ck_assert_int_eq(memcmp(&size, &back, sizeof(size)), 0);
    type("abc\n");
    ck_assert_int_eq(fake_call(ioctl, terminal, 0x541b, &count), 0);
    ck_assert_int_eq(count, 4);
    struct abi_pollfd entry = {(int)terminal, ABI_POLLIN, 0};
    ck_assert_int_eq(fake_call(poll, &entry, 1, 0), 1);
    fake_call(ioctl, terminal, 0x540b, 0);
    ck_assert_int_eq(fake_call(poll, &entry, 1, 0), 0);
    ck_assert_int_eq(fake_call(ioctl, terminal, 0x9999, 0), -ENOTTY);
    ck_assert_int_eq(fake_call(ioctl, terminal, 0x5413, 16), -EFAULT);
}
END_TEST

static void set_input(uint32_t clear, uint32_t set)
{
    struct abi_termios termios;
    ck_assert_int_eq(fake_call(ioctl, terminal, 0x5401, &termios), 0);
    termios.input = (termios.input & ~clear) | set;
    ck_assert_int_eq(fake_call(ioctl, terminal, 0x5402, &termios), 0);
}

START_TEST(test_stopped_output)
{
    static char many[2 * LINE_HELD_SIZE + 1];
    type("\x13");
    ck_assert_int_eq(fake_call(write, terminal, "x", 1), -EAGAIN);
    type("ab\n");
    ck_assert_str_eq(take(100), "ab\n");
    ck_assert_str_eq(shown, "");
    type("\x11");
    ck_assert_str_eq(shown, "ab\r\n");
    ck_assert_int_eq(fake_call(write, terminal, "x", 1), 1);
    type("\x13");
    memset(many, 'm', sizeof(many) - 2); /* more than is held back: the rest is lost, the line is not */
    type(many);
    type("\n");
    shown_bytes = 0;
    type("\x11");
    ck_assert_uint_eq(shown_bytes, LINE_HELD_SIZE);
    ck_assert_str_eq(take(sizeof(many)), (many[sizeof(many) - 2] = '\n', many));
    type("\x13half\x03"); /* a signal starts output, without what was held back */
    ck_assert_int_eq(fake_signal, ABI_SIGINT);
    ck_assert_str_eq(shown + LINE_HELD_SIZE, "^C");
    type("\x13");
    set_input(ABI_IXON, 0);
    ck_assert_int_eq(fake_call(write, terminal, "x", 1), 1);
}
END_TEST

static int press_start(void)
{
    type("\x11");
    return 0;
}

START_TEST(test_writer_waits)
{
    fake_call(fcntl, terminal, ABI_F_SETFL, 0);
    type("\x13");
    fake_sleep = press_start;
    ck_assert_int_eq(fake_call(write, terminal, "late", 4), 4);
    ck_assert_str_eq(shown, "late");
    fake_sleep = NULL;
}
END_TEST

START_TEST(test_other_end_is_asked_to_wait)
{
    static char many[LINE_INPUT_SIZE - 1];
    set_local(ABI_ICANON | ABI_ECHO, 0, 1, 0);
    memset(many, 'm', sizeof(many) - 1);
    type(many);
    ck_assert_str_eq(shown, "");
    set_input(0, ABI_IXOFF);
    type("n");
    ck_assert_str_eq(shown, "\x13");
    take(LINE_INPUT_SIZE / 2);
    ck_assert_str_eq(shown, "\x13");
    take(LINE_INPUT_SIZE / 2);
    ck_assert_str_eq(shown, "\x13\x11");
}
END_TEST

START_TEST(test_random_input_keeps_its_bounds)
{
    uint8_t bytes[64];
    char text[256];
    srand(7);
    for (unsigned round = 0; round < 3000; round++) {
        for (unsigned i = 0; i < sizeof(bytes); i++)
            bytes[i] = (uint8_t)(rand() % 4 ? rand() % 32 : rand());
        tty_input(tty_serial(), bytes, (size_t)rand() % sizeof(bytes));
        shown_bytes = 0;
        if (round % 3 == 0)
            fake_call(read, terminal, text, (size_t)rand() % sizeof(text));
        if (round % 50 == 0)
            set_local(ABI_ICANON, rand() % 2 ? ABI_ICANON : 0, 1, 0);
        const struct line_discipline *line = &tty_serial()->line;
        ck_assert_uint_le(line->written - line->taken, LINE_INPUT_SIZE);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_lines,
        test_erase,
        test_end_of_file,
        test_literal_next_and_reprint,
        test_signals,
        test_raw,
        test_minimum,
        test_mode_changes_keep_what_was_typed,
        test_full_line,
        test_output,
        test_job_control,
        test_session_end,
        test_size_and_counts,
        test_stopped_output,
        test_writer_waits,
        test_other_end_is_asked_to_wait,
        test_random_input_keeps_its_bounds,
    };
    Suite *suite = suite_create("fs_tty");
    TCase *cases = tcase_create("tty");

    tcase_add_checked_fixture(cases, setup, teardown);
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}
