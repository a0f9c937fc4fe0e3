/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model of one CPU's TLBs. Flushes are AMD's (APM vol. 2, "Translation-Lookaside Buffer", "TLB Flush"); a control
 * block is read at the offsets of its appendix "VMCB Layout".
 */
#include "walk_model.h"

#define CR0_PG   (1ull << 31)
#define CR4_PGE  (1ull << 7)
#define EFER_LMA (1ull << 10)

#define VMCB_ASID        0x058 /* and TLB_CONTROL in the upper half */
#define VMCB_NESTED      0x090
#define VMCB_NESTED_ROOT 0x0b0

/* TLB_CONTROL, in the low byte of its field */
#define FLUSH_ALL        1u
#define FLUSH_ASID       3u
#define FLUSH_ASID_LOCAL 7u

const char *const walk_model_counter_names[WALK_MODEL_COUNTERS] = {
    [WALK_MODEL_DATA] = "data",
    [WALK_MODEL_FETCHES] = "fetches",
    [WALK_MODEL_FIRST_MISSES] = "first_misses",
    [WALK_MODEL_WALKS] = "walks",
    [WALK_MODEL_REFERENCES] = "references",
    [WALK_MODEL_NESTED_REFERENCES] = "nested_references",
    [WALK_MODEL_HOST_WALKS] = "host_walks",
    [WALK_MODEL_HOST_REFERENCES] = "host_references",
    [WALK_MODEL_FLUSHES] = "flushes",
    [WALK_MODEL_ROOT_FLUSHES] = "root_flushes",
    [WALK_MODEL_PAGE_FLUSHES] = "page_flushes",
    [WALK_MODEL_SWITCHES] = "switches",
    [WALK_MODEL_FAILED] = "failed",
    [WALK_MODEL_STALE] = "stale",
};

static bool walk_model_create_tlb(struct tlb *tlb, const struct walk_model_size *size)
{
    return tlb_create(tlb, size->entries, size->ways);
}

bool walk_model_create(struct walk_model *model, const struct walk_model_config *config,
                       const struct walk_model_world *world)
{
    bool made;

    *model = (struct walk_model){.config = *config, .world = *world};
    model->walk.read = world->read_memory;
    model->walk.context = world->context;
    made = walk_model_create_tlb(&model->first_fetch, &config->first_fetch) &&
           walk_model_create_tlb(&model->first_data, &config->first_data) &&
           walk_model_create_tlb(&model->second_data, &config->second_data) &&
           (config->is_unified || walk_model_create_tlb(&model->second_fetch, &config->second_fetch)) &&
           tlb_create(&model->walk.cache, config->walk_cache, config->walk_cache) &&
           tlb_create(&model->walk.nested_cache, config->nested_cache, config->nested_cache);
    model->walk.cache.is_layered = true;
    if (!made)
        walk_model_destroy(model);
    return made;
}

void walk_model_destroy(struct walk_model *model)
{
    tlb_destroy(&model->first_fetch);
    tlb_destroy(&model->first_data);
    tlb_destroy(&model->second_fetch);
    tlb_destroy(&model->second_data);
    tlb_destroy(&model->walk.cache);
    tlb_destroy(&model->walk.nested_cache);
}

static uint64_t walk_model_register(const struct walk_model *model, enum walk_model_register which)
{
    return model->world.read_register(model->world.context, which);
}

static uint32_t walk_model_asid(const struct walk_model *model)
{
    return model->is_guest ? model->asid : 0;
}

/* A miss of both levels. UINT64_MAX, and counted as failed, where the tables have no translation. */
static uint64_t walk_model_walk(struct walk_model *model, uint64_t address, struct tlb_entry *filled)
{
    struct page_walk_roots roots = {
        .guest = walk_model_register(model, WALK_MODEL_CR3),
        .nested = model->nested_root,
        .is_paged = walk_model_register(model, WALK_MODEL_CR0) & CR0_PG,
        .is_nested = model->is_guest && model->nested_root,
        .has_global = walk_model_register(model, WALK_MODEL_CR4) & CR4_PGE,
        .asid = walk_model_asid(model),
    };
    struct page_walk_result result = {0};

    /* Tables of 32-bit paging are not modelled: firmware and boot code only. */
    if (!roots.is_paged || walk_model_register(model, WALK_MODEL_EFER) & EFER_LMA)
        result = page_walk(&model->walk, &roots, address);
    model->counted[WALK_MODEL_WALKS]++;
    model->counted[WALK_MODEL_REFERENCES] += result.references;
    model->counted[WALK_MODEL_NESTED_REFERENCES] += result.nested_references;
    model->counted[WALK_MODEL_HOST_WALKS] += !model->is_guest;
    model->counted[WALK_MODEL_HOST_REFERENCES] += model->is_guest ? 0 : result.references;
    if (!result.is_present) {
        model->counted[WALK_MODEL_FAILED]++;
        return UINT64_MAX;
    }
    *filled = tlb_entry_of(address, result.shift, roots.asid, result.machine >> result.shift << result.shift,
                           result.is_global);
    return result.machine;
}

uint64_t walk_model_access(struct walk_model *model, uint64_t address, bool is_fetch)
{
    struct tlb *first = is_fetch ? &model->first_fetch : &model->first_data;
    struct tlb *second = is_fetch && !model->config.is_unified ? &model->second_fetch : &model->second_data;
    const struct tlb_entry *found = tlb_find(first, address, walk_model_asid(model));
    struct tlb_entry filled;

    model->counted[is_fetch ? WALK_MODEL_FETCHES : WALK_MODEL_DATA]++;
    if (found)
        return found->value + (address - found->page);
    model->counted[WALK_MODEL_FIRST_MISSES]++;
    found = tlb_find(second, address, walk_model_asid(model));
    if (found) {
        filled = *found;
    } else {
        if (walk_model_walk(model, address, &filled) == UINT64_MAX)
            return UINT64_MAX;
        tlb_fill(second, &filled);
    }
    tlb_fill(first, &filled);
    return filled.value + (address - filled.page);
}

static void walk_model_flush_tlbs(struct walk_model *model, const struct tlb_flush *flush)
{
    tlb_flush(&model->first_fetch, flush);
    tlb_flush(&model->first_data, flush);
    tlb_flush(&model->second_fetch, flush);
    tlb_flush(&model->second_data, flush);
}

/* Walk caches know no pages and no global entries: they lose the whole address space. What goes from guest-physical to
 * machine addresses only goes with the ASID. */
static void walk_model_flush(struct walk_model *model, const struct tlb_flush *flush, bool of_nested)
{
    struct tlb_flush space = {.of_asid = flush->of_asid, .asid = flush->asid};

    walk_model_flush_tlbs(model, flush);
    tlb_flush(&model->walk.cache, &space);
    if (of_nested)
        tlb_flush(&model->walk.nested_cache, &space);
}

static void walk_model_flush_all(struct walk_model *model)
{
    model->counted[WALK_MODEL_FLUSHES]++;
    walk_model_flush(model, &(struct tlb_flush){0}, true);
}

static void walk_model_switch(struct walk_model *model, bool is_guest)
{
    model->is_guest = is_guest;
    model->counted[WALK_MODEL_SWITCHES]++;
    if (!model->config.has_tags)
        walk_model_flush_all(model);
}

void walk_model_enter(struct walk_model *model, uint64_t vmcb)
{
    uint64_t word = model->world.read_memory(model->world.context, vmcb + VMCB_ASID);
    uint64_t nested = model->world.read_memory(model->world.context, vmcb + VMCB_NESTED) & 1;
    unsigned control = word >> 32 & 0xff;

    model->asid = (uint32_t)word;
    model->nested_root = nested ? model->world.read_memory(model->world.context, vmcb + VMCB_NESTED_ROOT) : 0;
    walk_model_switch(model, true);
    if (control == FLUSH_ALL) {
        walk_model_flush_all(model);
    } else if (control == FLUSH_ASID || control == FLUSH_ASID_LOCAL) {
        struct tlb_flush flush = {.of_asid = true, .asid = model->asid, .keeps_global = control == FLUSH_ASID_LOCAL};

        model->counted[WALK_MODEL_FLUSHES]++;
        walk_model_flush(model, &flush, true);
    }
}

void walk_model_exit(struct walk_model *model)
{
    walk_model_switch(model, false);
}

void walk_model_flush_root(struct walk_model *model)
{
    struct tlb_flush flush = {.of_asid = true, .asid = walk_model_asid(model), .keeps_global = true};

    model->counted[WALK_MODEL_ROOT_FLUSHES]++;
    walk_model_flush(model, &flush, false);
}

void walk_model_flush_page_of(struct walk_model *model, uint64_t address, uint32_t asid)
{
    struct tlb_flush flush = {.of_asid = true, .asid = asid, .of_page = true, .address = address};

    model->counted[WALK_MODEL_PAGE_FLUSHES]++;
    walk_model_flush(model, &flush, false);
}

void walk_model_flush_page(struct walk_model *model, uint64_t address)
{
    walk_model_flush_page_of(model, address, walk_model_asid(model));
}

void walk_model_flush_space(struct walk_model *model)
{
    struct tlb_flush flush = {.of_asid = true, .asid = walk_model_asid(model)};

    model->counted[WALK_MODEL_FLUSHES]++;
    walk_model_flush(model, &flush, false);
}
