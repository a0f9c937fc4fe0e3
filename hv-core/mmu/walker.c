/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk itself and the formats of tables. APM vol. 2, "Page Translation and Protection".
 */
#include "mmu/walker.h"
#include "core/registers.h"
#include <coopvirt/x86.h>

#define FRAME_MASK    X86_PTE_FRAME
#define LARGE_2M_MASK (FRAME_MASK & ~(X86_PAGE_2M - 1))
#define LARGE_1G_MASK (FRAME_MASK & ~(X86_PAGE_1G - 1))
/* Between the PAT bit (12) and the frame, a large entry must be zero. */
#define RESERVED_2M (X86_PAGE_2M - 1 - 0x1ffful)
#define RESERVED_1G (X86_PAGE_1G - 1 - 0x1ffful)
/* Bits 52-62 of a PAE entry are reserved, and bits 1, 2, 5-8 of its top entries. */
#define RESERVED_PAE   0x7ff0000000000000ul
#define RESERVED_PDPTE (0xfff0000000000000ul | 0x1e6ul)

#define LEVEL_4K(high_reserved)                                                                                        \
    {                                                                                                                  \
        12, 9, true, true, FRAME_MASK, FRAME_MASK, high_reserved, high_reserved                                        \
    }
#define LEVEL_2M(high_reserved)                                                                                        \
    {                                                                                                                  \
        21, 9, true, true, FRAME_MASK, LARGE_2M_MASK, high_reserved, (high_reserved) | RESERVED_2M                     \
    }
#define LEVEL_1G                                                                                                       \
    {                                                                                                                  \
        30, 9, true, true, FRAME_MASK, LARGE_1G_MASK, 0, RESERVED_1G                                                   \
    }
#define LEVEL_TABLES(shift)                                                                                            \
    {                                                                                                                  \
        shift, 9, false, true, FRAME_MASK, 0, X86_PTE_PS, 0                                                            \
    }

const struct walker_format walker_format_32 = {
    .name = "32-bit",
    .levels = 2,
    .entry_bytes = 4,
    .level = {{22, 10, true, true, 0xfffff000, 0xffc00000, 0, 0x003fe000}, /* PSE; PSE-36's bits are not offered */
              {12, 10, true, true, 0xfffff000, 0xfffff000, 0, 0}},
};

const struct walker_format walker_format_pae = {
    .name = "PAE",
    .levels = 3,
    .entry_bytes = 8,
    .level = {{30, 2, false, false, FRAME_MASK, 0, RESERVED_PDPTE, 0}, LEVEL_2M(RESERVED_PAE), LEVEL_4K(RESERVED_PAE)},
};

const struct walker_format walker_format_long4 = {
    .name = "4-level",
    .levels = 4,
    .entry_bytes = 8,
    .level = {LEVEL_TABLES(39), LEVEL_1G, LEVEL_2M(0), LEVEL_4K(0)},
};

const struct walker_format walker_format_long5 = {
    .name = "5-level",
    .levels = 5,
    .entry_bytes = 8,
    .level = {LEVEL_TABLES(48), LEVEL_TABLES(39), LEVEL_1G, LEVEL_2M(0), LEVEL_4K(0)},
};

void walker_state_set(struct walker_state *state, const struct registers *registers)
{
    state->root = registers->cr3;
    state->write_protect = registers->cr0 & X86_CR0_WP;
    state->no_execute = registers->efer & X86_EFER_NXE;
    state->smep = registers->cr4 & X86_CR4_SMEP;
    state->smap = registers->cr4 & X86_CR4_SMAP && !(registers->rflags & X86_FLAGS_AC);
    state->large_pages = true;
    if (!(registers->cr0 & X86_CR0_PG)) {
        state->format = 0;
    } else if (registers->efer & X86_EFER_LMA) {
        state->format = registers->cr4 & X86_CR4_LA57 ? &walker_format_long5 : &walker_format_long4;
    } else if (registers->cr4 & X86_CR4_PAE) {
        state->format = &walker_format_pae;
    } else {
        state->format = &walker_format_32;
        state->large_pages = registers->cr4 & X86_CR4_PSE;
    }
}

/* Where the topmost table is: CR3 without its flags. APM vol. 2, "CR3 Register". */
static coop_paddr walker_root(const struct walker_state *state)
{
    if (state->format == &walker_format_32)
        return state->root & 0xfffff000;
    if (state->format == &walker_format_pae)
        return state->root & 0xffffffe0;
    return state->root & FRAME_MASK;
}

bool walker_can_load_top(const uint64_t entries[WALKER_PAE_TOP], unsigned physical_bits)
{
    uint64_t reserved = RESERVED_PDPTE | ~((1ul << physical_bits) - 1);
    for (unsigned i = 0; i < WALKER_PAE_TOP; i++)
        if (entries[i] & X86_PTE_P && entries[i] & reserved)
            return false;
    return true;
}

/* 0, or X86_PF_PRESENT when the collected rights forbid the access. APM vol. 2, "Page-Protection Checks". */
static uint32_t walker_check(const struct walker_state *state, struct walker_access access,
                             const struct walker_trace *trace)
{
    bool writable = trace->writable, user = trace->user, denied = false;
    if (access.is_user)
        denied = !user || (access.is_write && !writable);
    else if (access.is_write)
        denied = !writable && state->write_protect;
    if (access.is_fetch)
        denied |= !trace->executable || (!access.is_user && user && state->smep);
    else if (!access.is_user && user && state->smap)
        denied = true;
    return denied ? X86_PF_PRESENT : 0;
}

/* The error code of a fault: what was asked, and why it failed. */
static uint32_t walker_error(const struct walker_state *state, struct walker_access access, uint32_t cause)
{
    uint32_t untold = state->no_execute || state->smep ? 0 : X86_PF_INSTRUCTION;
    return cause | (walker_access_code(access) & ~untold);
}

struct walker_result walker_translate(const struct walker_state *state, const struct walker_memory *memory,
                                      uint64_t linear, struct walker_access access)
{
    struct walker_trace trace;
    return walker_walk(state, memory, linear, access, &trace);
}

struct walker_result walker_walk(const struct walker_state *state, const struct walker_memory *memory, uint64_t linear,
                                 struct walker_access access, struct walker_trace *trace)
{
    const struct walker_format *format = state->format;
    trace->depth = 0;
    trace->writable = trace->user = trace->executable = true;
    if (!format)
        return (struct walker_result){true, linear & 0xffffffff, X86_PAGE_BYTES, 0};

    coop_paddr table = walker_root(state);
    for (unsigned depth = 0; depth < format->levels; depth++) {
        const struct walker_level *level = &format->level[depth];
        uint64_t index = linear >> level->shift & ((1ul << level->index_bits) - 1);
        coop_paddr address = table + index * format->entry_bytes;
        uint64_t entry;
        if (!memory->read(memory->context, address, format->entry_bytes, &entry))
            return (struct walker_result){.error_code = walker_error(state, access, 0)};
        if (!(entry & X86_PTE_P))
            return (struct walker_result){.error_code = walker_error(state, access, 0)};

        trace->addresses[depth] = address;
        trace->entries[depth] = entry;
        trace->depth = depth + 1;

        bool last = depth + 1 == format->levels;
        bool large = !last && level->may_map && entry & X86_PTE_PS && state->large_pages;
        uint64_t reserved = (large ? level->large_reserved : level->reserved) | (state->no_execute ? 0 : X86_PTE_NX);
        if (format->entry_bytes == 4)
            reserved &= 0xffffffff;
        if (entry & reserved)
            return (struct walker_result){.error_code = walker_error(state, access, X86_PF_PRESENT | X86_PF_RESERVED)};
        if (level->has_permissions) {
            trace->writable &= (entry & X86_PTE_W) != 0;
            trace->user &= (entry & X86_PTE_U) != 0;
            trace->executable &= !(entry & X86_PTE_NX);
        }
        if (last || large) {
            uint64_t page_bytes = 1ul << level->shift;
            uint32_t cause = walker_check(state, access, trace);
            if (cause)
                return (struct walker_result){.error_code = walker_error(state, access, cause)};
            coop_paddr frame = entry & (large ? level->large_mask : level->frame_mask);
            return (struct walker_result){true, frame | (linear & (page_bytes - 1)), page_bytes, 0};
        }
        table = entry & level->frame_mask;
    }
    return (struct walker_result){.error_code = walker_error(state, access, 0)};
}
