/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model of direct page tables: slow, and by the letter of the contract.
 */
#include "guest_direct_model.h"
#include <check.h>
#include <coopvirt/x86.h>
#include <stdlib.h>
#include <string.h>

#define PAGE  4096ul
#define ROOT  PAGE
#define FRAME 0x000ffffffffff000ul

struct model model;

static struct model_frame *model_frame(coop_paddr address)
{
    ck_assert_msg(address / PAGE < MODEL_FRAMES, "not the VM's frame: %lx", address);
    return &model.frames[address / PAGE];
}

static uint64_t *model_entries(coop_paddr table)
{
    return (uint64_t *)(model.arena + (table & FRAME));
}

static void model_count(uint64_t entry, unsigned level, int by)
{
    if (!(entry & X86_PTE_P))
        return;
    struct model_frame *frame = model_frame(entry & FRAME);
    if (level > 1)
        frame->links += (unsigned)by;
    else if (entry & X86_PTE_W)
        frame->writable += (unsigned)by;
}

static void model_write(coop_paddr slot, uint64_t entry)
{
    struct model_frame *table = model_frame(slot);
    unsigned index = slot % PAGE / 8;
    model_count(table->copy[index], table->level, -1);
    model_count(entry, table->level, 1);
    table->copy[index] = model_entries(slot)[index] = entry;
}

static void model_set(coop_paddr slot, uint64_t entry)
{
    unsigned level = model_frame(slot)->level, index = slot % PAGE / 8;
    ck_assert_msg(level, "an entry is set in no table: %lx", slot);
    ck_assert(entry & X86_PTE_P || (entry & FRAME) == 0 || level == 1);
    ck_assert_uint_eq(entry & (X86_PTE_PS | X86_PTE_PWT | X86_PTE_PCD), 0);
    if (level == 4) {
        ck_assert(index < COOP_SLOT_FIRST || index > COOP_SLOT_LAST);
        ck_assert(index < 256 || !(entry & X86_PTE_U));
    }
    const struct model_frame *target = model_frame(entry & FRAME);
    if (level > 1)
        ck_assert_msg(target->level == level - 1, "level %u links level %u", level, target->level);
    else if (entry & X86_PTE_W)
        ck_assert_msg(!target->level, "a table is mapped writable");
    model_write(slot, entry);
}

static void model_clear(coop_paddr slot, uint64_t count)
{
    ck_assert(model_frame(slot)->level);
    ck_assert(count && slot % PAGE + count * 8 <= PAGE);
    for (uint64_t i = 0; i < count; i++)
        model_write(slot + i * 8, 0);
}

static void model_table_new(coop_paddr table, uint64_t level)
{
    struct model_frame *frame = model_frame(table);
    ck_assert(level >= 1 && level <= 4);
    ck_assert_msg(!frame->level, "%lx is a table already", table);
    ck_assert_msg(!frame->writable, "%lx is mapped writable", table);
    frame->level = (unsigned)level;
    memset(frame->copy, 0, PAGE);
    memset(model_entries(table), 0, PAGE);
}

static void model_table_free(coop_paddr table)
{
    struct model_frame *frame = model_frame(table);
    ck_assert_msg(frame->level, "%lx is no table", table);
    ck_assert_msg(!frame->links, "%lx is linked", table);
    ck_assert(table != model.root && table != model.user_root);
    model_clear(table, 512);
    frame->level = 0;
}

static void model_root(coop_paddr root, coop_paddr user)
{
    ck_assert_uint_eq(model_frame(root)->level, 4);
    ck_assert(user ? model.is_deprivileged && model_frame(user)->level == 4 : !model.is_deprivileged || root == ROOT);
    model.root = root;
    model.user_root = user;
}

static void model_operation(const struct coop_mmu_operation *operation)
{
    uint64_t target = operation->target & ~7ul, value = operation->value;
    switch (operation->target & 7) {
    case COOP_MMU_SET:
        model_set(target, value);
        break;
    case COOP_MMU_CLEAR:
        model_clear(target, value);
        break;
    case COOP_MMU_TABLE_NEW:
        model_table_new(target, value);
        break;
    case COOP_MMU_TABLE_FREE:
        model_table_free(target);
        break;
    case COOP_MMU_ROOT:
        model_root(target, value);
        break;
    default:
        model.flushes++;
        break;
    }
    model.operations++;
}

static uint64_t model_batch(coop_paddr operations, uint64_t count)
{
    ck_assert(operations % 16 == 0 && count >= 1 && count <= COOP_MMU_BATCH_MOST);
    /* The test's image is not in the arena: the guest names its array by the host's address. */
    const struct coop_mmu_operation *operation = (const struct coop_mmu_operation *)operations;
    if (model.hypercalls % 16 == 0)
        model_check();
    for (uint64_t i = 0; i < count; i++) {
        if (model.yields_after && i == model.yields_after)
            return i | (uint64_t)COOP_EAGAIN << 32;
        model_operation(&operation[i]);
    }
    return count;
}

__attribute__((used)) uint64_t model_hypercall(uint64_t first, uint64_t second, uint64_t third, uint64_t number)
{
    (void)third;
    model.hypercalls++;
    if (number == COOP_HYPERCALL_ROOT)
        model_root(first, second);
    else
        ck_assert_uint_eq(number, COOP_HYPERCALL_MMU_BATCH);
    return number == COOP_HYPERCALL_ROOT ? 0 : model_batch(first, second);
}

/* Preserves what a hypercall does, on a stack that C can be called on. */
__asm__(".globl model_hypercall_entry\n"
        "model_hypercall_entry:\n\t"
        "pushq %rbp\n\t"
        "movq %rsp, %rbp\n\t"
        "pushq %rdi\n\tpushq %rsi\n\tpushq %rdx\n\tpushq %r8\n\tpushq %r9\n\tpushq %r10\n\t"
        "subq $512, %rsp\n\t"
        "andq $-16, %rsp\n\t"
        "fxsave64 (%rsp)\n\t"
        "movq %rax, %rcx\n\t"
        "call model_hypercall\n\t"
        "fxrstor64 (%rsp)\n\t"
        "leaq -48(%rbp), %rsp\n\t"
        "popq %r10\n\tpopq %r9\n\tpopq %r8\n\tpopq %rdx\n\tpopq %rsi\n\tpopq %rdi\n\t"
        "popq %rbp\n\t"
        "ret");

void model_check(void)
{
    for (coop_paddr table = 0; table < MODEL_FRAMES * PAGE; table += PAGE)
        if (model_frame(table)->level)
            ck_assert_msg(memcmp(model_frame(table)->copy, model_entries(table), PAGE) == 0, "%lx was written", table);
}

unsigned model_tables(void)
{
    unsigned tables = 0;
    for (unsigned i = 0; i < MODEL_FRAMES; i++)
        tables += model.frames[i].level != 0;
    return tables;
}

/* The table of `level` below `table` for the address, from the frames at *next. */
static coop_paddr model_boot_table(coop_paddr table, unsigned level, uint64_t address, coop_paddr *next)
{
    uint64_t *slot = &model_entries(table)[address >> (12 + 9 * level) & 511];
    if (!*slot) {
        *slot = *next | X86_PTE_P | X86_PTE_W | X86_PTE_A;
        model_frame(*next)->level = level;
        *next += PAGE;
    }
    return *slot & FRAME;
}

void model_start(bool is_deprivileged, coop_paddr *first_free)
{
    memset(&model, 0, sizeof(model));
    model.is_deprivileged = is_deprivileged;
    model.arena = aligned_alloc(PAGE, MODEL_FRAMES * PAGE);
    model.frames = calloc(MODEL_FRAMES, sizeof(*model.frames));
    memset(model.arena, 0, MODEL_FRAMES * PAGE);
    model.root = ROOT;
    model_frame(ROOT)->level = 4;
    coop_paddr next = 2 * PAGE;
    for (coop_paddr frame = 0; frame < MODEL_FRAMES * PAGE; frame += PAGE) {
        uint64_t address = (uint64_t)model.arena + frame;
        coop_paddr table = ROOT;
        for (unsigned level = 3; level >= 1; level--)
            table = model_boot_table(table, level, address, &next);
        model_entries(table)[address >> 12 & 511] = frame | X86_PTE_P | X86_PTE_A | X86_PTE_D;
    }
    /* All are read-only so far. Now the types are known. */
    for (coop_paddr table = 0; table < next; table += PAGE) {
        unsigned level = model_frame(table)->level;
        for (unsigned i = 0; level && i < 512; i++) {
            uint64_t *entry = &model_entries(table)[i];
            if (level == 1 && *entry && !model_frame(*entry & FRAME)->level)
                *entry |= X86_PTE_W;
            model_count(*entry, level, 1);
        }
        memcpy(model_frame(table)->copy, model_entries(table), PAGE);
    }
    /* A guest that reads a table before it is one finds nonsense. */
    memset(model.arena + next, 0xa5, MODEL_FRAMES * PAGE - next);
    *first_free = next;
}

void model_stop(void)
{
    free(model.arena);
    free(model.frames);
}
