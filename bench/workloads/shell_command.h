/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For workloads that run other people's programs: a folder of their own under /tmp, BusyBox' shell, and the programs
 * that are installed with the workloads (program/NAME).
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

/* Forks and executes a program in the same environment, and waits; fails unless status 0. Its input is from the file
 * 'input', its output goes to the file 'output', which is made anew; NULL: as it is. */
void shell_command_execute(const char *path, char *const *arguments, const char *input, const char *output);

/* Where a file lies that is installed with the workloads, from whatever folder: the text is the caller's. */
char *shell_command_installed(const char *relative);

/* The same of program/NAME; ends with a skip record where it is not installed. */
char *shell_command_program(const char *name);

/* Makes a file of the folder, or makes it anew. */
void shell_command_write_file(const char *name, const char *text, size_t length);

/* Reads a whole file of the folder that is shorter than size, ends it with '\0', and returns its length. */
size_t shell_command_read_file(const char *name, char *text, size_t size);

#endif
