/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Roots of shadow tables, one step at a time where test_shadow goes at random: what each holds, which are kept, paging
 * off, and those of a kernel in ring 3.
 */
#include "mmu/shadow_fault.h"
#include "shadow_guest_model.h"
#include "suite.h"
#include <coopvirt/x86.h>

static struct model model;

/* The hypervisor's slots are in every top-level table and in nothing that a table's frame becomes afterwards; the guest
 * has nothing there, whatever its own tables say. */
START_TEST(test_top_slots)
{
    static uint64_t slots[COOP_SLOT_LAST - COOP_SLOT_FIRST + 1];
    struct walker_access read = {0};
    for (unsigned i = 0; i <= COOP_SLOT_LAST - COOP_SLOT_FIRST; i++)
        slots[i] = (uint64_t)(i + 1) << 40 | X86_PTE_P | X86_PTE_W;
    model_create(&model, MODEL_LONG, 64, 1);
    model.shadow.world.top_slots = slots;
    for (unsigned i = 1; i < MODEL_LEVEL_POOL; i++) {
        model_load_root(&model, model.pool[3][i] << 12);
        ck_assert_mem_eq(&model.cpu.root->entries[COOP_SLOT_FIRST], slots, sizeof(slots));
        struct shadow_fault fault = shadow_fault_handle(&model.shadow, &model.cpu, model.direct, read);
        ck_assert_int_eq(fault.outcome, SHADOW_INJECT);
        ck_assert_uint_eq(fault.error_code, 0);
        ck_assert_int_eq(
            shadow_fault_handle(&model.shadow, &model.cpu, (uint64_t)COOP_SLOT_LAST << 39 | 0xffffaul << 44, read)
                .outcome,
            SHADOW_INJECT);
    }
    uint64_t *entries = model.cpu.root->entries;
    coop_paddr gone = model.pool[3][MODEL_LEVEL_POOL - 1] << 12;
    model_load_root(&model, model.pool[3][1] << 12);
    ck_assert(shadow_release(&model.shadow, gone));
    for (unsigned i = COOP_SLOT_FIRST; i <= COOP_SLOT_LAST; i++)
        ck_assert_uint_eq(entries[i], 0);
    model_destroy(&model);
}
END_TEST

/* Paging off: every address is itself, then tables come and go. */
START_TEST(test_paging_off)
{
    struct walker_access read = {0}, write = {.is_write = true};
    uint64_t machine, base;
    model_create(&model, MODEL_LONG, 64, 1);
    const struct walker_format *format = model.state.format;
    model.state.format = NULL;
    model_load_state(&model);
    ck_assert_uint_eq(model.tlb.root_level, 2);
    ck_assert(model_access(&model, 0, read, true, &base));
    for (unsigned frame = 0; frame < MODEL_READ_ONLY; frame++) {
        ck_assert(model_access(&model, frame * 4096ul + 4, write, true, &machine));
        ck_assert_uint_eq(machine, base + frame * 4096 + 4);
    }
    ck_assert_int_eq(shadow_fault_handle(&model.shadow, &model.cpu, MODEL_READ_ONLY * 4096ul, write).outcome,
                     SHADOW_READ_ONLY);
    ck_assert_int_eq(shadow_fault_handle(&model.shadow, &model.cpu, MODEL_READ_ONLY * 4096ul, read).outcome,
                     SHADOW_MAPPED);
    ck_assert_int_eq(shadow_fault_handle(&model.shadow, &model.cpu, 0xfee00000, write).outcome, SHADOW_DEVICE);
    model.state.format = format;
    model_load_state(&model);
    ck_assert_int_eq(shadow_fault_handle(&model.shadow, &model.cpu, 0, read).outcome, SHADOW_INJECT);
    ck_assert(model_access(&model, model.direct + 5 * 4096, write, false, &machine));
    ck_assert_uint_eq(machine, base + 5 * 4096);
    ck_assert_msg(!model.complaint, "%s", model.complaint);
    model_destroy(&model);
}
END_TEST

/* CR3 points to no memory: every access is a page fault, as it is when CR3 comes back. */
START_TEST(test_root_without_memory)
{
    struct walker_access write = {.is_write = true};
    uint64_t machine, root;
    model_create(&model, MODEL_LONG, 64, 1);
    root = model.state.root;
    ck_assert(model_access(&model, model.direct, write, false, &machine));
    model_load_root(&model, 1ul << 40);
    struct shadow_fault fault = shadow_fault_handle(&model.shadow, &model.cpu, model.direct, write);
    ck_assert_int_eq(fault.outcome, SHADOW_INJECT);
    ck_assert_uint_eq(fault.error_code, X86_PF_WRITE);
    model_load_root(&model, root);
    ck_assert(model_access(&model, model.direct, write, false, &machine));
    model_destroy(&model);
}
END_TEST

/* A root that is loaded again is found with all it had: no fault, no matter how much is mapped. */
START_TEST(test_root_is_kept)
{
    struct walker_access read = {0};
    uint64_t machine;
    model_create(&model, MODEL_LONG, 64, 1);
    for (unsigned i = 0; i < MODEL_FRAMES; i++)
        ck_assert(model_access(&model, model.direct + i * 4096ul, read, false, &machine));
    uint64_t faults = model.shadow.counts.faults[SHADOW_MAPPED];
    for (unsigned i = 0; i < 6; i++)
        model_load_root(&model, model.pool[3][i % 2] << 12);
    model_load_root(&model, model.pool[3][0] << 12);
    for (unsigned i = 0; i < MODEL_FRAMES; i++)
        ck_assert(model_access(&model, model.direct + i * 4096ul, read, false, &machine));
    ck_assert_uint_eq(model.shadow.counts.faults[SHADOW_MAPPED], faults);
    model_destroy(&model);
}
END_TEST

/* A root that maps itself is a table of the next level too, behind it in its frame's list: the write that unlinks that
 * one forgets it while the list is gone through, and its turn is still to come. */
START_TEST(test_root_within_itself)
{
    struct walker_access read = {0};
    const unsigned self = 3, other = 4, large = 5, unused = 6;
    const uint64_t entry = X86_PTE_P | X86_PTE_W | X86_PTE_U | X86_PTE_A | X86_PTE_D;
    uint64_t machine;
    model_create(&model, MODEL_LONG, 64, 1);
    uint64_t root = model.pool[3][0], frame = model.pool[3][1], at = model.direct + frame * 4096;
    model_write_entry(&model, frame, self, frame << 12 | entry, at);
    model_write_entry(&model, frame, large, entry | X86_PTE_PS, at);
    model_write_entry(&model, root, other, frame << 12 | entry, model.direct + root * 4096);
    ck_assert(model_access(&model, (uint64_t)other << 39 | (uint64_t)large << 30, read, false, &machine));
    model_load_root(&model, frame << 12);
    ck_assert(model_access(&model, (uint64_t)self << 39 | (uint64_t)large << 30, read, false, &machine));
    model_write_entry(&model, root, other, 0, model.direct + root * 4096);
    uint64_t zaps = model.shadow.counts.zaps, pages = model.shadow.counts.pages;
    for (unsigned i = 0; i < 8; i++) /* one more, and it counts as data */
        model_write_entry(&model, frame, unused, (uint64_t)i << 12, at);
    ck_assert_uint_eq(model.shadow.counts.zaps, zaps);
    model_write_entry(&model, frame, self, 0, at);
    ck_assert_uint_eq(model.shadow.counts.zaps, zaps + 1);
    ck_assert_uint_eq(model.shadow.counts.pages, pages - 1);
    ck_assert(!model_access(&model, (uint64_t)self << 39, read, true, &machine));
    ck_assert_msg(!model.complaint, "%s", model.complaint);
    model_destroy(&model);
}
END_TEST

/* The first table of each level of the pool is linked to the first one below it. */
static void link_first_tables(uint64_t entry)
{
    for (unsigned level = 3; level; level--)
        model_write_entry(&model, model.pool[level][0], 0, model.pool[level - 1][0] << 12 | entry,
                          model.direct + model.pool[level][0] * 4096);
}

/* A page seen at two addresses becomes another frame in a table out of step: it is taken into use by a write at one
 * address, and with INVLPG of the other nothing of the old frame may be left there. */
START_TEST(test_alias_of_what_has_changed)
{
    struct walker_access read = {0}, write = {.is_write = true};
    const uint64_t entry = X86_PTE_P | X86_PTE_W | X86_PTE_A, alias = X86_PAGE_2M;
    uint64_t machine, before;
    model_create(&model, MODEL_LONG, 64, 1);
    uint64_t table = model.pool[0][0], at = model.direct + table * 4096;
    link_first_tables(entry);
    model_write_entry(&model, model.pool[1][0], 1, table << 12 | entry, model.direct + model.pool[1][0] * 4096);
    model_write_entry(&model, table, 0, 1ul << 12 | entry, at);
    ck_assert(model_access(&model, 0, read, false, &before));
    model_write_entry(&model, table, 100, 0, at); /* out of step from now on */
    ck_assert_uint_eq(model.shadow.unsync_count, 1);
    ck_assert(model_access(&model, 0, read, false, &machine));
    ck_assert(model_access(&model, alias, read, false, &machine));
    ck_assert_uint_eq(machine, before);
    model_write_entry(&model, table, 0, 2ul << 12 | entry | X86_PTE_D, at);
    ck_assert(model_access(&model, 0, write, true, &machine));
    ck_assert_uint_eq(machine, before + 4096);
    model_invalidate(&model, alias);
    ck_assert(model_access(&model, alias, read, false, &machine));
    ck_assert_uint_eq(machine, before + 4096);
    ck_assert_msg(!model.complaint, "%s", model.complaint);
    model_destroy(&model);
}
END_TEST

/* Another CPU changes an entry at the last moment at which it can, and uses the old one. */
static bool has_changed;
static uint64_t changed; /* of this table, the first */

static void change_at_last(struct model *of)
{
    if (has_changed)
        return;
    model_store_meanwhile(of, 0, changed, 0, of->pool[0][1] << 12 | X86_PTE_P | X86_PTE_W | X86_PTE_A);
    has_changed = of->is_disturbed;
}

static void use_what_was(struct model *of)
{
    if (has_changed)
        model_read_meanwhile(of, 0, 0);
}

/* A table is changed between the walk that has read it and the time from which writes to it are noticed: what was
 * linked is taken back, on the CPU that has used it meanwhile as well. */
START_TEST(test_change_behind_the_walk)
{
    struct walker_access read = {0}, write = {.is_write = true};
    const uint64_t entry = X86_PTE_P | X86_PTE_W | X86_PTE_A, elsewhere = X86_PAGE_1G;
    uint64_t machine, before;
    model_create(&model, MODEL_LONG, 64, 1);
    model_add_others(&model);
    link_first_tables(entry);
    model_write_entry(&model, model.pool[2][0], 1, model.pool[1][1] << 12 | entry,
                      model.direct + model.pool[2][0] * 4096);
    for (unsigned i = 2; i-- > 0;) { /* the table of before and that of afterwards are in use already */
        model_write_entry(&model, model.pool[1][1], i, model.pool[0][i] << 12 | entry,
                          model.direct + model.pool[1][1] * 4096);
        model_write_entry(&model, model.pool[0][i], 0, (1ul + i) << 12 | entry, model.direct + model.pool[0][i] * 4096);
        ck_assert(model_access(&model, elsewhere + i * X86_PAGE_2M, read, false, &before));
    }
    model_switch(&model, 0);
    ck_assert(model_access(&model, model.direct + model.pool[1][0] * 4096, write, false, &machine));
    model_switch(&model, 0);
    has_changed = false;
    changed = model.pool[1][0];
    model.meanwhile = change_at_last;
    model.look = use_what_was;
    ck_assert(model_access(&model, 0, read, true, &machine));
    ck_assert(has_changed);
    model.meanwhile = NULL;
    model.look = NULL;
    model_switch(&model, 0);
    model_invalidate(&model, 0);
    ck_assert(model_access(&model, 0, read, false, &machine));
    ck_assert_uint_eq(machine, before + 4096);
    ck_assert_msg(!model.complaint, "%s", model.complaint);
    model_destroy(&model);
}
END_TEST

/* A table out of step is met at another level too, and compared for that: what another CPU writes behind the comparison
 * must not be missed. */
START_TEST(test_change_behind_the_comparison)
{
    struct walker_access read = {0};
    const uint64_t entry = X86_PTE_P | X86_PTE_W | X86_PTE_A;
    uint64_t machine, before;
    model_create(&model, MODEL_LONG, 64, 1);
    model_add_others(&model);
    link_first_tables(entry);
    changed = model.pool[0][0];
    model_write_entry(&model, changed, 0, model.pool[0][2] << 12 | entry, model.direct + changed * 4096);
    model_write_entry(&model, model.pool[0][2], 0, 3ul << 12 | entry, model.direct + model.pool[0][2] * 4096);
    ck_assert(model_access(&model, 0, read, false, &before));
    model_write_entry(&model, model.pool[2][0], 1, changed << 12 | entry, model.direct + model.pool[2][0] * 4096);
    model_switch(&model, 0);
    model_write_entry(&model, changed, 100, 0, model.direct + changed * 4096); /* out of step from now on */
    model_write_entry(&model, changed, 100, 0, model.direct + changed * 4096);
    ck_assert_uint_eq(model.shadow.unsync_count, 1);
    model_switch(&model, 0);
    has_changed = false;
    model.meanwhile = change_at_last;
    model_access(&model, X86_PAGE_1G, read, true, &machine); /* a page fault, after the change */
    ck_assert(has_changed);
    model.meanwhile = NULL;
    model_load_root(&model, model.state.root);
    ck_assert(model_access(&model, 0, read, false, &machine));
    ck_assert_uint_eq(machine - before, (model.pool[0][1] - model.pool[0][2]) * 4096);
    ck_assert_msg(!model.complaint, "%s", model.complaint);
    model_destroy(&model);
}
END_TEST

/* A page of the kernel in ring 3 is nothing to its user mode, before and after the kernel has used it. */
START_TEST(test_user_root_is_its_own)
{
    struct walker_access kernel = {.is_write = true}, user = {.is_user = true};
    uint64_t machine, linear;
    model_create(&model, MODEL_LONG, 64, 1);
    model_enter_ring3(&model);
    linear = model.direct + 5 * 4096;
    ck_assert_uint_ne(shadow_root(&model.cpu), shadow_root(&model.user_cpu));
    for (unsigned used = 0; used < 3; used++) {
        ck_assert(!model_access(&model, linear, user, false, &machine));
        ck_assert(model_access(&model, linear, kernel, false, &machine));
        model_load_root(&model, model.pool[3][used % 2] << 12);
    }
    ck_assert_msg(!model.complaint, "%s", model.complaint);
    model_destroy(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shadow_roots");
    TCase *tests = tcase_create("roots");
    tcase_add_test(tests, test_top_slots);
    tcase_add_test(tests, test_paging_off);
    tcase_add_test(tests, test_root_without_memory);
    tcase_add_test(tests, test_root_is_kept);
    tcase_add_test(tests, test_root_within_itself);
    tcase_add_test(tests, test_alias_of_what_has_changed);
    tcase_add_test(tests, test_change_behind_the_walk);
    tcase_add_test(tests, test_change_behind_the_comparison);
    tcase_add_test(tests, test_user_root_is_its_own);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
