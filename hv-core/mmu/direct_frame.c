/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of a frame: born as a table, freed, held by the hypervisor, in use as a root. Each change of type first
 * asks for the flush that it needs.
 */
#include "mmu/direct_frame.h"
#include <coopvirt/primitives.h>

/* Proof by mutation. */
static bool direct_is_left_out(enum direct_flush why)
{
    const bool left_out[DIRECT_FLUSH_REASONS] = {
        [DIRECT_FLUSH_TABLE] = MUTATED(direct_flush_table),
        [DIRECT_FLUSH_LEVEL] = MUTATED(direct_flush_level),
        [DIRECT_FLUSH_WRITABLE] = MUTATED(direct_flush_writable),
        [DIRECT_FLUSH_HELD] = MUTATED(direct_flush_held),
    };
    return left_out[why];
}

/* Epochs are 32 bits wide and compared for equality only: when they come round, a flush too many is asked for. */
void direct_frame_flush(struct direct *direct, enum direct_flush why)
{
    direct->counts.flushes[why]++;
    if (!direct_is_left_out(why))
        direct->world.flush(direct->world.context, why);
    direct_next_epoch(direct);
}

int direct_frame_make_usual(struct direct *direct, const struct direct_frame *page, enum direct_flush why)
{
    if (page->type == DIRECT_OUTSIDE)
        return COOP_EFAULT;
    if (page->type != DIRECT_PAGE && !MUTATED(direct_writable_table))
        return COOP_EBUSY;
    if (page->references == UINT32_MAX && !MUTATED(direct_overflow))
        return COOP_EBUSY;
    direct_frame_flush(direct, why);
    return 0;
}

static uint64_t direct_span(const struct guest_memory *memory, uint64_t *first)
{
    const struct guest_memory_range *last = &memory->ranges[memory->count - 1];
    *first = memory->ranges[0].start >> X86_PAGE_SHIFT;
    return ((last->start + last->bytes) >> X86_PAGE_SHIFT) - *first;
}

size_t direct_bytes(const struct guest_memory *memory)
{
    uint64_t first;
    return (direct_span(memory, &first) + 1) * sizeof(struct direct_frame);
}

void direct_create(struct direct *direct, const struct direct_world *world, const struct direct_config *config)
{
    uint64_t page = X86_PTE_P | X86_PTE_W | X86_PTE_U | X86_PTE_A | X86_PTE_D | DIRECT_SOFTWARE_BITS | X86_PTE_NX;
    *direct = (struct direct){
        .map = config->map,
        .frames = config->frames,
        .epoch = 1,
        .is_shared = config->is_shared,
        .batch_limit = config->batch_limit,
        .looked_at = ~(page | X86_PTE_FRAME) | X86_PTE_P,
        .frame_bits = X86_PTE_FRAME,
        .add = config->is_deprivileged ? X86_PTE_U : 0,
        .strip = config->is_deprivileged && !MUTATED(direct_strip) ? X86_PTE_G : 0,
        .world = *world,
    };
    uint64_t first, count = direct_span(config->memory, &first);
    direct->start = first * sizeof(struct direct_frame);
    direct->bytes = count * sizeof(struct direct_frame);
    direct->origin = (uintptr_t)direct->frames - direct->start;
    for (unsigned i = 0; i < config->memory->count; i++) {
        const struct guest_memory_range *range = &config->memory->ranges[i];
        struct direct_frame *frame = direct_frame_known(direct, range->start);
        for (uint64_t n = range->bytes >> X86_PAGE_SHIFT; n > 0; n--)
            frame++->type = DIRECT_PAGE;
    }
}

const struct direct_frame *direct_find(const struct direct *direct, coop_paddr address)
{
    return direct_frame_of(direct, address);
}

static void direct_flush_before_table(struct direct *direct, const struct direct_frame *frame, unsigned type)
{
    if (frame->stale == DIRECT_OUTSIDE || frame->stale == type || !direct_frame_is_stale(direct, frame))
        return;
    direct_frame_flush(direct, frame->stale == DIRECT_PAGE ? DIRECT_FLUSH_TABLE : DIRECT_FLUSH_LEVEL);
}

int direct_table_new(struct direct *direct, coop_paddr address, uint64_t level)
{
    struct direct_frame *frame = direct_frame_of(direct, address);
    if (!MUTATED(direct_new_level) && level - 1 >= DIRECT_LEVELS)
        return COOP_EINVAL;
    if (!MUTATED(direct_new_alignment) && address % X86_PAGE_BYTES)
        return COOP_EINVAL;
    if (!MUTATED(direct_new_type) && frame->type != DIRECT_PAGE)
        return frame->type == DIRECT_OUTSIDE ? COOP_EFAULT : COOP_EBUSY;
    if (!MUTATED(direct_table_writable) && frame->references)
        return COOP_EBUSY;
    unsigned type = DIRECT_TABLE_1 - 1 + (unsigned)level;
    direct_flush_before_table(direct, frame, type);
    if (!MUTATED(direct_table_clear) && frame->present) {
        page_clear(direct_frame_slots(direct, address));
        direct->counts.cleared++;
    }
    if (type == DIRECT_TABLE_4 && direct->world.top_slots)
        quadwords_copy(direct_frame_slots(direct, address) + COOP_SLOT_FIRST, direct->world.top_slots,
                       DIRECT_TOP_SLOTS);
    frame->type = (uint8_t)type;
    frame->present = 0;
    frame->groups = 0;
    return 0;
}

int direct_table_free(struct direct *direct, coop_paddr address)
{
    struct direct_frame *frame = direct_frame_of(direct, address);
    if ((!MUTATED(direct_free_type) && frame->type < DIRECT_TABLE_1) || address % X86_PAGE_BYTES)
        return frame->type == DIRECT_OUTSIDE ? COOP_EFAULT : COOP_EINVAL;
    if (frame->type == DIRECT_TABLE_4 && frame->references)
        direct->world.forget_root(direct->world.context, address);
    if (!MUTATED(direct_free_linked) && frame->references)
        return COOP_EBUSY;
    uint64_t *slots = direct_frame_slots(direct, address);
    if (frame->type == DIRECT_TABLE_4 && direct->world.top_slots)
        quadwords_clear(slots + COOP_SLOT_FIRST, DIRECT_TOP_SLOTS);
    if (frame->present)
        direct_frame_drop_slots(direct, frame, slots, 0, DIRECT_ENTRIES);
    frame->type = DIRECT_PAGE;
    if (direct->is_shared && frame->stale > DIRECT_PAGE && direct_frame_is_stale(direct, frame))
        direct->has_stale_tables = true;
    return 0;
}

void direct_settle_stale(struct direct *direct)
{
    direct_frame_flush(direct, DIRECT_FLUSH_HELD);
}

int direct_root_get(struct direct *direct, coop_paddr root)
{
    struct direct_frame *frame = direct_frame_of(direct, root);
    if (!MUTATED(direct_root_alignment) && root % X86_PAGE_BYTES)
        return COOP_EINVAL;
    if (!MUTATED(direct_root_type) && frame->type != DIRECT_TABLE_4)
        return COOP_EINVAL;
    if (!MUTATED(direct_root_reference))
        return direct_frame_count(frame) ? 0 : COOP_EINVAL;
    return 0;
}

void direct_root_put(struct direct *direct, coop_paddr root)
{
    if (!MUTATED(direct_root_reference))
        direct_frame_drop_table(direct, root);
}

/* Drops what [first, last) holds. */
static void direct_release_frames(struct direct *direct, uint64_t first, uint64_t last)
{
    for (; first < last; first++)
        direct_frame_drop(direct, direct_frame_known(direct, first << X86_PAGE_SHIFT), DIRECT_PAGE);
}

static bool direct_hold_page(struct direct *direct, struct direct_frame *page)
{
    if (direct_frame_try_page(direct, page))
        return true;
    return !direct_frame_make_usual(direct, page, DIRECT_FLUSH_HELD) && direct_frame_try_page(direct, page);
}

bool direct_hold(struct direct *direct, coop_paddr address, uint64_t bytes)
{
    if (!bytes || address + bytes < address)
        return false;
    uint64_t first = address >> X86_PAGE_SHIFT, last = (address + bytes - 1) >> X86_PAGE_SHIFT;
    for (uint64_t frame = first; frame <= last; frame++) {
        if (!direct_hold_page(direct, direct_frame_of(direct, frame << X86_PAGE_SHIFT))) {
            direct_release_frames(direct, first, frame);
            return false;
        }
    }
    return true;
}

void direct_release(struct direct *direct, coop_paddr address, uint64_t bytes)
{
    direct_release_frames(direct, address >> X86_PAGE_SHIFT, ((address + bytes - 1) >> X86_PAGE_SHIFT) + 1);
}
