/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lookup, walk and fill. APM vol. 2, "Translation-Lookaside Buffer"; SDM vol. 3, "Caching Translation Information".
 */
#include "tlb_model.h"
#include <coopvirt/x86.h>
#include <string.h>

#define PDPTE_RESERVED 0xfff00000000001e6ul

void tlb_model_flush(struct tlb_model *model)
{
    memset(model->pages, 0, sizeof(model->pages));
    memset(model->tables, 0, sizeof(model->tables));
}

void tlb_model_flush_local(struct tlb_model *model)
{
    for (unsigned i = 0; i < TLB_MODEL_PAGES; i++)
        model->pages[i].is_valid &= model->pages[i].global;
    memset(model->tables, 0, sizeof(model->tables));
}

void tlb_model_flush_page(struct tlb_model *model, uint64_t linear)
{
    for (unsigned i = 0; i < TLB_MODEL_PAGES; i++)
        if (model->pages[i].linear == linear >> 12)
            model->pages[i].is_valid = false;
    memset(model->tables, 0, sizeof(model->tables));
}

static bool tlb_model_denies(const struct tlb_model *model, const struct tlb_model_page *page,
                             struct walker_access access)
{
    if (access.is_write && !page->writable)
        return true;
    if (access.is_user && !page->user)
        return true;
    if (model->smap && !access.is_fetch && !access.is_user && page->user)
        return true;
    return access.is_fetch && (!page->executable || (model->smep && !access.is_user && page->user));
}

static struct tlb_model_page *tlb_model_find(struct tlb_model *model, uint64_t linear)
{
    for (unsigned i = 0; i < TLB_MODEL_PAGES; i++)
        if (model->pages[i].is_valid && model->pages[i].linear == linear >> 12)
            return &model->pages[i];
    return NULL;
}

/* The lowest cached table on the way; the root when there is none. */
static struct tlb_model_table tlb_model_start(const struct tlb_model *model, uint64_t linear)
{
    struct tlb_model_table best = {true, model->root_level + 1, 0, model->root, true, true, true};
    for (unsigned i = 0; i < TLB_MODEL_TABLES; i++) {
        const struct tlb_model_table *table = &model->tables[i];
        if (table->is_valid && table->level < best.level && table->prefix == linear >> (12 + 9 * table->level))
            best = *table;
    }
    return best;
}

static bool tlb_model_read(struct tlb_model *model, uint64_t *entry, unsigned level, struct tlb_model_table *way)
{
    if (!(*entry & X86_PTE_P))
        return false;
    if (model->root_level == 2 && level == 2) {
        if (*entry & PDPTE_RESERVED)
            model->broken = "reserved bits in a top entry of PAE";
    } else {
        way->writable &= (*entry & X86_PTE_W) != 0;
        way->user &= (*entry & X86_PTE_U) != 0;
        way->executable &= !(*entry & X86_PTE_NX);
        *entry |= X86_PTE_A;
        if (level && *entry & X86_PTE_PS)
            model->broken = "a large page, or a reserved bit";
    }
    way->frame = *entry & X86_PTE_FRAME;
    return true;
}

static bool tlb_model_walk(struct tlb_model *model, uint64_t linear, struct tlb_model_page *page, uint64_t **leaf)
{
    struct tlb_model_table way = tlb_model_start(model, linear);
    for (unsigned level = way.level; level-- > 0;) {
        uint64_t *table = model->address(way.frame);
        if (!table) {
            model->broken = "a table that is no frame";
            return false;
        }
        if (model->is_table && !model->is_table(model->context, way.frame, level)) {
            model->broken = "a table that has become something else";
            return false;
        }
        *leaf = &table[linear >> (12 + 9 * level) & 511];
        if (!tlb_model_read(model, &table[linear >> (12 + 9 * level) & 511], level, &way))
            return false;
        if (!level)
            break;
        way.is_valid = true;
        way.level = level;
        way.prefix = linear >> (12 + 9 * level);
        model->tables[model->next_table++ % TLB_MODEL_TABLES] = way;
    }
    *page = (struct tlb_model_page){true,     linear >> 12,   way.frame, way.writable,
                                    way.user, way.executable, false,     **leaf & X86_PTE_G};
    return true;
}

/* The first write: the CPU walks again for the entry whose dirty bit it sets. */
static bool tlb_model_set_dirty(struct tlb_model *model, uint64_t linear, struct tlb_model_page *page)
{
    uint64_t *leaf = NULL;
    struct tlb_model_page found;
    if (!tlb_model_walk(model, linear, &found, &leaf))
        return false;
    *page = found;
    if (found.writable) {
        *leaf |= X86_PTE_D;
        page->dirty = true;
    }
    return true;
}

bool tlb_model_access(struct tlb_model *model, uint64_t linear, struct walker_access access, uint64_t *machine)
{
    struct tlb_model_page *page = tlb_model_find(model, linear), found;
    uint64_t *leaf = NULL;
    if (!page) {
        if (!tlb_model_walk(model, linear, &found, &leaf))
            return false;
        page = &model->pages[model->next_page++ % TLB_MODEL_PAGES];
        *page = found;
    }
    if (model->writes_dirty && access.is_write && page->writable && !page->dirty &&
        !tlb_model_set_dirty(model, linear, page)) {
        page->is_valid = false;
        return false;
    }
    if (tlb_model_denies(model, page, access)) {
        page->is_valid = false; /* a page fault forgets the page, and the tables on the way to it */
        for (unsigned i = 0; i < TLB_MODEL_TABLES; i++)
            if (model->tables[i].prefix == linear >> (12 + 9 * model->tables[i].level))
                model->tables[i].is_valid = false;
        return false;
    }
    *machine = page->frame | (linear & 0xfff);
    return true;
}
