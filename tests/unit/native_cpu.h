/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's CPU as the reference of the emulator: runs one instruction in 16-, 32- or 64-bit code, from registers and
 * flags that are given and in segments that are this process's own (LDT), and tells what it left. Memory is an arena
 * below 4 GiB; the emulator's world works on a copy of it.
 */
#ifndef TESTS_UNIT_NATIVE_CPU_H
#define TESTS_UNIT_NATIVE_CPU_H

#include "emulate/execute.h"

#define NATIVE_CPU_ARENA 16384

/* How code is run: mode, width of the stack, bases of the segments. RIP is that of the instruction. */
struct native_cpu_setting {
    enum decode_mode mode;
    uint8_t stack_bytes;
    uint64_t segment_base[SEGMENT_COUNT];
    uint64_t rip, pad; /* of the instruction, and where a branch of it may go to */
};

/* Gets memory and signals ready. False: this process may not have segments of its own; 64-bit code runs all the same,
 * 32-bit code in the flat segments that every process has. */
bool native_cpu_start(uint64_t (*random_source)(void));

/* Other segments, at random. False: such code cannot be run here. */
bool native_cpu_set(struct native_cpu_setting *setting, enum decode_mode mode);

/* Runs the instruction, with RIP and the rest of `registers` changed as it does. The signal it ended with, or 0. */
int native_cpu_run(const struct native_cpu_setting *setting, struct emulate_registers *registers, const uint8_t *bytes,
                   unsigned length);

/* The linear address that instructions are aimed at, with at least 4 KiB on either side. */
uint64_t native_cpu_target(void);
/* A linear address in the emulator's copy of the arena; NULL outside of it. */
uint8_t *native_cpu_memory(uint64_t linear, unsigned bytes);
/* The same value in both. False outside. */
bool native_cpu_poke(uint64_t linear, unsigned bytes, uint64_t value);
/* Whether the CPU's memory and the emulator's are alike. */
bool native_cpu_memory_is_equal(void);

extern const struct emulate_world native_cpu_world;

#endif
