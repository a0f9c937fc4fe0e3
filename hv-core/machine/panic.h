/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of the hypervisor: by its own bug (panic, with a dump and a failed verdict) or because the last
 * VM has stopped.
 */
#ifndef MACHINE_PANIC_H
#define MACHINE_PANIC_H

#include <stdbool.h>

struct trap_frame;

/* Our own bug: prints the message and a state dump, writes a failed `end` record, ends the machine. */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes the `end` record, drains the sink and powers the machine off (exit port, Bochs' port, ACPI; else halts). */
_Noreturn void machine_end(bool ok, const char *reason);

/* An exception in hv-core, which is a bug as well: its dump shows the state at the exception. */
_Noreturn void panic_exception(const struct trap_frame *frame);

/* Whether a CPU has panicked: the NMI that it sends stops the others. */
bool panic_has_begun(void);

/* Stops this CPU for good. */
_Noreturn void panic_halt(void);

#endif
