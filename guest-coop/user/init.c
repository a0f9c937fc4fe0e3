/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Process 1. It reads from the kernel's command line what this boot is for, and switches the
 * machine off when that is done:
 *
 *     bench=GROUP/NAME [runs=N] [warmup=N] [param.NAME=VALUE]   one measured program
 *     exec=/path+argument [runs=N] [warmup=N]                   any static program, as one region
 *     script=/path                                              a shell script
 *     none of them                                              a shell on the console
 *
 * It obeys BusyBox's poweroff, halt and reboot, which are signals to it. Power-off means success. Failure is told in an
 * error record, and the machine is halted. The verdict itself ("end") is the kernel's to write. The same program is
 * /init of a Linux kernel (init_linux.c).
 */
#include "boot_words.h"
#include "coopbench.h"
#include "init_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#define INIT_SHELL   "/bin/busybox"
#define INIT_CONSOLE "/dev/console"

static char *init_environment[] = {
    "PATH=/bin:/sbin:/usr/bin", "HOME=/root", "TERM=vt100", "USER=root", "PS1=\\w # ", "ENV=/etc/profile", NULL, NULL,
};

static char init_command_line[4096];
static bool init_is_on_linux;

static _Noreturn void init_stop(int how)
{
    sync();
    reboot(how);
    _exit(how == RB_POWER_OFF ? 0 : 1);
}

/* What BusyBox's poweroff (SIGUSR2), halt (SIGUSR1) and reboot (SIGTERM) ask for. Nobody could switch a halted machine
 * off, so halting is switching off here. All calls in it may be made in a handler. */
static void init_obey(int signal)
{
    init_stop(signal == SIGTERM ? RB_AUTOBOOT : RB_POWER_OFF);
}

static void init_obey_signals(void)
{
    static const int signals[] = {SIGUSR1, SIGUSR2, SIGTERM};
    struct sigaction action = {.sa_handler = init_obey};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
}

/* One error record to /dev/coopbench, one line to the console, and the machine stops. */
static _Noreturn void init_fail(const char *format, ...)
{
    char reason[200], line[320];
    va_list arguments;
    int channel = open(init_is_on_linux ? INIT_LINUX_RECORDS : COOPBENCH_DEVICE, O_WRONLY | O_NOCTTY);
    int length;

    va_start(arguments, format);
    vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    for (char *byte = reason; *byte != '\0'; byte++)
        if (*byte == '"' || *byte == '\\' || (unsigned char)*byte < ' ' || (unsigned char)*byte > '~')
            *byte = '\'';
    fprintf(stderr, "init: %s\n", reason);
    length =
        snprintf(line, sizeof(line), "@coop {\"type\":\"error\",\"who\":\"guest\",\"reason\":\"init: %s\"}\n", reason);
    if (channel >= 0 && write(channel, line, (size_t)length) != length)
        fprintf(stderr, "init: the record could not be written\n");
    if (init_is_on_linux)
        init_linux_end(false, "init");
    init_stop(RB_HALT_SYSTEM);
}

/* The kernel may start us without open files. */
static void init_open_console(void)
{
    if (fcntl(STDERR_FILENO, F_GETFD) >= 0)
        return;
    for (int file = 0; file <= STDERR_FILENO; file++)
        if (open(INIT_CONSOLE, O_RDWR) < 0)
            init_fail("cannot open " INIT_CONSOLE);
}

/* Before the line is cut into words. */
static void init_linux_start(void)
{
    size_t last = sizeof(init_environment) / sizeof(init_environment[0]) - 2;

    if (init_linux_records(init_command_line) != 0)
        init_fail("cannot open " INIT_LINUX_RECORDS ": %s", strerror(errno));
    if (getenv(INIT_LINUX_MARKER))
        init_environment[last] = INIT_LINUX_MARKER "=port";
}

static void init_read_command_line(struct boot_words *words)
{
    int file = open("/proc/cmdline", O_RDONLY);
    ssize_t length = file < 0 ? -1 : read(file, init_command_line, sizeof(init_command_line) - 1);
    const char *refused;

    if (length < 0)
        init_fail("cannot read /proc/cmdline: %s", strerror(errno));
    close(file);
    init_command_line[length] = '\0';
    if (init_is_on_linux)
        init_linux_start();
    refused = boot_words_read(words, init_command_line);
    if (refused)
        init_fail("%s", refused);
}

/* A session of its own on the console, so that job control and Ctrl-C work. */
static void init_take_terminal(void)
{
    int console;

    setsid();
    console = open(INIT_CONSOLE, O_RDWR);
    if (console < 0)
        init_fail("cannot open " INIT_CONSOLE);
    ioctl(console, TIOCSCTTY, 0);
    for (int file = 0; file <= STDERR_FILENO; file++)
        dup2(console, file);
    if (console > STDERR_FILENO)
        close(console);
    if (chdir("/root") != 0)
        fprintf(stderr, "init: there is no /root\n");
}

/* Runs the program to its end, and buries every orphan that ends meanwhile. Its wait status. */
static int init_run(char **arguments, const char *program, bool interactive)
{
    pid_t child = fork();
    int status;

    if (child < 0)
        init_fail("fork: %s", strerror(errno));
    if (child == 0) {
        if (interactive)
            init_take_terminal();
        execve(program, arguments, init_environment);
        fprintf(stderr, "init: cannot run %s: %s\n", program, strerror(errno));
        _exit(127);
    }
    for (;;) {
        pid_t ended = wait(&status);

        if (ended == child)
            return status;
        if (ended < 0 && errno != EINTR)
            init_fail("wait: %s", strerror(errno));
    }
}

/* The measured program, its options, and for exec= the program that it is to run. */
static void init_measured(struct boot_words *words, struct boot_words_arguments *arguments)
{
    static char path[128];
    const char *refused = NULL;
    bool fits;

    snprintf(path, sizeof(path), "/bench/%s", words->exec ? "helper/program" : words->bench);
    fits = boot_words_append(arguments, path);
    for (int i = 0; i < words->options.count; i++)
        fits = fits && boot_words_append(arguments, words->options.vector[i]);
    if (words->exec) {
        fits = fits && boot_words_append(arguments, "--");
        refused = boot_words_split(arguments, words->exec);
    }
    if (!fits)
        refused = "the command line has too many words";
    if (refused)
        init_fail("%s", refused);
}

static void init_check(const char *what, int status)
{
    if (WIFSIGNALED(status))
        init_fail("%s was ended by signal %d", what, WTERMSIG(status));
    if (status != 0)
        init_fail("%s ended with status %d", what, WEXITSTATUS(status));
}

int main(void)
{
    struct boot_words words;
    struct boot_words_arguments arguments = {.count = 0};

    init_is_on_linux = init_linux_prepare();
    init_open_console();
    init_obey_signals();
    init_read_command_line(&words);
    if (words.bench || words.exec) {
        init_measured(&words, &arguments);
        init_check(words.bench ? words.bench : words.exec, init_run(arguments.vector, arguments.vector[0], false));
    } else if (words.script) {
        init_check(words.script, init_run((char *[]){"sh", words.script, NULL}, INIT_SHELL, true));
    } else {
        init_run((char *[]){"sh", "-l", NULL}, INIT_SHELL, true);
    }
    if (init_is_on_linux)
        init_linux_end(true, "power-off");
    if (init_is_on_linux)
        init_linux_end(true, "power-off");
    init_stop(RB_POWER_OFF);
}
