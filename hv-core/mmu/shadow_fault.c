/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fault is either the guest's own or a gap in the shadow. Most are decided by the last-level table's entry alone,
 * since the tables above it are watched and their shadow says what they allow; the others take a walk of the guest's
 * tables.
 */
#include "mmu/shadow_fault.h"
#include "mmu/walker_mark.h"
#include "mmu/shadow_fill.h"
#include "mmu/shadow_guest.h"
#include <coopvirt/mutation.h>

/* The rights that the tables above the last level leave, and that level's page; NULL when not all of them are shadowed.
 */
static struct shadow_page *shadow_fault_last_page(const struct shadow *shadow, const struct shadow_cpu *cpu,
                                                  uint64_t linear, uint64_t *rights)
{
    struct shadow_page *page = cpu->root;
    *rights = X86_PTE_W | X86_PTE_U;
    for (unsigned level = cpu->root_level; level; level--) {
        unsigned index = shadow_page_index(linear, level);
        if (!shadow_page_has(page, index))
            return 0;
        uint64_t entry = page->entries[index];
        if (level != 2 || cpu->root_level != 2)
            *rights = (*rights & (entry | X86_PTE_NX)) | (entry & X86_PTE_NX);
        page = shadow_page_child(shadow, page, index);
        page->stamp = shadow->stamp;
        page->writes = 0;
    }
    return page;
}

static bool shadow_fault_denies(const struct shadow_cpu *cpu, struct walker_access access, uint64_t rights)
{
    if ((access.is_user && !(rights & X86_PTE_U)) || (access.is_write && !(rights & X86_PTE_W)))
        return true;
    return access.is_fetch && (rights & X86_PTE_NX || (cpu->walker.smep && !access.is_user && rights & X86_PTE_U));
}

static struct shadow_fault shadow_fault_inject(const struct shadow_cpu *cpu, struct walker_access access,
                                               uint32_t cause)
{
    uint32_t untold = cpu->walker.no_execute || cpu->walker.smep ? 0 : X86_PF_INSTRUCTION;
    return (struct shadow_fault){SHADOW_INJECT, cause | (walker_access_code(access) & ~untold), 0};
}

/* The same for a piece of a large page, or with paging off. Its rights are those of the entries above; one that is not
 * writable may only not be dirty yet. */
static bool shadow_fault_try_direct(struct shadow *shadow, struct shadow_cpu *cpu, struct shadow_page *page,
                                    uint64_t linear, struct walker_access access, uint64_t rights,
                                    struct shadow_fault *fault)
{
    unsigned index = shadow_page_index(linear, 0);
    coop_paddr address = (page->guest_frame + index) << X86_PAGE_SHIFT | linear % X86_PAGE_BYTES;
    const struct guest_memory_range *range = guest_memory_find(shadow->memory, address);
    if (!range || (access.is_write && !range->is_writable) || shadow_fault_denies(cpu, access, rights))
        return false;
    enum shadow_outcome outcome = shadow_fill_page(shadow, page, index, range, address, SHADOW_FILL_DIRECT,
                                                   SHADOW_WALK_NO_ENTRY, access.is_write);
    shadow_fill_around(shadow, cpu, page, index);
    *fault = (struct shadow_fault){outcome, 0, address};
    return true;
}

/* What a fault comes to by the entry of the last-level table alone: the tables above it are watched, so that the shadow
 * says what they allow. False when only the whole walk tells. */
static bool shadow_fault_try_short(struct shadow *shadow, struct shadow_cpu *cpu, uint64_t linear,
                                   struct walker_access access, struct shadow_fault *fault)
{
    uint64_t rights;
    struct shadow_page *page = cpu->has_short_way ? shadow_fault_last_page(shadow, cpu, linear, &rights) : 0;
    unsigned index = shadow_page_index(linear, 0);
    if (!page)
        return false;
    if (!page->table)
        return shadow_fault_try_direct(shadow, cpu, page, linear, access, rights, fault);
    uint64_t entry = shadow_guest_entry(page, index);
    if (!(entry & X86_PTE_P)) {
        *fault = shadow_fault_inject(cpu, access, 0);
        return true;
    }
    if (entry & SHADOW_FILL_RESERVED || (entry & X86_PTE_NX && !cpu->walker.no_execute))
        return false;
    if (shadow_fault_denies(cpu, access, (rights & (entry | X86_PTE_NX)) | (entry & X86_PTE_NX))) {
        *fault = shadow_fault_inject(cpu, access, X86_PF_PRESENT);
        return true;
    }
    bool was_accessed = entry & X86_PTE_A;
    coop_paddr address = (entry & X86_PTE_FRAME) | linear % X86_PAGE_BYTES;
    const struct guest_memory_range *range = guest_memory_find(shadow->memory, address);
    if (!range || (access.is_write && !range->is_writable) ||
        !walker_mark(shadow->memory, (page->guest_frame << X86_PAGE_SHIFT) + index * sizeof(entry), sizeof(entry),
                     &entry, access.is_write ? X86_PTE_A | X86_PTE_D : X86_PTE_A))
        return false;
    enum shadow_outcome outcome =
        shadow_fill_page(shadow, page, index, range, address, shadow_fill_bits(entry), entry, access.is_write);
    if (was_accessed)
        shadow_fill_around(shadow, cpu, page, index);
    *fault = (struct shadow_fault){outcome, 0, address};
    return true;
}

static struct shadow_fault shadow_fault_take_long(struct shadow *shadow, struct shadow_cpu *cpu, uint64_t linear,
                                                  struct walker_access access)
{
    struct shadow_way way;
    shadow_walk(shadow, cpu, linear, access, &way);
    if (!way.found.ok)
        return (struct shadow_fault){SHADOW_INJECT, way.found.error_code, 0};
    return (struct shadow_fault){shadow_fill(shadow, cpu, &way, linear, access), 0, way.found.address};
}

static bool shadow_fault_is_ours(uint64_t linear)
{
    unsigned slot = shadow_page_index(linear, SHADOW_LEVELS - 1);
    return slot >= COOP_SLOT_FIRST && slot <= COOP_SLOT_LAST;
}

struct shadow_fault shadow_fault_handle(struct shadow *shadow, struct shadow_cpu *cpu, uint64_t linear,
                                        struct walker_access access)
{
    struct shadow_fault fault;
    cpu->root->stamp = ++shadow->stamp;
    if (shadow->world.top_slots && shadow_fault_is_ours(linear) && !MUTATED(shadow_top_slots))
        fault = shadow_fault_inject(cpu, access, 0);
    else if (!shadow_fault_try_short(shadow, cpu, linear, access, &fault))
        fault = shadow_fault_take_long(shadow, cpu, linear, access);
    shadow->counts.faults[fault.outcome]++;
    return fault;
}
