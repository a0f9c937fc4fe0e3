/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cache behind the walk model's TLBs. A look-up first tries the place where the page was last found, then the set
 * of each page size of which the cache holds any entry.
 */
#include "tlb.h"

#include <stdlib.h>

static uint64_t tlb_page(uint64_t address, unsigned shift)
{
    return address >> shift << shift;
}

static unsigned tlb_size_of(unsigned shift)
{
    return (shift - TLB_SHIFT_LEAST) / TLB_SHIFT_STEP;
}

static struct tlb_entry *tlb_set(const struct tlb *tlb, uint64_t address, unsigned shift)
{
    return tlb->entries + (address >> shift) % tlb->sets * tlb->ways;
}

static struct tlb_entry **tlb_hint(struct tlb *tlb, uint64_t address)
{
    return &tlb->hints[(address >> TLB_SHIFT_LEAST) % TLB_HINTS];
}

static bool tlb_matches(const struct tlb_entry *entry, uint64_t address, uint32_t asid)
{
    return entry->is_valid && entry->asid == asid && entry->page == tlb_page(address, entry->shift);
}

bool tlb_create(struct tlb *tlb, unsigned entries, unsigned ways)
{
    *tlb = (struct tlb){0};
    if (entries == 0)
        return true;
    if (ways == 0 || entries % ways != 0)
        return false;
    tlb->sets = entries / ways;
    tlb->ways = ways;
    tlb->entries = calloc(entries, sizeof(*tlb->entries));
    return tlb->entries != NULL;
}

void tlb_destroy(struct tlb *tlb)
{
    free(tlb->entries);
    *tlb = (struct tlb){0};
}

struct tlb_entry tlb_entry_of(uint64_t address, unsigned shift, uint32_t asid, uint64_t value, bool is_global)
{
    return (struct tlb_entry){.page = tlb_page(address, shift),
                              .value = value,
                              .asid = asid,
                              .shift = (uint8_t)shift,
                              .is_valid = true,
                              .is_global = is_global};
}

/* The entry of one size; NULL when its set has none. */
static struct tlb_entry *tlb_find_size(struct tlb *tlb, uint64_t address, uint32_t asid, unsigned shift)
{
    struct tlb_entry *set = tlb_set(tlb, address, shift);

    for (unsigned way = 0; way < tlb->ways; way++)
        if (set[way].shift == shift && tlb_matches(&set[way], address, asid))
            return &set[way];
    return NULL;
}

const struct tlb_entry *tlb_find(struct tlb *tlb, uint64_t address, uint32_t asid)
{
    struct tlb_entry **hint = tlb_hint(tlb, address), *found = NULL;

    if (!tlb->is_layered && *hint && tlb_matches(*hint, address, asid))
        found = *hint;
    for (unsigned size = 0; !found && size < TLB_SHIFTS; size++)
        if (tlb->valid[size])
            found = tlb_find_size(tlb, address, asid, TLB_SHIFT_LEAST + size * TLB_SHIFT_STEP);
    if (!found)
        return NULL;
    *hint = found;
    found->used = ++tlb->clock;
    return found;
}

void tlb_fill(struct tlb *tlb, const struct tlb_entry *filled)
{
    struct tlb_entry *set, *victim;

    if (!tlb->entries)
        return;
    set = victim = tlb_set(tlb, filled->page, filled->shift);
    for (unsigned way = 1; way < tlb->ways && victim->is_valid; way++)
        if (!set[way].is_valid || set[way].used < victim->used)
            victim = &set[way];
    if (victim->is_valid)
        tlb->valid[tlb_size_of(victim->shift)]--;
    *victim = *filled;
    victim->used = ++tlb->clock;
    tlb->valid[tlb_size_of(filled->shift)]++;
}

void tlb_flush(struct tlb *tlb, const struct tlb_flush *flush)
{
    for (unsigned i = 0; i < tlb->sets * tlb->ways; i++) {
        struct tlb_entry *entry = &tlb->entries[i];
        bool stays = !entry->is_valid || (flush->of_asid && entry->asid != flush->asid) ||
                     (flush->keeps_global && entry->is_global) ||
                     (flush->of_page && entry->page != tlb_page(flush->address, entry->shift));

        if (!stays) {
            entry->is_valid = false;
            tlb->valid[tlb_size_of(entry->shift)]--;
        }
    }
}
