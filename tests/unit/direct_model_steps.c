/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest of direct_model.h does: every operation at random, and what of it must be granted by the rules;
 * accesses in between, by CPUs that remember too much.
 */
#include "direct_model.h"
#include "direct_model_internal.h"
#include "mmu/direct_batch.h"
#include <coopvirt/x86.h>
#include <stdio.h>
#include <string.h>

static void model_expect(struct model *model, int error, bool is_granted, const char *operation)
{
    static char text[80];
    if (!error == is_granted)
        return;
    snprintf(text, sizeof(text), "%s: %s", operation, error ? "refused" : "granted");
    model_complain(model, text);
}

static bool model_may_set(const struct model *model, coop_paddr slot, uint64_t entry)
{
    unsigned level = model_level(model_type(model, slot)), index = slot % 4096 / 8;
    unsigned named = model_type(model, entry & X86_PTE_FRAME);
    uint64_t bits = X86_PTE_P | X86_PTE_W | X86_PTE_U | X86_PTE_A | X86_PTE_D | 0xe00 | X86_PTE_NX | X86_PTE_FRAME;
    if (!level || slot % 8 || model_is_top(level, index))
        return false;
    if (!(entry & X86_PTE_P))
        return !entry;
    if (entry & ~(level == 1 ? bits | X86_PTE_G : bits))
        return false;
    if (level == 4 && entry & X86_PTE_U && index >= COOP_SLOT_FIRST)
        return false;
    if (level > 1)
        return named == DIRECT_TABLE_1 + level - 2;
    return named != DIRECT_OUTSIDE && (!(entry & X86_PTE_W) || named == DIRECT_PAGE);
}

static coop_paddr model_any_frame(struct model *model)
{
    return (MODEL_FIRST + model_choose(model, MODEL_FRAMES + 2)) << 12;
}

/* A frame of a type, if a few tries find one. */
static coop_paddr model_frame_of(struct model *model, unsigned type)
{
    coop_paddr frame = model_any_frame(model);
    for (unsigned i = 0; i < 24 && model_type(model, frame) != type; i++)
        frame = model_any_frame(model);
    return frame;
}

static coop_paddr model_any_slot(struct model *model)
{
    unsigned level = 1 + model_choose(model, 4);
    coop_paddr table =
        model_chance(model, 95) ? model_frame_of(model, DIRECT_TABLE_1 + level - 1) : model_any_frame(model);
    return table + model_slots[level][model_choose(model, MODEL_SLOTS)] * 8ul + (model_chance(model, 1) ? 4 : 0);
}

static uint64_t model_any_entry(struct model *model, coop_paddr slot)
{
    static const uint64_t odd[] = {X86_PTE_PS, X86_PTE_PWT, X86_PTE_PCD, X86_PTE_G, 1ul << 52, 1ul << 62, 1ul << 45};
    unsigned level = model_level(model_type(model, slot));
    unsigned wanted = level > 1 ? DIRECT_TABLE_1 + level - 2 : DIRECT_PAGE;
    uint64_t entry = model_chance(model, 85) ? model_frame_of(model, wanted) : model_any_frame(model);
    entry |= model_chance(model, 97) ? X86_PTE_P : 0;
    entry |= model_chance(model, 80) ? X86_PTE_W : 0;
    entry |= model_chance(model, slot % 4096 / 8 < COOP_SLOT_FIRST ? 80 : 20) ? X86_PTE_U : 0;
    entry |= model_chance(model, 50) ? X86_PTE_A | X86_PTE_D : 0;
    entry |= level == 1 && model_chance(model, 10) ? X86_PTE_G : 0;
    entry |= model_chance(model, 5) ? odd[model_choose(model, sizeof(odd) / sizeof(odd[0]))] : 0;
    return model_chance(model, 4) ? 0 : entry;
}

static void model_check_slot(struct model *model, coop_paddr slot, uint64_t entry)
{
    uint64_t stored = *(uint64_t *)((uint8_t *)model_frame(slot & ~0xffful) + (slot & 0xfff));
    uint64_t expected = entry && model->is_deprivileged ? (entry | X86_PTE_U) & ~X86_PTE_G : entry;
    if ((stored ^ expected) & ~(X86_PTE_A | X86_PTE_D) || expected & ~stored)
        model_complain(model, "an entry is not what was set");
}

static void model_set(struct model *model)
{
    coop_paddr slot = model_any_slot(model);
    uint64_t entry = model_any_entry(model, slot);
    bool is_granted = model_may_set(model, slot, entry);
    model_expect(model, direct_set(&model->direct, slot, entry), is_granted, "set");
    if (is_granted && !model->complaint)
        model_check_slot(model, slot, entry);
}

static bool model_may_clear(const struct model *model, coop_paddr slot, uint64_t count)
{
    unsigned level = model_level(model_type(model, slot));
    uint64_t first = slot % 4096 / 8;
    return level && slot % 8 == 0 && count && first + count <= 512 &&
           (level != 4 || first > COOP_SLOT_LAST || first + count <= COOP_SLOT_FIRST);
}

static void model_clear(struct model *model)
{
    coop_paddr slot = model_any_slot(model);
    uint64_t count = model_chance(model, 60) ? 1 : model_choose(model, 520);
    bool is_granted = model_may_clear(model, slot, count);
    model_expect(model, direct_clear(&model->direct, slot, count), is_granted, "clear");
    for (uint64_t i = 0; i < count && is_granted && !model->complaint; i++)
        model_check_slot(model, slot + 8 * i, 0);
}

static void model_table_new(struct model *model)
{
    coop_paddr frame = model_chance(model, 90) ? model_frame_of(model, DIRECT_PAGE) : model_any_frame(model);
    uint64_t level = model_chance(model, 97) ? 1 + model_choose(model, 4) : model_choose(model, 9);
    frame += model_chance(model, 1) ? 8 : 0;
    bool is_granted = frame % 4096 == 0 && model_type(model, frame) == DIRECT_PAGE && level - 1 < 4 &&
                      !model_references(model, frame);
    model_expect(model, direct_table_new(&model->direct, frame, level), is_granted, "table_new");
    if (!is_granted || model->complaint)
        return;
    model->types[(frame >> 12) - MODEL_FIRST] = (uint8_t)(DIRECT_TABLE_1 + level - 1);
    for (unsigned i = 0; i < 512; i++)
        if (model_frame(frame)[i] != (model_is_top((unsigned)level, i) ? model_top_slots[i - COOP_SLOT_FIRST] : 0))
            model_complain(model, "a table is not born empty");
}

static void model_table_free(struct model *model)
{
    coop_paddr frame =
        model_frame_of(model, DIRECT_TABLE_1 + model_choose(model, 4)) + (model_chance(model, 1) ? 8 : 0);
    bool is_kept = model->kept == frame;
    bool is_granted =
        frame % 4096 == 0 && model_level(model_type(model, frame)) && model_references(model, frame) == is_kept;
    model_expect(model, direct_table_free(&model->direct, frame), is_granted, "table_free");
    if (!is_granted || model->complaint)
        return;
    model->types[(frame >> 12) - MODEL_FIRST] = DIRECT_PAGE;
    for (unsigned i = 0; i < 512; i++)
        if (model_frame(frame)[i])
            model_complain(model, "a freed table is not blank");
}

static void model_load_root(struct model *model)
{
    struct tlb_model *cpu = &model->cpus[model_choose(model, MODEL_CPUS)];
    coop_paddr root = model_frame_of(model, DIRECT_TABLE_4), old = cpu->root;
    bool is_granted = model_type(model, root) == DIRECT_TABLE_4;
    int error = direct_root_get(&model->direct, root);
    model_expect(model, error, is_granted, "root");
    if (error)
        return;
    cpu->root = root;
    if (model_chance(model, 50)) /* the guest's own flush, or none */
        tlb_model_flush_local(cpu);
    direct_root_put(&model->direct, old);
}

static void model_keep_root(struct model *model)
{
    coop_paddr root = model_frame_of(model, DIRECT_TABLE_4);
    if (model->kept)
        model_forget_root(model, model->kept);
    else if (!direct_root_get(&model->direct, root))
        model->kept = root;
}

/* A device writes what the guest wants it to: entries that lead out. */
static void model_write_held(struct model *model, const struct model_hold *hold)
{
    for (coop_paddr at = hold->address & ~0xffful; at < hold->address + hold->bytes; at += 4096)
        for (unsigned i = 0; i < MODEL_SLOTS; i++)
            model_frame(at)[model_slots[1][i]] = model_any_frame(model) | 7;
}

static void model_hold(struct model *model)
{
    struct model_hold *hold = &model->holds[model_choose(model, MODEL_HOLDS)];
    bool is_granted = true;
    if (hold->bytes) {
        direct_release(&model->direct, hold->address, hold->bytes);
        hold->bytes = 0;
        return;
    }
    struct model_hold wanted = {model_frame_of(model, DIRECT_PAGE) + model_choose(model, 4096),
                                1 + model_choose(model, 5000)};
    for (coop_paddr at = wanted.address & ~0xffful; at < wanted.address + wanted.bytes; at += 4096)
        is_granted &= model_type(model, at) == DIRECT_PAGE;
    model_expect(model, !direct_hold(&model->direct, wanted.address, wanted.bytes), is_granted, "hold");
    if (!is_granted || model->complaint)
        return;
    *hold = wanted;
    model_write_held(model, hold);
}

/* All CPUs are flushed by the hypervisor for its own reasons, global pages or not. */
static void model_flush_all(struct model *model)
{
    bool is_with_global = model_chance(model, 30);
    for (unsigned i = 0; i < MODEL_CPUS; i++)
        if (is_with_global)
            tlb_model_flush(&model->cpus[i]);
        else
            tlb_model_flush_local(&model->cpus[i]);
    direct_flushed(&model->direct, is_with_global);
}

static uint64_t model_any_linear(struct model *model)
{
    uint64_t linear = (uint64_t)model_slots[4][model_choose(model, MODEL_SLOTS)] << 39;
    for (unsigned level = 3; level > 0; level--)
        linear |= (uint64_t)model_slots[level][model_choose(model, MODEL_SLOTS)] << (12 + 9 * (level - 1));
    return linear >> 47 & 1 ? linear | 0xffff000000000000ul : linear;
}

static bool model_is_hypervisors(uint64_t linear)
{
    unsigned slot = linear >> 39 & 511;
    return slot >= COOP_SLOT_FIRST && slot <= COOP_SLOT_LAST;
}

/* The guest uses memory, and writes entries that lead out wherever it can. */
static void model_access(struct model *model)
{
    struct tlb_model *cpu = &model->cpus[model_choose(model, MODEL_CPUS)];
    struct walker_access access = {.is_write = model_chance(model, 60),
                                   .is_user = model->is_deprivileged || model_chance(model, 30)};
    uint64_t linear = model_any_linear(model), machine;
    bool ok = tlb_model_access(cpu, linear, access, &machine);
    if (cpu->broken)
        model_complain(model, cpu->broken);
    if (!ok || model->complaint)
        return;
    unsigned type = model_type(model, machine);
    if (type == DIRECT_OUTSIDE)
        model_complain(model, model_is_hypervisors(linear) ? "the hypervisor's memory is reached"
                                                           : "others' memory is reached");
    else if (access.is_write && type != DIRECT_PAGE)
        model_complain(model, "a page table is written");
    else if (access.is_write)
        model_frame(machine & ~0xffful)[model_slots[1][model_choose(model, MODEL_SLOTS)]] = model_any_frame(model) | 7;
}

/* What a batch says must be what its operations say one by one: it is tried with one only, from a page of the guest's.
 */
static void model_batch_one(struct model *model, uint64_t target, uint64_t value, bool is_granted)
{
    coop_paddr at = model_frame_of(model, DIRECT_PAGE);
    if (model_type(model, at) != DIRECT_PAGE || !direct_hold(&model->direct, at, 16))
        return;
    direct_release(&model->direct, at, 16);
    model_frame(at)[0] = target;
    model_frame(at)[1] = value;
    model_expect(model, direct_batch(&model->direct, model, at, 1) != 1, is_granted, "batch");
}

static void model_batch(struct model *model)
{
    coop_paddr slot = model_any_slot(model);
    uint64_t entry = model_any_entry(model, slot);
    if (slot % 8 == 0)
        model_batch_one(model, slot | COOP_MMU_SET, entry, model_may_set(model, slot, entry));
}

#define RUN_MOST 12u

/* Entries set and cleared one by one, most of them in one table: a run, as batches have them. Each must be what it is
 * by itself, and the first that is refused ends it. */
static unsigned model_choose_run(struct model *model, uint64_t *operations, unsigned count)
{
    coop_paddr table = model_any_slot(model) & ~0xffful;
    unsigned granted = count;
    for (unsigned i = 0; i < count; i++) {
        coop_paddr slot = model_any_slot(model) & ~7ul;
        if (model_chance(model, 80))
            slot = table + slot % 4096;
        bool is_clear = model_chance(model, 25);
        uint64_t value = is_clear ? 1ul + model_chance(model, 20) : model_any_entry(model, slot);
        bool is_granted = is_clear ? model_may_clear(model, slot, value) : model_may_set(model, slot, value);
        operations[2 * i] = slot | (is_clear ? COOP_MMU_CLEAR : COOP_MMU_SET);
        operations[2 * i + 1] = value;
        granted = !is_granted && granted == count ? i : granted;
    }
    return granted;
}

/* The slot of operation i, unless one behind it changes it again. */
static void model_check_run_slot(struct model *model, const uint64_t *operations, unsigned i, unsigned count)
{
    uint64_t target = operations[2 * i], slot = target & ~7ul;
    for (unsigned n = i + 1; n < count; n++) {
        uint64_t other = operations[2 * n] & ~7ul,
                 slots = operations[2 * n] & COOP_MMU_CLEAR ? operations[2 * n + 1] : 1;
        if (slot >= other && slot < other + 8 * slots)
            return;
    }
    model_check_slot(model, slot, target & COOP_MMU_CLEAR ? 0 : operations[2 * i + 1]);
}

static void model_run(struct model *model)
{
    uint64_t operations[2 * RUN_MOST];
    unsigned count = 2 + model_choose(model, RUN_MOST - 1), granted = model_choose_run(model, operations, count);
    coop_paddr at = model_frame_of(model, DIRECT_PAGE);
    if (model_type(model, at) != DIRECT_PAGE || !direct_hold(&model->direct, at, sizeof(operations)))
        return;
    direct_release(&model->direct, at, sizeof(operations));
    memcpy(model_frame(at), operations, sizeof(operations));
    uint64_t result = direct_batch(&model->direct, model, at, count);
    if ((uint32_t)result != granted || !(result >> 32) != (granted == count))
        model_complain(model, "a batch ends elsewhere");
    for (unsigned i = 0; i < granted && !model->complaint; i++)
        model_check_run_slot(model, operations, i, granted);
}

/* The guest's own: nothing but its own view depends on it. */
static void model_flush_page(struct model *model)
{
    model_batch_one(model, (model_any_linear(model) & ~0xffful) | COOP_MMU_FLUSH_PAGE, 0, true);
}

static void model_unlink(struct model *model, coop_paddr frame)
{
    for (unsigned n = 0; n < MODEL_FRAMES; n++) {
        coop_paddr table = (MODEL_FIRST + n) << 12;
        for (unsigned i = 0; model_level(model->types[n]) && i < DIRECT_ENTRIES; i++)
            if (model_frame(table)[i] & X86_PTE_P && !model_is_top(model_level(model->types[n]), i) &&
                (model_frame(table)[i] & X86_PTE_FRAME) == frame)
                model_expect(model, direct_clear(&model->direct, table + i * 8ul, 1), true, "unlink");
    }
}

/* What the guest hopes for: a page that it may write becomes a table, */
static void model_promote(struct model *model)
{
    coop_paddr frame = model_frame_of(model, DIRECT_PAGE);
    for (unsigned i = 0; i < 16; i++)
        model_access(model);
    model_unlink(model, frame);
    if (model_type(model, frame) != DIRECT_PAGE || model_references(model, frame))
        return;
    model_expect(model, direct_table_new(&model->direct, frame, 1), true, "promote");
    model->types[(frame >> 12) - MODEL_FIRST] = DIRECT_TABLE_1;
    for (unsigned i = 0; i < 16 && !model->complaint; i++)
        model_access(model);
}

/* or a table in use becomes something else while CPUs still walk it. */
static void model_recycle(struct model *model)
{
    unsigned type = DIRECT_TABLE_1 + model_choose(model, 3), other = DIRECT_TABLE_1 + model_choose(model, 3);
    coop_paddr frame = model_frame_of(model, type), slot;
    if (model_type(model, frame) != type)
        return;
    for (unsigned i = 0; i < 16; i++)
        model_access(model);
    model_unlink(model, frame);
    model_expect(model, direct_table_free(&model->direct, frame), true, "recycle");
    model->types[(frame >> 12) - MODEL_FIRST] = DIRECT_PAGE;
    if (other == type && !model->holds[0].bytes && model_chance(model, 50)) {
        model->holds[0] = (struct model_hold){frame, 4096};
        model_expect(model, !direct_hold(&model->direct, frame, 4096), true, "recycle");
        model_write_held(model, &model->holds[0]);
        for (unsigned i = 0; i < 16; i++)
            model_access(model);
        return;
    }
    if (other == type) {
        slot = model_frame_of(model, DIRECT_TABLE_1) + model_slots[1][model_choose(model, MODEL_SLOTS)] * 8ul;
        if (model_may_set(model, slot, frame | 7) && !direct_set(&model->direct, slot, frame | 7))
            for (unsigned i = 0; i < 16; i++)
                model_access(model);
        return;
    }
    model_expect(model, direct_table_new(&model->direct, frame, other - DIRECT_TABLE_1 + 1), true, "recycle");
    model->types[(frame >> 12) - MODEL_FIRST] = (uint8_t)other;
    for (unsigned i = 0; i < MODEL_SLOTS; i++) {
        slot = frame + model_slots[other - DIRECT_TABLE_1 + 1][i] * 8ul;
        uint64_t entry = model_any_entry(model, slot);
        model_expect(model, direct_set(&model->direct, slot, entry), model_may_set(model, slot, entry), "recycle");
    }
}

void model_step(struct model *model)
{
    static void (*const operations[])(struct model *) = {
        model_set,        model_set,       model_set,   model_set,       model_set,       model_set,
        model_clear,      model_clear,     model_batch, model_table_new, model_table_new, model_table_free,
        model_load_root,  model_keep_root, model_hold,  model_flush_all, model_recycle,   model_promote,
        model_flush_page, model_run,       model_run,
    };
    operations[model_choose(model, sizeof(operations) / sizeof(operations[0]))](model);
    for (unsigned i = 0; i < 8 && !model->complaint; i++)
        model_access(model);
}
