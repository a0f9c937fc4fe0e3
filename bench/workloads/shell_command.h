/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For workloads that are BusyBox scripts: a folder of their own under /tmp, and a shell that runs in it.
 */
#ifndef SHELL_COMMAND_H
#define SHELL_COMMAND_H

#include <stddef.h>

#define SHELL_COMMAND_BUSYBOX "/bin/busybox"

/* Makes the process's folder, and goes there; ends with a skip record on a system without BusyBox. */
void shell_command_enter_folder(void);

/* Removes the folder, which must be empty by then. */
void shell_command_leave_folder(void);

/* Forks and executes "busybox sh" with these arguments (ending with NULL), and waits; fails unless status 0. */
void shell_command_run(char *const *arguments);

/* The same with one line of shell. */
void shell_command_line(const char *line);

/* Reads a whole file of the folder that is shorter than size, ends it with '\0', and returns its length. */
size_t shell_command_read_file(const char *name, char *text, size_t size);

#endif
