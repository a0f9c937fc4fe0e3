/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls: the handler's type and the dispatch from the entry code. The one table of calls,
 * by Linux x86-64 number, is syscall/table.c; handlers stand in syscall/<room>_calls.c and
 * syscall/file_*.c.
 */
#ifndef SYSCALL_SYSCALL_H
#define SYSCALL_SYSCALL_H

#include <stdint.h>

/* The six arguments of a call: RDI, RSI, RDX, R10, R8, R9 as they lie in the trap frame. */
struct syscall_arguments {
    uint64_t a0, a1, a2, a3, a4, a5;
};

/* The result, or a negated error number (-ERESTARTSYS where a signal interrupts it, see kernel/errno.h). */
typedef long syscall_handler(const struct syscall_arguments *arguments);

struct syscall_entry {
    syscall_handler *handler; /* NULL: -ENOSYS, logged once */
    const char *name;
};

#define SYSCALL_COUNT 460u
extern const struct syscall_entry syscall_table[SYSCALL_COUNT];

struct trap_frame;

/* Called by the SYSCALL entry with the user's registers; the result goes to the frame's RAX. */
void syscall_dispatch(struct trap_frame *frame);

#endif
