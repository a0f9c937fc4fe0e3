/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reference's rules are those of coopvirt/abi.h, written down again without counts.
 */
#include "direct_model.h"
#include "direct_model_internal.h"
#include <coopvirt/x86.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODEL_HYPERVISOR (MODEL_FIRST + 22) /* a table of its own, with its memory behind */

static uint8_t *memory_bytes;
static struct direct_frame *records;
uint64_t model_top_slots[DIRECT_TOP_SLOTS];

const unsigned model_slots[5][MODEL_SLOTS] = {
    {0}, {0, 1, 17, 511}, {0, 511, 0, 511}, {0, 511, 0, 511}, {0, 272, 256, 511}};

static const struct guest_memory_range pieces[] = {
    {(MODEL_FIRST + 0) << 12, 20 << 12, (MODEL_FIRST + 0) << 12, true},
    {(MODEL_FIRST + 24) << 12, 16 << 12, (MODEL_FIRST + 24) << 12, true},
    {(MODEL_FIRST + 44) << 12, 18 << 12, (MODEL_FIRST + 44) << 12, true},
};

uint64_t *model_frame(coop_paddr machine)
{
    uint64_t offset = machine - (MODEL_FIRST << 12);
    return offset < MODEL_FRAMES * 4096ul ? (uint64_t *)(memory_bytes + offset) : NULL;
}

static void *model_address(uint64_t machine)
{
    return model_frame(machine);
}

void model_complain(struct model *model, const char *what)
{
    if (!model->complaint)
        model->complaint = what;
}

uint32_t model_choose(struct model *model, uint32_t below)
{
    return model->choose(model->source, below);
}

bool model_chance(struct model *model, uint32_t percent)
{
    return model_choose(model, 100) < percent;
}

unsigned model_type(const struct model *model, coop_paddr address)
{
    uint64_t number = (address >> 12) - MODEL_FIRST;
    return number < MODEL_FRAMES ? model->types[number] : DIRECT_OUTSIDE;
}

unsigned model_level(unsigned type)
{
    return type >= DIRECT_TABLE_1 ? type - DIRECT_TABLE_1 + 1 : 0;
}

bool model_is_top(unsigned level, unsigned index)
{
    return level == 4 && index >= COOP_SLOT_FIRST && index <= COOP_SLOT_LAST;
}

static void model_count(unsigned *counts, uint64_t entry)
{
    uint64_t number = ((entry & X86_PTE_FRAME) >> 12) - MODEL_FIRST;
    if (number < MODEL_FRAMES)
        counts[number]++;
}

/* What names each frame: links of a table and roots, writable mappings of a page and holds. */
static void model_count_references(const struct model *model, unsigned *counts)
{
    memset(counts, 0, MODEL_FRAMES * sizeof(*counts));
    for (unsigned n = 0; n < MODEL_FRAMES; n++) {
        unsigned level = model_level(model->types[n]);
        const uint64_t *table = model_frame((MODEL_FIRST + n) << 12);
        for (unsigned i = 0; level && i < DIRECT_ENTRIES; i++)
            if (table[i] & (level > 1 ? X86_PTE_P : X86_PTE_W) && !model_is_top(level, i))
                model_count(counts, table[i]);
    }
    for (unsigned i = 0; i < MODEL_CPUS; i++)
        model_count(counts, model->cpus[i].root);
    if (model->kept)
        model_count(counts, model->kept);
    for (unsigned i = 0; i < MODEL_HOLDS; i++) {
        const struct model_hold *hold = &model->holds[i];
        for (coop_paddr at = hold->address & ~0xffful; hold->bytes && at < hold->address + hold->bytes; at += 4096)
            model_count(counts, at);
    }
}

unsigned model_references(const struct model *model, coop_paddr frame)
{
    unsigned counts[MODEL_FRAMES];
    uint64_t number = (frame >> 12) - MODEL_FIRST;
    model_count_references(model, counts);
    return number < MODEL_FRAMES ? counts[number] : 0;
}

/* A frame may be walked as a table when it is one of that level; or blank, when it was one and nothing was flushed. */
static bool model_is_table(void *context, uint64_t machine, unsigned level)
{
    struct model *model = context;
    const uint64_t *table = model_frame(machine);
    if (model_type(model, machine) == DIRECT_TABLE_1 + level || machine == MODEL_HYPERVISOR << 12)
        return true;
    for (unsigned i = 0; i < DIRECT_ENTRIES; i++)
        if (table[i])
            return false;
    return model_type(model, machine) != DIRECT_OUTSIDE;
}

static void model_flush(void *context, enum direct_flush why)
{
    struct model *model = context;
    for (unsigned i = 0; i < MODEL_CPUS && !(model->flushes_left_out >> why & 1); i++)
        tlb_model_flush(&model->cpus[i]);
}

static int model_root(void *caller, coop_paddr kernel, coop_paddr user)
{
    struct model *model = caller;
    coop_paddr old = model->cpus[0].root;
    if (user || direct_root_get(&model->direct, kernel))
        return COOP_EINVAL;
    model->cpus[0].root = kernel;
    tlb_model_flush_local(&model->cpus[0]);
    direct_root_put(&model->direct, old);
    return 0;
}

/* As little as a CPU may do for it. */
static int model_guest_flush(void *caller, unsigned operation, uint64_t linear, uint64_t value)
{
    struct tlb_model *cpu = &((struct model *)caller)->cpus[0];
    if (operation == COOP_MMU_FLUSH_PAGE)
        tlb_model_flush_page(cpu, linear);
    else
        tlb_model_flush_local(cpu);
    return operation == COOP_MMU_FLUSH_RANGE || !value ? 0 : COOP_EINVAL;
}

static bool model_should_yield(void *caller, uint64_t *since)
{
    (void)since;
    return model_chance(caller, 50);
}

void model_forget_root(void *context, coop_paddr root)
{
    struct model *model = context;
    if (model->kept != root)
        return;
    model->kept = 0;
    direct_root_put(&model->direct, root);
}

void model_compare(struct model *model)
{
    unsigned references[MODEL_FRAMES];
    model_count_references(model, references);
    for (unsigned n = 0; n < MODEL_FRAMES && !model->complaint; n++) {
        coop_paddr frame = (MODEL_FIRST + n) << 12;
        const struct direct_frame *record = direct_find(&model->direct, frame);
        unsigned present = 0, level = model_level(model->types[n]);
        for (unsigned i = 0; i < 512 && record->type != DIRECT_OUTSIDE; i++)
            present += model_frame(frame)[i] && !model_is_top(level, i);
        if (record->type != model->types[n])
            model_complain(model, "a frame is of another type");
        else if (record->type != DIRECT_OUTSIDE && record->references != references[n])
            model_complain(model, "a count of references is wrong");
        else if (level && record->present != present)
            model_complain(model, "a count of entries is wrong");
        else if (!level && record->type != DIRECT_OUTSIDE && !record->present && present)
            model_complain(model, "a frame is not as blank as its record says");
    }
}

void model_create(struct model *model, bool is_deprivileged, uint32_t (*choose)(void *, uint32_t), void *source)
{
    *model = (struct model){.is_deprivileged = is_deprivileged, .choose = choose, .source = source};
    memory_bytes = aligned_alloc(4096, MODEL_FRAMES * 4096);
    memset(memory_bytes, 0, MODEL_FRAMES * 4096);
    for (unsigned i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        guest_memory_add(&model->memory, &pieces[i]);
        for (uint64_t n = 0; n < pieces[i].bytes >> 12; n++)
            model->types[(pieces[i].start >> 12) + n - MODEL_FIRST] = DIRECT_PAGE;
    }
    for (unsigned i = 0; i < DIRECT_TOP_SLOTS; i++) /* a table of the hypervisor's: supervisor only */
        model_top_slots[i] = is_deprivileged ? MODEL_HYPERVISOR << 12 | X86_PTE_P | X86_PTE_W | X86_PTE_A : 0;
    for (unsigned i = 0; i < DIRECT_ENTRIES; i++)
        model_frame(MODEL_HYPERVISOR << 12)[i] = MODEL_HYPERVISOR << 12 | X86_PTE_P | X86_PTE_W | X86_PTE_U;
    records = calloc(1, direct_bytes(&model->memory));
    const struct direct_world world = {
        model, model_flush, model_root, model_guest_flush, model_should_yield, model_forget_root, model_top_slots};
    const struct direct_config config = {&model->memory, (uintptr_t)memory_bytes - (MODEL_FIRST << 12),
                                         records,        is_deprivileged,
                                         true,           COOP_MMU_BATCH_MOST};
    direct_create(&model->direct, &world, &config);
    for (unsigned i = 0; i < MODEL_CPUS; i++) {
        coop_paddr root = (MODEL_FIRST + i) << 12;
        direct_table_new(&model->direct, root, 4);
        model->types[i] = DIRECT_TABLE_4;
        direct_root_get(&model->direct, root);
        model->cpus[i] = (struct tlb_model){.address = model_address,
                                            .root = root,
                                            .root_level = 3,
                                            .is_table = model_is_table,
                                            .context = model,
                                            .writes_dirty = true};
    }
}

void model_destroy(struct model *model)
{
    free(memory_bytes);
    free(records);
    model->direct.frames = NULL;
}
