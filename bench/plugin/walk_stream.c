/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions that flush, one at a time. All of them end a block, so that the next block's beginning is the first
 * moment at which an instruction's consequence can be seen, and at which every register is in its place.
 */
#include "walk_stream.h"

#include "memory_operand.h"

#include <string.h>

#define RAX 0u
#define RCX 1u

#define CR0_PG   (1ull << 31)
#define CR4_PSE  (1ull << 4)
#define CR4_PAE  (1ull << 5)
#define CR4_PGE  (1ull << 7)
#define CR4_LA57 (1ull << 12)
#define CR4_PCID (1ull << 17)
#define CR4_SMEP (1ull << 20)
#define EFER_NX  (1ull << 11)
#define EFER_LMA (1ull << 10)
#define CR4_VOID (CR4_PSE | CR4_PAE | CR4_PGE | CR4_LA57 | CR4_PCID | CR4_SMEP)

bool walk_stream_create(struct walk_stream *stream, const struct walk_model_config *config,
                        const struct walk_stream_world *world)
{
    *stream = (struct walk_stream){.world = *world, .pending = {.class = INSTRUCTION_CLASSES}};
    return walk_model_create(&stream->model, config, &world->model);
}

bool walk_stream_wants(enum instruction_class class)
{
    switch (class) {
    case INSTRUCTION_VMRUN:
    case INSTRUCTION_INVLPG:
    case INSTRUCTION_INVLPGA:
    case INSTRUCTION_WRITE_CR0:
    case INSTRUCTION_WRITE_CR3:
    case INSTRUCTION_WRITE_CR4:
    case INSTRUCTION_WRMSR:
        return true;
    default:
        return false;
    }
}

static uint64_t walk_stream_register(const struct walk_stream *stream, enum walk_model_register which)
{
    return stream->world.model.read_register(stream->world.model.context, which);
}

/* VMRUN takes its operand before anything else happens; a guest's own is intercepted, and changes nothing. */
static void walk_stream_vmrun(struct walk_stream *stream)
{
    if (stream->model.is_guest)
        return;
    stream->vmcb = stream->world.read_general(stream->world.model.context, RAX);
    walk_model_enter(&stream->model, stream->vmcb);
}

void walk_stream_instruction(struct walk_stream *stream, enum instruction_class class, uint64_t address,
                             const uint8_t *bytes, size_t size)
{
    struct walk_stream_pending *pending = &stream->pending;

    if (class == INSTRUCTION_VMRUN) {
        walk_stream_vmrun(stream);
        return;
    }
    /* In ring 3 none of them is carried out. */
    if (stream->world.read_ring(stream->world.model.context) == 3 || size > sizeof(pending->bytes))
        return;
    pending->class = class;
    pending->address = address;
    pending->size = (uint8_t)size;
    memcpy(pending->bytes, bytes, size);
    for (unsigned i = 0; i < WALK_MODEL_REGISTERS; i++)
        pending->before[i] = walk_stream_register(stream, i);
    pending->is_long = pending->before[WALK_MODEL_EFER] & EFER_LMA;
}

static uint64_t walk_stream_changed(const struct walk_stream *stream, enum walk_model_register which)
{
    return stream->pending.before[which] ^ walk_stream_register(stream, which);
}

void walk_stream_settle(struct walk_stream *stream)
{
    struct walk_stream_pending *pending = &stream->pending;
    void *context = stream->world.model.context;
    enum instruction_class class = pending->class;

    if (class == INSTRUCTION_CLASSES)
        return;
    pending->class = INSTRUCTION_CLASSES;
    if (class == INSTRUCTION_WRITE_CR3)
        walk_model_flush_root(&stream->model);
    else if (class == INSTRUCTION_INVLPG)
        walk_model_flush_page(&stream->model, memory_operand(pending->bytes, pending->size, pending->address,
                                                             pending->is_long, stream->world.read_general, context));
    else if (class == INSTRUCTION_INVLPGA)
        walk_model_flush_page_of(&stream->model, stream->world.read_general(context, RAX),
                                 (uint32_t)stream->world.read_general(context, RCX));
    else if (walk_stream_changed(stream, WALK_MODEL_CR0) & CR0_PG ||
             walk_stream_changed(stream, WALK_MODEL_CR4) & CR4_VOID ||
             walk_stream_changed(stream, WALK_MODEL_EFER) & (EFER_NX | EFER_LMA))
        walk_model_flush_space(&stream->model);
}

void walk_stream_exit(struct walk_stream *stream)
{
    stream->pending.class = INSTRUCTION_CLASSES;
    if (!stream->model.is_guest)
        return;
    stream->mistaken += stream->world.read_general(stream->world.model.context, RAX) != stream->vmcb;
    walk_model_exit(&stream->model);
}
