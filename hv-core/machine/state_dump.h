/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Readable dumps of a host CPU's state, for panics.
 */
#ifndef MACHINE_STATE_DUMP_H
#define MACHINE_STATE_DUMP_H

#include "machine/trap.h"

#include <stddef.h>

/* One line: which exception, where, what its error code means. */
void state_dump_reason(const struct trap_frame *frame, char *text, size_t size);

/* Registers at the exception, control registers, return addresses on its stack. */
void state_dump_trap(const struct trap_frame *frame);

/* Control registers and return addresses of the caller. */
void state_dump_here(void);

#endif
