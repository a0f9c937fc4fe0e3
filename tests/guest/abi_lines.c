/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What termios(3) promises of a line, through ptys: editing and echo by each setting, output's rewriting, flow control
 * by keys and by calls, and the packets that tell a master of it.
 */
#include "abi.h"
#include "abi_pair.h"
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#ifndef TIOCGEXCL
#define TIOCGEXCL 0x80045440
#endif
#define LINES_EXTPROC 0200000

static void set_flags(int file, tcflag_t input, tcflag_t output, tcflag_t local)
{
    struct termios settings;
    tcgetattr(file, &settings);
    settings.c_iflag = input;
    settings.c_oflag = output;
    settings.c_lflag = local;
    tcsetattr(file, TCSANOW, &settings);
}

#define SANE_LOCAL (ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN)

/* Typed with these settings, a line reads as `line` and shows as `shown`. */
static const struct line_case {
    tcflag_t input, local;
    const char *typed, *line, *shown;
} line_cases[] = {
    {ICRNL, SANE_LOCAL, "ab\022c\n", "abc\n", "ab^R\r\nabc\r\n"},
    {ICRNL, SANE_LOCAL & ~(tcflag_t)IEXTEN, "ab\022c\n", "ab\022c\n", "ab^Rc\r\n"},
    {ICRNL, SANE_LOCAL, "a\026\003b\n", "a\003b\n", "a^\b^Cb\r\n"},
    {ICRNL, SANE_LOCAL, "a\026\nb\n", "a\nb\n", "a^\b^Jb\r\n"},
    {ICRNL, SANE_LOCAL & ~(tcflag_t)ECHOCTL, "a\026\001b\n", "a\001b\n", "a\001b\r\n"},
    {ICRNL, SANE_LOCAL, "one two\027x\n", "one x\n", "one two\b \b\b \b\b \bx\r\n"},
    {ICRNL, SANE_LOCAL, "abc\025d\n", "d\n", "abc\b \b\b \b\b \bd\r\n"},
    {ICRNL, SANE_LOCAL & ~(tcflag_t)ECHOKE, "abc\025d\n", "d\n", "abc^U\r\nd\r\n"},
    {ICRNL, SANE_LOCAL & ~(tcflag_t)(ECHOKE | ECHOK), "abc\025d\n", "d\n", "abc^Ud\r\n"},
    {ICRNL, SANE_LOCAL & ~(tcflag_t)ECHOE, "abc\177d\n", "abd\n", "abc^?d\r\n"},
    {ICRNL, SANE_LOCAL & ~(tcflag_t)ECHOE, "a bc\027d\n", "a d\n", "a bc\b \b\b \bd\r\n"},
    {ICRNL, SANE_LOCAL | ECHOPRT, "abc\177\177d\n", "ad\n", "abc\\cb/d\r\n"},
    {ICRNL, SANE_LOCAL | ECHOPRT, "ab\177\177d\n", "d\n", "ab\\ba/d\r\n"},
    {ICRNL, SANE_LOCAL, "a\tb\177\177c\n", "ac\n", "a\tb\b \b\b\b\b\b\b\b\bc\r\n"},
    {ICRNL | IUTF8, SANE_LOCAL, "\303\244\303\266\177x\n", "\303\244x\n", "\303\244\303\266\b \bx\r\n"},
    {ICRNL | IUCLC, SANE_LOCAL, "ABc\n", "abc\n", "abc\r\n"},
    {ICRNL | ISTRIP, SANE_LOCAL, "\341b\n", "ab\n", "ab\r\n"},
    {ICRNL | PARMRK, SANE_LOCAL, "a\377b\n", "a\377\377b\n", "a\377b\r\n"},
    {INLCR | IXON, SANE_LOCAL & ~(tcflag_t)ICANON, "a\n", "a\r", "a^M"},
    {IGNCR, SANE_LOCAL, "a\r\n", "a\n", "a\r\n"},
    {ICRNL, ICANON | ECHONL, "abc\n", "abc\n", "\r\n"},
    {ICRNL, SANE_LOCAL | LINES_EXTPROC, "a\177\003", "a\177\003", ""},
};

static void test_line_cases(void)
{
    for (unsigned i = 0; i < sizeof(line_cases) / sizeof(line_cases[0]); i++) {
        const struct line_case *line = &line_cases[i];
        char read_back[100] = "";
        struct pair pair;
        make_pair(&pair);
        set_flags(pair.slave, line->input, OPOST | ONLCR, line->local);
        ssize_t typed = (ssize_t)strlen(line->typed);
        CHECK(write(pair.master, line->typed, (size_t)typed) == typed);
        strcpy(read_back, take(pair.slave, strlen(line->line)));
        const char *shown = take(pair.master, strlen(line->shown));
        bool right = strcmp(read_back, line->line) == 0 && strcmp(shown, line->shown) == 0;
        CHECK(right && NOTHING_IN(pair.slave) && NOTHING_IN(pair.master));
        if (!right)
            printf("line case %u: read \"%s\", shown \"%s\"\n", i, read_back, shown);
        close_pair(&pair);
    }
}

static const struct output_case {
    tcflag_t output;
    const char *written, *shown;
} output_cases[] = {
    {OPOST | ONLCR, "a\nb", "a\r\nb"},
    {OPOST, "a\nb", "a\nb"},
    {OPOST | OCRNL, "a\rb", "a\nb"},
    {OPOST | ONOCR, "\ra\r\rb", "a\rb"},
    {OPOST | ONOCR | OCRNL, "\ra\r\rb", "a\n\nb"},
    {OPOST | ONOCR | OCRNL | ONLRET, "\ra\r\rb", "a\nb"},
    {OPOST | ONLRET | ONOCR, "a\n\rb", "a\nb"},
    {OPOST | OLCUC, "abc\n\303\244", "ABC\n\303\244"},
    {OPOST | XTABS, "ab\tc\b\b\td", "ab      c\b\b d"},
    {ONLCR | OLCUC, "a\n\t", "a\n\t"},
};

static void test_output_cases(void)
{
    for (unsigned i = 0; i < sizeof(output_cases) / sizeof(output_cases[0]); i++) {
        const struct output_case *output = &output_cases[i];
        struct pair pair;
        make_pair(&pair);
        set_flags(pair.slave, ICRNL, output->output, SANE_LOCAL);
        ssize_t bytes = (ssize_t)strlen(output->written);
        CHECK(write(pair.slave, output->written, (size_t)bytes) == bytes);
        const char *shown = take(pair.master, strlen(output->shown));
        bool right = strcmp(shown, output->shown) == 0;
        CHECK(right && NOTHING_IN(pair.master));
        if (!right)
            printf("output case %u: \"%s\"\n", i, shown);
        close_pair(&pair);
    }
}

/* ^S has been typed: waits until it is heard. */
static void wait_for_stop(int slave)
{
    for (int tries = 0; tries < 1000 && (ready(slave, POLLOUT, 0) & POLLOUT); tries++)
        usleep(10000);
}

/* Output stops and goes on: writers wait, and what was typed meanwhile is echoed afterwards. */
static void test_flow_keys(void)
{
    struct pair pair;
    int status;
    make_pair(&pair);
    CHECK(fcntl(pair.slave, F_SETFL, O_NONBLOCK) == 0 && TYPE(pair.master, "\023"));
    wait_for_stop(pair.slave);
    CHECK(write(pair.slave, "x", 1) == -1 && errno == EAGAIN && !(ready(pair.slave, POLLOUT, 0) & POLLOUT));
    CHECK(TYPE(pair.master, "ab\n") && TAKES(pair.slave, "ab\n") && NOTHING_IN(pair.master));
    CHECK(TYPE(pair.master, "\021") && TAKES(pair.master, "ab\r\n") && TYPE(pair.slave, "on") &&
          TAKES(pair.master, "on"));
    fcntl(pair.slave, F_SETFL, 0);
    CHECK(TYPE(pair.master, "\023"));
    wait_for_stop(pair.slave);
    pid_t child = fork();
    if (child == 0)
        _exit(write(pair.slave, "late", 4) != 4);
    CHECK(NOTHING_IN(pair.master) && waitpid(child, &status, WNOHANG) == 0);
    CHECK(TYPE(pair.master, "\021") && TAKES(pair.master, "late") && waitpid(child, &status, 0) == child &&
          status == 0);
    set_flags(pair.slave, ICRNL | IXON | IXANY, OPOST, SANE_LOCAL);
    CHECK(TYPE(pair.master, "\023q") && TAKES(pair.master, "q") && TYPE(pair.slave, "any") &&
          TAKES(pair.master, "any"));
    CHECK(TYPE(pair.master, "\023\003") && TAKES(pair.master, "^C") && TYPE(pair.slave, "s") &&
          TAKES(pair.master, "s"));
    CHECK(TYPE(pair.master, "\023"));
    wait_for_stop(pair.slave);
    set_flags(pair.slave, ICRNL, OPOST, SANE_LOCAL); /* without IXON no key could start it */
    CHECK(TYPE(pair.slave, "free") && TAKES(pair.master, "free"));
    CHECK(TYPE(pair.master, "\023\n") && TAKES(pair.slave, "\023\n") && TAKES(pair.master, "^S\n"));
    close_pair(&pair);
}

static void test_flow_calls(void)
{
    struct pair pair;
    make_pair(&pair);
    CHECK(fcntl(pair.slave, F_SETFL, O_NONBLOCK) == 0 && fcntl(pair.master, F_SETFL, O_NONBLOCK) == 0);
    CHECK(tcflow(pair.slave, TCOOFF) == 0 && write(pair.slave, "x", 1) == -1 && errno == EAGAIN);
    CHECK(TYPE(pair.master, "\021"));
    usleep(20000);
    CHECK(write(pair.slave, "x", 1) == -1 && errno == EAGAIN); /* a key does not undo the call */
    CHECK(tcflow(pair.slave, TCOON) == 0 && TYPE(pair.slave, "x") && TAKES(pair.master, "x"));
    CHECK(tcflow(pair.slave, TCIOFF) == 0 && TAKES(pair.master, "\023"));
    CHECK(tcflow(pair.slave, TCION) == 0 && TAKES(pair.master, "\021"));
    CHECK(tcflow(pair.slave, 4) == -1 && errno == EINVAL && tcflow(pair.master, 4) == -1 && errno == EINVAL);
    CHECK(tcflow(pair.master, TCOOFF) == 0 && write(pair.master, "y", 1) == -1 && errno == EAGAIN);
    CHECK(!(ready(pair.master, POLLOUT, 0) & POLLOUT));
    CHECK(tcflow(pair.master, TCOON) == 0 && TYPE(pair.master, "y\n") && TAKES(pair.slave, "y\n"));
    CHECK(TAKES(pair.master, "y\r\n") && tcflow(pair.master, TCIOFF) == 0);
    usleep(20000);
    CHECK(write(pair.slave, "x", 1) == -1 && errno == EAGAIN && tcflow(pair.master, TCION) == 0);
    usleep(20000);
    CHECK(TYPE(pair.slave, "x") && TAKES(pair.master, "x"));
    CHECK(tcsendbreak(pair.slave, 0) == 0 && tcdrain(pair.slave) == 0);
    close_pair(&pair);
}

/* The next packet's first byte. */
static int event_of(int master)
{
    unsigned char byte = 0xff;
    return ready(master, POLLIN | POLLPRI, 1000) & POLLPRI && read(master, &byte, 1) == 1 ? byte : -1;
}

static void test_flow_packets(void)
{
    struct pair pair;
    int packet = 1;
    make_pair(&pair);
    set_local(pair.slave, ECHO, 0);
    CHECK(ioctl(pair.master, TIOCPKT, &packet) == 0);
    CHECK(tcflow(pair.slave, TCOOFF) == 0 && event_of(pair.master) == TIOCPKT_STOP);
    CHECK(tcflow(pair.slave, TCOON) == 0 && event_of(pair.master) == TIOCPKT_START);
    CHECK(tcflow(pair.slave, TCOOFF) == 0 && tcflow(pair.slave, TCOON) == 0);
    CHECK(event_of(pair.master) == TIOCPKT_START && NOTHING_IN(pair.master));
    CHECK(TYPE(pair.master, "\023") && event_of(pair.master) == TIOCPKT_STOP);
    CHECK(TYPE(pair.master, "\021") && event_of(pair.master) == TIOCPKT_START);
    set_flags(pair.slave, ICRNL, OPOST, ICANON);
    CHECK(event_of(pair.master) == TIOCPKT_NOSTOP);
    set_flags(pair.slave, ICRNL | IXON, OPOST, ICANON);
    CHECK(event_of(pair.master) == TIOCPKT_DOSTOP);
    set_flags(pair.slave, ICRNL | IXON, OPOST, ICANON | LINES_EXTPROC);
    CHECK(event_of(pair.master) == TIOCPKT_IOCTL);
    set_flags(pair.slave, ICRNL | IXON, OPOST, ICANON | ISIG);
    CHECK(event_of(pair.master) == TIOCPKT_IOCTL);
    CHECK(tcflush(pair.slave, TCIFLUSH) == 0 && event_of(pair.master) == TIOCPKT_FLUSHREAD);
    CHECK(TYPE(pair.master, "\003") && event_of(pair.master) == (TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE));
    close_pair(&pair);
}

/* struct termios2 and the old struct termio, which the library has not beside the new one. */
struct lines_termios2 {
    unsigned flags[4];
    unsigned char rest[20];
    unsigned input_speed, output_speed;
};
struct lines_termio {
    unsigned short flags[4];
    unsigned char line, characters[8];
};

static void test_old_and_new_settings(void)
{
    struct pair pair;
    struct termios settings;
    struct lines_termios2 numbers;
    struct lines_termio old;
    make_pair(&pair);
    CHECK(tcgetattr(pair.slave, &settings) == 0 && settings.c_iflag == (ICRNL | IXON));
    CHECK(settings.c_cflag == (B38400 | CS8 | CREAD) && settings.c_oflag == (OPOST | ONLCR));
    settings.c_cflag = (settings.c_cflag & ~(tcflag_t)(CSIZE | CREAD | CBAUD)) | CS5 | PARENB | CSTOPB | B9600;
    CHECK(tcsetattr(pair.slave, TCSANOW, &settings) == 0 ||
          errno == EINVAL); /* the library looks whether all was set */
    CHECK(tcgetattr(pair.master, &settings) == 0 && settings.c_cflag == (B9600 | CS8 | CREAD | CSTOPB));
    CHECK(ioctl(pair.slave, 0x802c542a, &numbers) == 0 && numbers.output_speed == 9600 && numbers.input_speed == 9600);
    numbers.flags[2] = (numbers.flags[2] & ~(unsigned)CBAUD) | 0x1000; /* BOTHER */
    numbers.output_speed = 12345;
    CHECK(ioctl(pair.slave, 0x402c542b, &numbers) == 0 && ioctl(pair.slave, 0x802c542a, &numbers) == 0);
    CHECK(numbers.output_speed == 12345 && (numbers.flags[2] & CBAUD) == 0x1000);
    CHECK(ioctl(pair.slave, 0x5405, &old) == 0 && old.characters[VINTR] == 3 && (old.flags[3] & ICANON));
    old.flags[3] &= (unsigned short)~ECHO;
    CHECK(ioctl(pair.slave, 0x5406, &old) == 0 && tcgetattr(pair.slave, &settings) == 0 && !(settings.c_lflag & ECHO));
    CHECK(ioctl(pair.slave, 0x5405, (void *)16) == -1 && errno == EFAULT);
    CHECK(ioctl(pair.slave, 0x802c542a, (void *)16) == -1 && errno == EFAULT);
    CHECK(ioctl(pair.slave, 0x402c542b, (void *)16) == -1 && errno == EFAULT);
    close_pair(&pair);
}

static void test_exclusive(void)
{
    struct pair pair;
    int set = -1, discipline = 0, user = getuid() != 0, status;
    make_pair(&pair);
    CHECK(ioctl(pair.slave, TIOCGEXCL, &set) == 0 && set == 0 && ioctl(pair.slave, TIOCEXCL) == 0);
    CHECK(ioctl(pair.slave, TIOCGEXCL, &set) == 0 && set == 1);
    CHECK(ioctl(pair.master, TIOCGEXCL, &set) == 0 && set == 0);
    pid_t child = fork();
    if (child == 0) {
        EXPECT(user || (fchmod(pair.slave, 0666) == 0 && setuid(1000) == 0));
        EXPECT(open(pair.name, O_RDWR | O_NOCTTY) == -1 && errno == EBUSY);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(ioctl(pair.slave, TIOCNXCL) == 0);
    int other = open(pair.name, O_RDWR | O_NOCTTY);
    CHECK(other >= 0 && close(other) == 0);
    CHECK(ioctl(pair.slave, TIOCSETD, &discipline) == 0 && ioctl(pair.slave, TIOCGETD, &discipline) == 0);
    discipline = -1;
    CHECK(ioctl(pair.slave, TIOCSETD, &discipline) == -1 && errno == EINVAL);
    CHECK(!user || (ioctl(pair.slave, TIOCSTI, "x") == -1 && (errno == EPERM || errno == EIO)));
    close_pair(&pair);
}

void abi_test_lines(void)
{
    abi_handle(SIGINT, SIG_IGN, 0);
    test_line_cases();
    test_output_cases();
    test_flow_keys();
    test_flow_calls();
    test_flow_packets();
    test_old_and_new_settings();
    test_exclusive();
    abi_handle(SIGINT, SIG_DFL, 0);
}
