/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page of the oldest static programs: three system calls at fixed addresses high in memory, which they call like
 * functions. Nothing is mapped there: to fetch an instruction there is the call.
 */
#ifndef SYSCALL_VSYSCALL_H
#define SYSCALL_VSYSCALL_H

#include <stdbool.h>
#include <stdint.h>

#define VSYSCALL_START 0xffffffffff600000ul
#define VSYSCALL_END   0xffffffffff601000ul

struct trap_frame;

/* A page fault of user mode, there: makes the call and returns to its caller. False: it is none, but a fault. */
bool vsyscall_fault(struct trap_frame *frame, uint64_t address);

#endif
