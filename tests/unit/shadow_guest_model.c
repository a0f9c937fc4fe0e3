/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory, reference walker and accesses of the model guest.
 */
#include "shadow_guest_model.h"
#include "mmu/shadow_fault.h"
#include <check.h>
#include <coopvirt/x86.h>
#include <stdlib.h>
#include <string.h>

#define MACHINE_BASE 0x10000000ul /* where guest memory lies */
#define POOL_BASE    0x20000000ul /* where the service's frames lie */
#define POOL_FRAMES  8192

static uint8_t *memory_bytes, *pool_bytes, *area;
static bool pool_used[POOL_FRAMES];
static unsigned pool_out, pool_next;
static struct guest_memory guest_memory;
static struct model *looked_at; /* by the service: where others may go on */

static void model_complain(struct model *model, const char *what)
{
    if (!model->complaint)
        model->complaint = what;
}

void *model_memory(uint64_t guest)
{
    return memory_bytes + guest;
}

/* Other CPUs walk the shadow tables at any time: here, whenever the service looks at the guest's memory. */
static void *model_address(coop_paddr machine)
{
    if (machine - MACHINE_BASE < MODEL_FRAMES * 4096ul) {
        if (looked_at && looked_at->look)
            looked_at->look(looked_at);
        return memory_bytes + (machine - MACHINE_BASE);
    }
    if (machine - POOL_BASE < POOL_FRAMES * 4096ul && pool_used[(machine - POOL_BASE) / 4096])
        return pool_bytes + (machine - POOL_BASE);
    return NULL;
}

static coop_paddr model_allocate(void *context)
{
    (void)context;
    for (unsigned i = 0; i < POOL_FRAMES; i++, pool_next++) {
        unsigned at = pool_next % POOL_FRAMES;
        if (pool_used[at])
            continue;
        pool_used[at] = true;
        pool_out++;
        memset(pool_bytes + at * 4096ul, 0, 4096);
        return POOL_BASE + at * 4096ul;
    }
    return UINT64_MAX;
}

static void model_release(void *context, coop_paddr frame)
{
    (void)context;
    unsigned at = (unsigned)((frame - POOL_BASE) / 4096);
    ck_assert(pool_used[at]);
    pool_used[at] = false;
    pool_out--;
}

static void model_flush(void *context, enum shadow_flush why)
{
    struct model *model = context;
    if (model->flushes_left_out >> why & 1)
        return;
    tlb_model_flush(&model->tlb);
    tlb_model_flush(&model->user_tlb);
    model->is_unsettled |= why != SHADOW_FLUSH_ROOT;
}

static void model_settle(void *context, enum shadow_settle why)
{
    struct model *model = context;
    if (model->is_unsettled && model->meanwhile)
        model->meanwhile(model);
    if (!model->is_unsettled || model->settles_left_out >> why & 1)
        return;
    for (unsigned i = 0; i < model->others; i++)
        tlb_model_flush(&model->other[i].tlb);
    model->is_unsettled = false;
}

void model_end(struct model *model)
{
    if (model->others)
        model_settle(model, SHADOW_SETTLE_END);
}

/* A frame of the service is read as what it is. */
static bool model_is_table(void *context, uint64_t machine, unsigned level)
{
    const struct model *model = context;
    for (uint32_t i = 0; i < model->shadow.fresh; i++)
        if (model->shadow.pages[i].frame == machine)
            return model->shadow.pages[i].level == level;
    return false;
}

unsigned model_frames_out(void)
{
    return pool_out;
}

uint64_t model_random(struct model *model, uint64_t below)
{
    model->random ^= model->random << 13;
    model->random ^= model->random >> 7;
    model->random ^= model->random << 17;
    return (model->random >> 11) % below;
}

static void model_poke(struct model *model, uint64_t frame, unsigned index, uint64_t value)
{
    memcpy(memory_bytes + frame * 4096 + index * model->entry_bytes, &value, model->entry_bytes);
}

uint64_t model_read_entry(const struct model *model, uint64_t frame, unsigned index)
{
    uint64_t value = 0;
    memcpy(&value, memory_bytes + frame * 4096 + index * model->entry_bytes, model->entry_bytes);
    return value;
}

/* All memory at one linear address, in every root, by tables that are never edited. */
static void model_map_directly(struct model *model)
{
    static const unsigned top_index[] = {[MODEL_LONG] = 256, [MODEL_PAE] = 2, [MODEL_32] = 512};
    uint64_t table[4], all = X86_PTE_P | X86_PTE_W;
    for (unsigned level = 0; level + 1 < model->levels; level++)
        table[level] = 8 + level;
    for (unsigned i = 0; i < MODEL_FRAMES; i++)
        model_poke(model, table[0], i, i << 12 | all);
    for (unsigned level = 1; level + 1 < model->levels; level++)
        model_poke(model, table[level], 0, table[level - 1] << 12 | all);
    for (unsigned i = 0; i < MODEL_LEVEL_POOL; i++)
        model_poke(model, model->pool[model->levels - 1][i], top_index[model->format],
                   table[model->levels - 2] << 12 | (model->format == MODEL_PAE ? X86_PTE_P : all));
    model->direct = model->format == MODEL_LONG ? 0xffff800000000000ul : 0x80000000ul;
}

void model_create(struct model *model, enum model_format format, uint32_t pages, uint64_t seed)
{
    static const struct walker_format *const formats[] = {
        [MODEL_LONG] = &walker_format_long4, [MODEL_PAE] = &walker_format_pae, [MODEL_32] = &walker_format_32};
    struct shadow_world world = {.context = model,
                                 .allocate = model_allocate,
                                 .release = model_release,
                                 .address = model_address,
                                 .flush = model_flush};

    memory_bytes = aligned_alloc(4096, MODEL_FRAMES * 4096ul);
    pool_bytes = aligned_alloc(4096, POOL_FRAMES * 4096ul);
    memset(memory_bytes, 0, MODEL_FRAMES * 4096ul);
    guest_memory = (struct guest_memory){.address = model_address};
    guest_memory_add(&guest_memory, &(struct guest_memory_range){0, MODEL_READ_ONLY * 4096ul, MACHINE_BASE, true});
    guest_memory_add(&guest_memory,
                     &(struct guest_memory_range){MODEL_READ_ONLY * 4096ul, (MODEL_FRAMES - MODEL_READ_ONLY) * 4096ul,
                                                  MACHINE_BASE + MODEL_READ_ONLY * 4096ul, false});
    *model = (struct model){.format = format, .random = seed * 2654435761u + 88172645463325252ul};
    model->levels = formats[format]->levels;
    model->entry_bytes = formats[format]->entry_bytes;
    for (unsigned level = 0; level < model->levels; level++)
        for (unsigned i = 0; i < MODEL_LEVEL_POOL; i++)
            model->pool[level][i] = 16 + level * MODEL_LEVEL_POOL + i;
    model_map_directly(model);
    model->tlb.address = model->user_tlb.address = model_address;
    model->state = (struct walker_state){.format = formats[format],
                                         .root = model->pool[model->levels - 1][0] << 12,
                                         .write_protect = true,
                                         .large_pages = true,
                                         .no_execute = format != MODEL_32,
                                         .smep = false};
    size_t bytes = (shadow_bytes(&guest_memory, pages) + 4095) & ~4095ul;
    area = aligned_alloc(4096, bytes);
    memset(area, 0, bytes);
    model->shadow.has_unsync = true;
    ck_assert_int_eq(shadow_create(&model->shadow, &world, &guest_memory, pages, area), 0);
    model_load_state(model);
}

void model_add_others(struct model *model)
{
    model->others = MODEL_OTHERS;
    looked_at = model;
    model->shadow.world.settle = model_settle;
    model->tlb.is_table = model_is_table;
    model->tlb.context = model;
    for (unsigned i = 0; i < MODEL_OTHERS; i++) {
        model->other[i] = (struct model_cpu){.number = i + 1, .state = model->state};
        model->other[i].tlb = model->tlb;
        model_switch(model, i);
        model_load_state(model);
    }
}

void model_switch(struct model *model, unsigned other)
{
    struct model_cpu next = model->other[other];
    model->other[other] = (struct model_cpu){model->number, model->cpu, model->tlb, model->state};
    model->number = next.number;
    model->cpu = next.cpu;
    model->tlb = next.tlb;
    model->state = next.state;
}

void model_destroy(struct model *model)
{
    for (unsigned i = 0; i < model->others; i++)
        shadow_unload(&model->other[i].cpu);
    shadow_unload(&model->cpu);
    if (model->is_ring3)
        shadow_unload(&model->user_cpu);
    shadow_destroy(&model->shadow);
    looked_at = NULL;
    free(memory_bytes);
    free(pool_bytes);
    free(area);
}

static void model_take_root(struct model *model)
{
    model->tlb.root = shadow_root(&model->cpu);
    model->tlb.root_level = model->cpu.root_level;
    model->tlb.smep = model->state.smep;
    if (!model->is_ring3)
        return;
    model->user_tlb.root = shadow_root(&model->user_cpu);
    model->user_tlb.root_level = model->user_cpu.root_level;
}

void model_load_root(struct model *model, uint64_t cr3)
{
    model->state.root = cr3;
    if (shadow_load_root(&model->shadow, &model->cpu, cr3) ||
        (model->is_ring3 && shadow_load_root(&model->shadow, &model->user_cpu, cr3)))
        model_complain(model, "no memory for a root");
    model_take_root(model);
    model_end(model);
}

void model_load_state(struct model *model)
{
    model->cpu.is_ring3_kernel = model->is_ring3;
    if (shadow_load(&model->shadow, &model->cpu, &model->state) ||
        (model->is_ring3 && shadow_load(&model->shadow, &model->user_cpu, &model->state)))
        model_complain(model, "no memory for a root");
    model_take_root(model);
    model_end(model);
}

void model_invalidate(struct model *model, uint64_t linear)
{
    shadow_invalidate(&model->shadow, &model->cpu, linear);
    if (model->is_ring3)
        shadow_invalidate(&model->shadow, &model->user_cpu, linear);
    model_end(model);
}

void model_enter_ring3(struct model *model)
{
    model->is_ring3 = true;
    model_load_state(model);
}

/* How the formats differ, said once more: index of a level, and what a large page's entry may not have. */
static unsigned model_index(const struct model *model, uint64_t linear, unsigned level)
{
    if (model->format == MODEL_32)
        return (unsigned)(linear >> (12 + 10 * level) & 1023);
    return (unsigned)(linear >> (12 + 9 * level) & (model->format == MODEL_PAE && level == 2 ? 3 : 511));
}

static unsigned model_shift(const struct model *model, unsigned level)
{
    return 12 + (model->format == MODEL_32 ? 10 : 9) * level;
}

static bool model_is_reserved(const struct model *model, uint64_t entry, unsigned level, bool is_large)
{
    uint64_t reserved = model->state.no_execute ? 0 : X86_PTE_NX;
    if (is_large)
        reserved |= model->format == MODEL_32 ? 0x003fe000 : (1ul << model_shift(model, level)) - 1 - 0x1fff;
    if (model->format == MODEL_PAE)
        reserved |= level == 2 ? 0xfff00000000001e6ul : 0x7ff0000000000000ul;
    if (model->format == MODEL_LONG && level == 3)
        reserved |= X86_PTE_PS;
    if (model->format == MODEL_32)
        reserved &= 0xffffffff;
    return entry & reserved;
}

static bool model_denies(const struct model *model, struct walker_access access, uint64_t rights)
{
    bool user = rights & X86_PTE_U, writable = rights & X86_PTE_W;
    if (access.is_user && !user)
        return true;
    if (access.is_write && !writable && (access.is_user || model->state.write_protect))
        return true;
    if (!access.is_fetch && user && !access.is_user && model->state.smap)
        return true;
    return access.is_fetch && (rights & X86_PTE_NX || (model->state.smep && user && !access.is_user));
}

struct model_reference model_refer(const struct model *model, uint64_t linear, struct walker_access access)
{
    struct model_reference result = {.is_accessed = true, .is_dirty = true};
    uint64_t frame = model->state.root >> 12, rights = X86_PTE_U | X86_PTE_W;
    uint32_t code = (access.is_write ? 2u : 0) | (access.is_user ? 4u : 0) |
                    (access.is_fetch && (model->state.no_execute || model->state.smep) ? 16u : 0);
    for (unsigned level = model->levels; level-- > 0;) {
        result.error_code = code;
        if (frame >= MODEL_FRAMES)
            return result;
        uint64_t entry = model_read_entry(model, frame, model_index(model, linear, level));
        bool is_large = level && entry & X86_PTE_PS &&
                        level < (model->format == MODEL_LONG ? 3 : model->levels - (model->format == MODEL_PAE));
        if (!(entry & X86_PTE_P))
            return result;
        result.error_code = code | 9;
        if (model_is_reserved(model, entry, level, is_large))
            return result;
        if (!(model->format == MODEL_PAE && level == 2)) {
            rights = (rights & entry & (X86_PTE_U | X86_PTE_W)) | ((rights | entry) & X86_PTE_NX);
            result.is_accessed &= (entry & X86_PTE_A) != 0;
        }
        if (level && !is_large) {
            frame = (entry & X86_PTE_FRAME) >> 12;
            continue;
        }
        uint64_t below = (1ul << model_shift(model, level)) - 1;
        result.is_dirty = entry & X86_PTE_D;
        result.has_entry = true;
        result.entry_frame = frame;
        result.entry_index = model_index(model, linear, level);
        result.error_code = code | 1;
        result.ok = !model_denies(model, access, rights);
        result.address = (entry & X86_PTE_FRAME & ~below) | (linear & below);
        return result;
    }
    return result;
}

static void model_compare_fault(struct model *model, const struct shadow_fault *fault, uint64_t linear,
                                struct walker_access access)
{
    struct model_reference reference = model_refer(model, linear, access);
    uint64_t frame = reference.address >> 12;
    switch (fault->outcome) {
    case SHADOW_INJECT:
        if (reference.ok || reference.error_code != fault->error_code)
            model_complain(model, "a page fault that the bare CPU does not raise so");
        break;
    case SHADOW_DEVICE:
        if (!reference.ok || frame < MODEL_FRAMES || fault->address != reference.address)
            model_complain(model, "a device where there is none");
        break;
    case SHADOW_READ_ONLY:
        if (!reference.ok || frame < MODEL_READ_ONLY || frame >= MODEL_FRAMES)
            model_complain(model, "read-only memory where there is none");
        break;
    case SHADOW_TABLE_WRITE:
        if (!reference.ok || frame >= MODEL_READ_ONLY || fault->address != reference.address)
            model_complain(model, "a table write where there is none");
        break;
    default:
        model_complain(model, "no memory");
        break;
    }
}

/* What has succeeded must succeed on the bare CPU, at the same place, and leave the same marks. */
static void model_compare(struct model *model, uint64_t linear, struct walker_access access, uint64_t machine)
{
    struct model_reference reference = model_refer(model, linear, access);
    if (!reference.ok)
        model_complain(model, "an access succeeds that the bare CPU refuses");
    else if (reference.address + MACHINE_BASE != machine)
        model_complain(model, "an access goes to the wrong place");
    else if (!reference.is_accessed)
        model_complain(model, "a page is used without its accessed bits");
    else if (access.is_write && !reference.is_dirty)
        model_complain(model, "a page is written without its dirty bit");
}

#define TRIES 6 /* of one access: more faults than that are one too many */

bool model_access(struct model *model, uint64_t linear, struct walker_access access, bool is_stale, uint64_t *machine)
{
    bool is_user = model->is_ring3 && access.is_user;
    struct tlb_model *tlb = is_user ? &model->user_tlb : &model->tlb;
    struct walker_access by_cpu = access; /* which knows nothing of the guest's kernel */
    by_cpu.is_user |= model->is_ring3;
    model->was_emulated = model->is_disturbed = false;
    tlb->smap = model->state.smap;
    for (unsigned i = 0; i < TRIES; i++) {
        bool ok = tlb_model_access(tlb, linear, by_cpu, machine);
        if (tlb->broken)
            model_complain(model, tlb->broken);
        if (ok) {
            if (*machine - MACHINE_BASE >= MODEL_FRAMES * 4096ul)
                model_complain(model, "an access outside the guest's memory");
            if (!is_stale && !model->is_disturbed)
                model_compare(model, linear, access, *machine);
            return !model->complaint;
        }
        if (model->cpu.has_smap)
            shadow_see_smap(&model->cpu, model->state.smap);
        struct shadow_fault fault =
            shadow_fault_handle(&model->shadow, is_user ? &model->user_cpu : &model->cpu, linear, access);
        if (!model->is_disturbed && fault.outcome != SHADOW_MAPPED)
            model_compare_fault(model, &fault, linear, access);
        model_end(model);
        if (fault.outcome == SHADOW_MAPPED)
            continue;
        *machine = MACHINE_BASE + fault.address;
        model->was_emulated = fault.outcome == SHADOW_TABLE_WRITE;
        return model->was_emulated && !model->complaint;
    }
    model_complain(model, "an access faults for ever");
    return false;
}

void model_write_entry(struct model *model, uint64_t frame, unsigned index, uint64_t value, uint64_t linear)
{
    struct walker_access access = {.is_write = true};
    uint64_t machine, offset = index * model->entry_bytes;
    if (!model_access(model, linear + offset, access, false, &machine)) {
        if (!model->is_disturbed) /* another may have taken the mapping away */
            model_complain(model, "a table cannot be edited");
        return;
    }
    if (machine != MACHINE_BASE + frame * 4096 + offset) {
        if (model->is_disturbed) /* or put another in its place */
            return;
        model_complain(model, "a table is edited in the wrong place");
    }
    memcpy(memory_bytes + (machine - MACHINE_BASE), &value, model->entry_bytes);
    if (model->was_emulated) /* the CPU tells nobody */
        shadow_written(&model->shadow, frame * 4096 + offset, model->entry_bytes);
    model_end(model);
}

void model_read_meanwhile(struct model *model, unsigned other, uint64_t linear)
{
    struct tlb_model *tlb = &model->other[other].tlb;
    uint64_t machine;
    tlb_model_access(tlb, linear, (struct walker_access){0}, &machine);
    if (tlb->broken)
        model_complain(model, tlb->broken);
}

void model_store_meanwhile(struct model *model, unsigned other, uint64_t frame, unsigned index, uint64_t value)
{
    struct tlb_model *tlb = &model->other[other].tlb;
    uint64_t machine, offset = index * model->entry_bytes;
    bool ok = tlb_model_access(tlb, model->direct + frame * 4096 + offset, (struct walker_access){.is_write = true},
                               &machine);
    if (tlb->broken)
        model_complain(model, tlb->broken);
    if (!ok || machine != MACHINE_BASE + frame * 4096 + offset)
        return;
    memcpy(memory_bytes + (machine - MACHINE_BASE), &value, model->entry_bytes);
    model->is_disturbed = true;
}
