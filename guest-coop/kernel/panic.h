/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own failure: one readable dump on the log and a line on the console, the verdict
 * record, and the end of the machine.
 */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include <stdbool.h>

struct trap_frame;

__attribute__((noreturn, format(printf, 1, 2))) void panic(const char *format, ...);

/* The same for a fault in kernel mode, with its registers. */
__attribute__((noreturn)) void panic_trap(const struct trap_frame *frame, const char *what);

/* Text then goes the shortest way. */
bool panic_is_running(void);

#endif
