/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs BusyBox' shell and other programs for the groups macro/ and mix/. The environment is fixed, so that the
 * processes are the same wherever they run.
 */
#include "shell_command.h"
#include "harness.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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

/* In the child: one of the standard files becomes a file of the folder. */
static void shell_command_redirect(const char *name, int flags, int standard)
{
    int file = name ? open(name, flags, 0644) : standard;

    if (file < 0 || (file != standard && (dup2(file, standard) < 0 || close(file) != 0)))
        harness_fail("cannot open %s", name);
}

void shell_command_execute(const char *path, char *const *arguments, const char *input, const char *output)
{
    char *environment[] = {"PATH=/bin", "LC_ALL=C", NULL};
    pid_t child = fork();

    if (child == 0) {
        shell_command_redirect(input, O_RDONLY, STDIN_FILENO);
        shell_command_redirect(output, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
        execve(path, arguments, environment);
        harness_fail("execve of %s failed", path);
    }
    harness_wait_child(child);
}

void shell_command_run(char *const *arguments)
{
    shell_command_execute(SHELL_COMMAND_BUSYBOX, arguments, NULL, NULL);
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

void shell_command_write_file(const char *name, const char *text, size_t length)
{
    int file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (file < 0 || write(file, text, length) != (ssize_t)length || close(file) != 0)
        harness_fail("cannot write %s", name);
}

/* argv[0] may have been a relative path, which would not lead from another folder. */
char *shell_command_installed(const char *relative)
{
    char *path = realpath(harness_installed_path(relative), NULL);

    if (!path)
        harness_fail("cannot find %s", relative);
    return path;
}

char *shell_command_program(const char *name)
{
    char relative[64];

    snprintf(relative, sizeof(relative), "program/%s", name);
    if (!harness_is_installed(relative))
        harness_skip("the program that this measures is not installed");
    return shell_command_installed(relative);
}
