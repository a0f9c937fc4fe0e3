/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the stream of instructions to what the walk model does: which of the instructions that flush were carried out. A
 * plugin is told of an instruction before it executes, and only what comes next shows whether it did: an intercepted
 * one is followed by the hypervisor, one that a kernel in ring 3 may not execute faults. Pure.
 */
#ifndef WALK_STREAM_H
#define WALK_STREAM_H

#include "instruction_class.h"
#include "walk_model.h"

#define WALK_STREAM_BYTES 15u

/* General registers in the hardware's numbering, and the CPU's ring. */
struct walk_stream_world {
    struct walk_model_world model;
    uint64_t (*read_general)(void *context, unsigned number);
    unsigned (*read_ring)(void *context);
};

/* An instruction that flushes, until it is known whether it was carried out. */
struct walk_stream_pending {
    enum instruction_class class; /* INSTRUCTION_CLASSES: none */
    uint8_t bytes[WALK_STREAM_BYTES];
    uint8_t size;
    bool is_long; /* 64-bit code */
    uint64_t address;
    uint64_t before[WALK_MODEL_REGISTERS];
};

struct walk_stream {
    struct walk_stream_world world;
    struct walk_model model;
    struct walk_stream_pending pending;
    uint64_t vmcb;
    uint64_t mistaken; /* control blocks that were another than the hypervisor's register said at the exit */
};

bool walk_stream_create(struct walk_stream *stream, const struct walk_model_config *config,
                        const struct walk_stream_world *world);

/* Whether the stream wants to be told of instructions of this class. */
bool walk_stream_wants(enum instruction_class class);

/* One of these is about to execute. */
void walk_stream_instruction(struct walk_stream *stream, enum instruction_class class, uint64_t address,
                             const uint8_t *bytes, size_t size);

/* A block begins, in which the pending instruction has its consequence; and the same behind a VMRUN: an exit. */
void walk_stream_settle(struct walk_stream *stream);
void walk_stream_exit(struct walk_stream *stream);

#endif
