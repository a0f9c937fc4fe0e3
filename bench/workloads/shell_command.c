/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs BusyBox' shell for macro/configure and macro/pipeline. The environment is fixed, so that the
 * processes are the same wherever they run.
 */
#include "shell_command.h"
#include "harness.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void shell_command_enter_folder(void)
{
    if (access(SHELL_COMMAND_BUSYBOX, X_OK) != 0)
        harness_skip("this system has no " SHELL_COMMAND_BUSYBOX);
    if (mkdir(harness_temporary_path(), 0700) != 0 || chdir(harness_temporary_path()) != 0)
        harness_fail("cannot make the folder %s", harness_temporary_path());
}

void shell_command_leave_folder(void)
{
    if (chdir("/") != 0 || rmdir(harness_temporary_path()) != 0)
        harness_fail("cannot remove the folder %s", harness_temporary_path());
}

void shell_command_run(char *const *arguments)
{
    char *environment[] = {"PATH=/bin", "LC_ALL=C", NULL};
    pid_t child = fork();

    if (child == 0) {
        execve(SHELL_COMMAND_BUSYBOX, arguments, environment);
        harness_fail("execve of " SHELL_COMMAND_BUSYBOX " failed");
    }
    harness_wait_child(child);
}

void shell_command_line(const char *line)
{
    shell_command_run((char *[]){"sh", "-c", (char *)line, NULL});
}

size_t shell_command_read_file(const char *name, char *text, size_t size)
{
    int file = open(name, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t part = -1;

    if (file >= 0)
        while ((part = read(file, text + length, size - length)) > 0)
            length += (size_t)part;
    if (part < 0)
        harness_fail("cannot read %s", name);
    close(file);
    if (length == size)
        harness_wrong("%s is too long", name);
    text[length] = '\0';
    return length;
}
