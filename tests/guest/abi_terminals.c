/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pseudo-terminals: names, locks, the line discipline seen from both ends, sessions and what a hang-up does. Linux
 * hands bytes from end to end by a thread of its own, so that everything is waited for.
 */
#include "abi.h"
#include "abi_pair.h"
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif
#define DEVPTS_MAGIC 0x1cd1

static volatile sig_atomic_t terminal_signals[65];

static void count_signal(int signal)
{
    terminal_signals[signal]++;
}

static void test_names(void)
{
    struct stat status;
    struct statfs system;
    struct pair pair;
    char name[32], path[64];
    int number = -1, locked = -1, lock = 1;
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    CHECK(master >= 0 && ioctl(master, TIOCGPTN, &number) == 0 && number >= 0);
    CHECK(fstat(master, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(5, 2));
    snprintf(name, sizeof(name), "/dev/pts/%d", number);
    CHECK(stat(name, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(136, number));
    CHECK(status.st_uid == geteuid() && (status.st_mode & 0600) == 0600 && status.st_nlink == 1);
    CHECK(statfs("/dev/pts", &system) == 0 && system.f_type == DEVPTS_MAGIC);
    CHECK(ioctl(master, TIOCGPTLCK, &locked) == 0 && locked == 1);
    CHECK(open(name, O_RDWR | O_NOCTTY) == -1 && errno == EIO);
    CHECK(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY) == -1 && errno == EIO);
    CHECK(grantpt(master) == 0 && unlockpt(master) == 0 && ptsname(master) && strcmp(ptsname(master), name) == 0);
    CHECK(ioctl(master, TIOCGPTLCK, &locked) == 0 && locked == 0);
    int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    CHECK(peer >= 0 && fstat(peer, &status) == 0 && status.st_rdev == makedev(136, number));
    CHECK((fcntl(peer, F_GETFD) & FD_CLOEXEC) && (fcntl(peer, F_GETFL) & O_ACCMODE) == O_RDWR);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", peer);
    ssize_t length = readlink(path, terminal_text, 100);
    CHECK(length > 0 && (terminal_text[length] = '\0', strcmp(terminal_text, name)) == 0);
    CHECK(isatty(peer) && isatty(master) && ttyname(peer) && strcmp(ttyname(peer), name) == 0);
    CHECK(ioctl(peer, TIOCGPTN, &number) == -1 && errno == ENOTTY);
    CHECK(lseek(peer, 0, SEEK_SET) == -1 && errno == ESPIPE);
    CHECK(fchmod(peer, 0622) == 0 && stat(name, &status) == 0 && (status.st_mode & 07777) == 0622);
    make_pair(&pair);
    CHECK(pair.slave >= 0 && strcmp(pair.name, name) != 0);
    close_pair(&pair);
    CHECK(access(pair.name, F_OK) == -1 && errno == ENOENT);
    CHECK(ioctl(master, TIOCSPTLCK, &lock) == 0 && open(name, O_RDWR | O_NOCTTY) == -1 && errno == EIO);
    close(master);
    CHECK(access(name, F_OK) == -1 && errno == ENOENT && fstat(peer, &status) == 0 && status.st_nlink == 0);
    CHECK(mkdir("/dev/pts/folder", 0700) == -1);
    close(peer);
}

static void test_lines(void)
{
    struct pair pair;
    struct termios settings;
    int count = 0;
    make_pair(&pair);
    CHECK(tcgetattr(pair.master, &settings) == 0);
    CHECK((settings.c_lflag & (ICANON | ECHO | ISIG)) == (ICANON | ECHO | ISIG));
    CHECK((settings.c_oflag & (OPOST | ONLCR)) == (OPOST | ONLCR) && cfgetospeed(&settings) == B38400);
    CHECK(TYPE(pair.master, "half") && TAKES(pair.master, "half") && NOTHING_IN(pair.slave));
    CHECK(TYPE(pair.master, " line\r") && TAKES(pair.slave, "half line\n") && TAKES(pair.master, " line\r\n"));
    CHECK(TYPE(pair.slave, "a\nb") && TAKES(pair.master, "a\r\nb"));
    CHECK(TYPE(pair.master, "ax\177b\n") && TAKES(pair.slave, "ab\n") && TAKES(pair.master, "ax\b \bb\r\n"));
    set_local(pair.slave, ECHO, 0);
    CHECK(TYPE(pair.master, "gone\25kept\n") && TAKES(pair.slave, "kept\n"));
    CHECK(TYPE(pair.master, "end\4") && TAKES(pair.slave, "end"));
    CHECK(TYPE(pair.master, "\4") && (ready(pair.slave, POLLIN, 10000) & POLLIN));
    CHECK(read(pair.slave, terminal_text, 9) == 0);
    CHECK(TYPE(pair.master, "one\ntwo\n") && ready(pair.slave, POLLIN, 10000) == POLLIN);
    usleep(20000);
    CHECK(ioctl(pair.slave, FIONREAD, &count) == 0 && count > 0);
    CHECK(read(pair.slave, terminal_text, 100) == 4 && read(pair.slave, terminal_text, 100) == 4);
    CHECK(NOTHING_IN(pair.slave) && ready(pair.slave, POLLOUT, 0) == POLLOUT);
    CHECK(fcntl(pair.slave, F_SETFL, O_NONBLOCK) == 0 && read(pair.slave, terminal_text, 9) == -1 && errno == EAGAIN);
    CHECK(fcntl(pair.master, F_SETFL, O_NONBLOCK) == 0 && read(pair.master, terminal_text, 9) == -1 && errno == EAGAIN);
    CHECK(TYPE(pair.slave, "seen") && ready(pair.master, POLLIN, 10000) == POLLIN);
    CHECK(ioctl(pair.master, FIONREAD, &count) == 0 && count == 4 && TAKES(pair.master, "seen"));
    CHECK(write(pair.slave, (char *)16, 3) == -1 && errno == EFAULT);
    CHECK(TYPE(pair.master, "to be\nforgotten\n") && ready(pair.slave, POLLIN, 10000) == POLLIN);
    usleep(20000);
    CHECK(tcflush(pair.slave, TCIFLUSH) == 0 && NOTHING_IN(pair.slave));
    CHECK(tcflush(pair.slave, 9) == -1 && errno == EINVAL);
    close_pair(&pair);
}

static void test_raw(void)
{
    struct pair pair;
    struct termios settings;
    char many[4000];
    make_pair(&pair);
    CHECK(tcgetattr(pair.slave, &settings) == 0);
    settings.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
    settings.c_oflag &= ~(tcflag_t)OPOST;
    settings.c_cc[VMIN] = 0;
    settings.c_cc[VTIME] = 0;
    CHECK(tcsetattr(pair.master, TCSANOW, &settings) == 0 && tcgetattr(pair.slave, &settings) == 0);
    CHECK(!(settings.c_lflag & ICANON) && read(pair.slave, many, 10) == 0);
    settings.c_cc[VTIME] = 1;
    CHECK(tcsetattr(pair.slave, TCSADRAIN, &settings) == 0 && read(pair.slave, many, 10) == 0);
    settings.c_cc[VMIN] = 3;
    settings.c_cc[VTIME] = 0;
    CHECK(tcsetattr(pair.slave, TCSANOW, &settings) == 0);
    CHECK(TYPE(pair.master, "\3\4x") && read(pair.slave, many, 10) == 3);
    CHECK(memcmp(many, "\3\4x", 3) == 0 && NOTHING_IN(pair.master));
    CHECK(TYPE(pair.slave, "\n") && TAKES(pair.master, "\n"));
    settings.c_cc[VMIN] = 1;
    tcsetattr(pair.slave, TCSANOW, &settings);
    /* More than any buffer between the ends, the other way round as well. */
    for (int way = 0; way < 2; way++) {
        int from = way ? pair.slave : pair.master, to = way ? pair.master : pair.slave;
        pid_t child = fork();
        if (child == 0) {
            memset(many, 'm', sizeof(many));
            for (int i = 0; i < 20; i++)
                for (ssize_t done = 0, part; done < (ssize_t)sizeof(many); done += part) {
                    part = write(from, many + done, sizeof(many) - (size_t)done);
                    EXPECT(part > 0);
                }
            _exit(0);
        }
        size_t sum = 0, wrong = 0;
        while (sum < 20 * sizeof(many) && (ready(to, POLLIN, 10000) & POLLIN)) {
            ssize_t part = read(to, many, sizeof(many));
            if (part <= 0)
                break;
            sum += (size_t)part;
            for (ssize_t i = 0; i < part; i++)
                wrong += many[i] != 'm';
        }
        int status = -1;
        CHECK(sum == 20 * sizeof(many) && !wrong);
        CHECK(waitpid(child, &status, 0) == child && status == 0);
    }
    CHECK(fcntl(pair.slave, F_SETFL, O_NONBLOCK) == 0);
    memset(many, 'f', sizeof(many));
    ssize_t part;
    for (int i = 0; i < 100 && (part = write(pair.slave, many, sizeof(many))) > 0; i++)
        ;
    CHECK(part == -1 && errno == EAGAIN);
    CHECK(tcflush(pair.slave, TCOFLUSH) == 0);
    close_pair(&pair);
}

static void test_closing(void)
{
    struct pair pair;
    struct termios settings;
    struct winsize size;
    make_pair(&pair);
    CHECK(TYPE(pair.slave, "last words"));
    close(pair.slave);
    CHECK(TAKES(pair.master, "last words") && read(pair.master, terminal_text, 9) == -1 && errno == EIO);
    CHECK((ready(pair.master, POLLIN, 0) & (POLLHUP | POLLIN)) == POLLHUP);
    CHECK(TYPE(pair.master, "kept for the next\n"));
    tcflush(pair.master, TCIFLUSH);
    pair.slave = open(pair.name, O_RDWR | O_NOCTTY);
    CHECK(pair.slave >= 0 && TAKES(pair.slave, "kept for the next\n") && !(ready(pair.master, POLLHUP, 0) & POLLHUP));
    int set = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    CHECK(epoll_ctl(set, EPOLL_CTL_ADD, pair.slave, &event) == 0 && epoll_wait(set, &event, 1, 0) == 0);
    close(pair.master);
    CHECK(epoll_wait(set, &event, 1, 10000) == 1 && (event.events & (EPOLLIN | EPOLLHUP)) == (EPOLLIN | EPOLLHUP));
    close(set);
    CHECK((ready(pair.slave, POLLIN | POLLOUT, 0) & (POLLIN | POLLHUP | POLLERR)) == (POLLIN | POLLHUP | POLLERR));
    CHECK(read(pair.slave, terminal_text, 9) == 0 && write(pair.slave, "x", 1) == -1 && errno == EIO);
    CHECK(tcgetattr(pair.slave, &settings) == -1 && errno == EIO);
    CHECK(ioctl(pair.slave, TIOCGWINSZ, &size) == -1 && errno == EIO);
    CHECK(open(pair.name, O_RDWR | O_NOCTTY) == -1 && errno == ENOENT);
    close(pair.slave);
}

/* Sleepers at either end find out that the other one has closed. */
static void test_sleepers(void)
{
    struct pair pair;
    int status = -1;
    make_pair(&pair);
    pid_t child = fork();
    if (child == 0) {
        close(pair.master);
        _exit(read(pair.slave, terminal_text, 9) == -1 && errno == EIO ? 5 : 6);
    }
    usleep(20000);
    close(pair.master);
    CHECK(waitpid(child, &status, 0) == child && status == 5 << 8);
    close(pair.slave);
    make_pair(&pair);
    child = fork();
    if (child == 0) {
        close(pair.slave);
        _exit(read(pair.master, terminal_text, 9) == -1 && errno == EIO ? 5 : 6);
    }
    usleep(20000);
    close(pair.slave);
    CHECK(waitpid(child, &status, 0) == child && status == 5 << 8);
    close(pair.master);
}

static void session_body(void)
{
    struct pair pair;
    struct winsize size = {40, 100, 0, 0};
    int group = -1;
    EXPECT(setsid() == getpid() && open("/dev/tty", O_RDWR) == -1 && errno == ENXIO);
    make_pair(&pair);
    EXPECT(open("/dev/tty", O_RDWR) == -1 && errno == ENXIO); /* O_NOCTTY */
    EXPECT(ioctl(pair.slave, TIOCGPGRP, &group) == -1 && errno == ENOTTY);
    EXPECT(ioctl(pair.master, TIOCGPGRP, &group) == 0 && group == 0);
    EXPECT(ioctl(pair.master, TIOCGSID, &group) == -1 && errno == ENOTTY);
    EXPECT(ioctl(pair.slave, TIOCSCTTY, 0) == 0 && tcgetpgrp(pair.slave) == getpid());
    EXPECT(tcgetsid(pair.slave) == getpid());
    EXPECT(tcgetpgrp(pair.master) == getpid() && tcgetsid(pair.master) == getpid());
    EXPECT(ioctl(pair.slave, TIOCSCTTY, 0) == 0);
    int terminal = open("/dev/tty", O_RDWR);
    EXPECT(terminal >= 0 && TYPE(terminal, "by tty") && TAKES(pair.master, "by tty"));
    EXPECT(ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_row == 0 && size.ws_col == 0);
    abi_handle(SIGWINCH, count_signal, 0);
    abi_handle(SIGINT, count_signal, 0);
    abi_handle(SIGQUIT, count_signal, 0);
    abi_handle(SIGTSTP, count_signal, 0);
    size = (struct winsize){40, 100, 0, 0};
    EXPECT(ioctl(pair.master, TIOCSWINSZ, &size) == 0 && terminal_signals[SIGWINCH] == 1);
    EXPECT(ioctl(pair.master, TIOCSWINSZ, &size) == 0 && terminal_signals[SIGWINCH] == 1);
    size.ws_row = 0;
    EXPECT(ioctl(pair.slave, TIOCGWINSZ, &size) == 0 && size.ws_row == 40 && size.ws_col == 100);
    EXPECT(TYPE(pair.master, "lost\3kept\n") && TAKES(pair.slave, "kept\n") && terminal_signals[SIGINT] == 1);
    usleep(20000);
    EXPECT(tcflush(pair.master, TCIFLUSH) == 0);
    EXPECT(TYPE(pair.master, "\34\32\n") && TAKES(pair.slave, "\n"));
    EXPECT(terminal_signals[SIGQUIT] == 1 && terminal_signals[SIGTSTP] == 1);
    EXPECT(ioctl(pair.master, TIOCSIG, SIGINT) == 0 && terminal_signals[SIGINT] == 2);
    EXPECT(ioctl(pair.master, TIOCSIG, 99) == -1 && errno == EINVAL);
    struct pair other;
    make_pair(&other);
    EXPECT(ioctl(other.slave, TIOCSCTTY, 0) == -1 && errno == EPERM);
    EXPECT(ioctl(other.slave, TIOCNOTTY) == -1 && errno == ENOTTY);
    close_pair(&other);
    abi_handle(SIGHUP, count_signal, 0);
    EXPECT(ioctl(terminal, TIOCNOTTY) == 0 && terminal_signals[SIGHUP] == 1);
    EXPECT(open("/dev/tty", O_RDWR) == -1 && errno == ENXIO);
    close(pair.slave);
    close(terminal);
    pair.slave = open(pair.name, O_RDWR); /* without O_NOCTTY it becomes the terminal again */
    EXPECT(pair.slave >= 0 && tcgetpgrp(pair.slave) == getpid());
}

/* A group in the background may not read, nor change settings, nor (with TOSTOP) write. */
static void background_body(void)
{
    struct pair pair;
    int status, pipe_ends[2], told[2];
    char byte;
    abi_handle(SIGHUP, SIG_IGN, 0);
    EXPECT(setsid() == getpid());
    make_pair(&pair);
    EXPECT(ioctl(pair.slave, TIOCSCTTY, 0) == 0 && pipe(pipe_ends) == 0 && pipe(told) == 0);
    pid_t child = fork();
    if (child == 0) {
        EXPECT(setpgid(0, 0) == 0 && write(pair.slave, "free", 4) == 4);
        EXPECT(read(pair.slave, terminal_text, 100) == 7); /* stops; after SIGCONT it is in the foreground */
        EXPECT(write(told[1], "t", 1) == 1 && read(pipe_ends[0], &byte, 1) == 1);
        EXPECT(write(pair.slave, "held", 4) == 4); /* stops, for it is in the background again */
        abi_handle(SIGTTIN, SIG_IGN, 0);
        EXPECT(read(pair.slave, terminal_text, 100) == -1 && errno == EIO);
        abi_handle(SIGTTOU, SIG_IGN, 0);
        EXPECT(tcsetpgrp(pair.slave, getpid()) == 0 && tcgetpgrp(pair.slave) == getpid());
        _exit(7);
    }
    EXPECT(TAKES(pair.master, "free"));
    EXPECT(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN);
    EXPECT(tcsetpgrp(pair.slave, 12345678) == -1 && tcsetpgrp(pair.slave, child) == 0);
    EXPECT(TYPE(pair.master, "for it\n"));
    terminal_text[0] = '\0';
    EXPECT(kill(-child, SIGCONT) == 0 && TAKES(pair.master, "for it\r\n"));
    abi_handle(SIGTTOU, SIG_IGN, 0);
    EXPECT(read(told[0], &byte, 1) == 1 && tcsetpgrp(pair.slave, getpid()) == 0);
    set_local(pair.slave, 0, TOSTOP);
    EXPECT(write(pipe_ends[1], "x", 1) == 1);
    EXPECT(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU);
    set_local(pair.slave, TOSTOP, 0);
    EXPECT(kill(-child, SIGCONT) == 0 && TAKES(pair.master, "held"));
    EXPECT(waitpid(child, &status, WUNTRACED) == child && status == 7 << 8);
}

/* Has the process no terminal any more? Linux sends SIGHUP first, and takes the terminal then. */
static bool loses_terminal(void)
{
    for (int tries = 0; tries < 10000; tries++) {
        int file = open("/dev/tty", O_RDWR | O_NOCTTY);
        if (file == -1)
            return errno == ENXIO;
        close(file);
        usleep(1000);
    }
    return false;
}

/* What the member of a session does whose leader is gone: it tells that it got SIGHUP, and ends well. */
static void member_is_told(int end)
{
    int status;
    char byte;
    EXPECT(ready(end, POLLIN, 30000) == POLLIN && read(end, &byte, 1) == 1 && byte == 'h');
    EXPECT(waitpid(-1, &status, 0) > 0 && status == 0);
}

/* The master closes: the leader is told; the others of its session when it ends. */
static void hang_up_body(void)
{
    struct pair pair;
    int ends[2], status;
    char byte;
    EXPECT(pipe(ends) == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    make_pair(&pair);
    pid_t leader = fork();
    if (leader == 0) {
        sigset_t set, before;
        close(pair.master);
        EXPECT(setsid() == getpid() && ioctl(pair.slave, TIOCSCTTY, 0) == 0);
        sigemptyset(&set);
        sigaddset(&set, SIGHUP);
        sigprocmask(SIG_BLOCK, &set, &before);
        abi_handle(SIGHUP, count_signal, 0);
        pid_t member = fork();
        if (member == 0) {
            EXPECT(write(ends[1], "m", 1) == 1);
            while (!terminal_signals[SIGHUP])
                sigsuspend(&before);
            EXPECT(loses_terminal());
            _exit(write(ends[1], "h", 1) != 1);
        }
        while (!terminal_signals[SIGHUP])
            sigsuspend(&before);
        EXPECT(waitpid(member, &status, WNOHANG) == 0);
        _exit(loses_terminal() ? 9 : 10);
    }
    close(pair.slave);
    EXPECT(read(ends[0], &byte, 1) == 1 && byte == 'm');
    close(pair.master);
    EXPECT(waitpid(leader, &status, 0) == leader && status == 9 << 8);
    member_is_told(ends[0]);
}

/* The leader ends: the others are in no session with a terminal, but it has not hung up. */
static void leader_ends_body(void)
{
    struct pair pair;
    int ends[2], status;
    char byte;
    EXPECT(pipe(ends) == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    make_pair(&pair);
    pid_t leader = fork();
    if (leader == 0) {
        EXPECT(setsid() == getpid() && ioctl(pair.slave, TIOCSCTTY, 0) == 0);
        abi_handle(SIGHUP, count_signal, 0);
        if (fork() == 0) {
            EXPECT(write(ends[1], "m", 1) == 1);
            while (!terminal_signals[SIGHUP])
                usleep(1000);
            EXPECT(loses_terminal());
            EXPECT(write(pair.slave, "still there", 11) == 11);
            _exit(write(ends[1], "h", 1) != 1);
        }
        EXPECT(read(ends[0], &byte, 1) == 1);
        _exit(3);
    }
    close(pair.slave);
    EXPECT(waitpid(leader, &status, 0) == leader && status == 3 << 8);
    member_is_told(ends[0]);
    EXPECT(TAKES(pair.master, "still there") && read(pair.master, &byte, 1) == -1 && errno == EIO);
    pair.slave = open(pair.name, O_RDWR | O_NOCTTY);
    EXPECT(pair.slave >= 0 && TYPE(pair.slave, "anew") && TAKES(pair.master, "anew"));
}

static void test_packets(void)
{
    struct pair pair;
    int packet = 1;
    make_pair(&pair);
    CHECK(ioctl(pair.master, TIOCGPKT, &packet) == 0 && packet == 0);
    packet = 1;
    CHECK(ioctl(pair.master, TIOCPKT, &packet) == 0 && TYPE(pair.slave, "data"));
    CHECK((ready(pair.master, POLLIN, 10000) & POLLIN) && read(pair.master, terminal_text, 100) == 5);
    CHECK(memcmp(terminal_text, "\0data", 5) == 0 && !(ready(pair.master, POLLPRI, 0) & POLLPRI));
    CHECK(tcflush(pair.slave, TCOFLUSH) == 0 && (ready(pair.master, POLLPRI, 10000) & POLLPRI));
    CHECK(read(pair.master, terminal_text, 100) == 1 && terminal_text[0] == TIOCPKT_FLUSHWRITE);
    packet = 0;
    CHECK(ioctl(pair.master, TIOCPKT, &packet) == 0 && TYPE(pair.slave, "data") && TAKES(pair.master, "data"));
    close_pair(&pair);
}

void abi_test_terminals(void)
{
    test_names();
    test_lines();
    test_raw();
    test_closing();
    test_sleepers();
    test_packets();
    CHECK(abi_in_child(session_body) == 0);
    CHECK(abi_in_child(background_body) == 0);
    CHECK(abi_in_child(hang_up_body) == 0);
    CHECK(abi_in_child(leader_ends_body) == 0);
}
