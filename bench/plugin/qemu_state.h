/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers and memory of the emulated machine. Version 1 of the plugin interface shows neither, but a plugin lives in
 * QEMU's process, and Debian's QEMU exports what its gdb stub reads both with. Registers that only helpers change
 * (control registers, segments) may be read at any time, general registers at the begin of a block or directly behind a
 * helper.
 */
#ifndef QEMU_STATE_H
#define QEMU_STATE_H

#include <stdint.h>

/* gdb's numbers for x86-64 (QEMU's gdb-xml/i386-64bit.xml) */
enum qemu_state_register {
    QEMU_STATE_CS = 18,
    QEMU_STATE_CR0 = 27,
    QEMU_STATE_CR3 = 29,
    QEMU_STATE_CR4 = 30,
    QEMU_STATE_EFER = 32,
};

/* NULL, or the name of what this QEMU does not export. */
const char *qemu_state_bind(void);

uint64_t qemu_state_register(unsigned cpu, unsigned number);

/* A general register by the hardware's number, which is not gdb's. */
uint64_t qemu_state_general(unsigned cpu, unsigned number);

/* Eight bytes of the machine's memory. */
uint64_t qemu_state_memory(uint64_t machine);

#endif
