/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records that guest-coop's kernel writes are written here by /init: "guest" at the start and "end" at the end.
 */
#include "init_linux.h"

#include <coopvirt/abi.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

static bool init_linux_uses_ports;

bool init_linux_prepare(void)
{
    if (access("/proc/cmdline", F_OK) == 0)
        return false;
    mkdir("/sys", 0755);
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sysfs", "/sys", "sysfs", 0, NULL);
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    return true;
}

static void init_linux_write(const char *line)
{
    int channel = open(INIT_LINUX_RECORDS, O_WRONLY | O_NOCTTY);

    if (channel < 0)
        return;
    if (write(channel, line, strlen(line)) != (ssize_t)strlen(line))
        fprintf(stderr, "init: a record could not be written\n");
    tcdrain(channel);
    close(channel);
}

int init_linux_records(const char *command_line)
{
    struct termios settings;
    struct utsname name;
    char line[640];
    int channel = open(INIT_LINUX_RECORDS, O_RDWR | O_NOCTTY);

    if (channel < 0)
        return -1;
    if (tcgetattr(channel, &settings) == 0) {
        cfmakeraw(&settings);
        cfsetspeed(&settings, B115200);
        tcsetattr(channel, TCSANOW, &settings);
    }
    if (dup2(channel, STDOUT_FILENO) < 0)
        return -1;
    if (channel > STDERR_FILENO)
        close(channel);
    if (strstr(command_line, "marker=port"))
        init_linux_uses_ports = setenv(INIT_LINUX_MARKER, "port", 1) == 0;
    uname(&name);
    snprintf(line, sizeof(line), "@coop {\"type\":\"guest\",\"kernel\":\"%s %s\",\"tick\":0}\n", name.sysname,
             name.release);
    init_linux_write(line);
    return 0;
}

void init_linux_end(bool ok, const char *reason)
{
    char line[320];

    snprintf(line, sizeof(line), "@coop {\"type\":\"end\",\"status\":\"%s\",\"reason\":\"%s\"}\n", ok ? "ok" : "failed",
             reason);
    init_linux_write(line);
    if (init_linux_uses_ports && ioperm(COOP_PORT_EXIT, 1, 1) == 0)
        outb(ok ? COOP_EXIT_OK : COOP_EXIT_FAILED, COOP_PORT_EXIT);
}
