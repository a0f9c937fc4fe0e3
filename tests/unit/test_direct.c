/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct page tables, one thing at a time: what batches answer, what costs a flush and what does not, and the limits of
 * counts.
 */
#include "direct_model.h"
#include "mmu/direct_batch.h"
#include "suite.h"
#include <coopvirt/x86.h>

#define FRAME(n) ((MODEL_FIRST + (n)) << 12)
#define TABLE    FRAME(4)
#define PAGE     FRAME(5)
#define BATCH    FRAME(6)
#define FOREIGN  FRAME(21)

static struct model model;

static uint32_t choose(void *source, uint32_t below)
{
    (void)source;
    return below - 1; /* nobody waits */
}

static uint32_t choose_least(void *source, uint32_t below)
{
    (void)source;
    (void)below;
    return 0; /* somebody waits all the time */
}

static void set_up(void)
{
    model_create(&model, false, choose, NULL);
    ck_assert_int_eq(direct_table_new(&model.direct, TABLE, 1), 0);
}

static void tear_down(void)
{
    model_destroy(&model);
}

static void put(unsigned index, uint64_t target, uint64_t value)
{
    model_frame(BATCH)[2 * index] = target;
    model_frame(BATCH)[2 * index + 1] = value;
}

static uint64_t batch(uint64_t count)
{
    return direct_batch(&model.direct, &model, BATCH, count);
}

static uint64_t refused(uint64_t done, uint64_t error)
{
    return done | error << 32;
}

START_TEST(test_batch_goes_up_to_the_refused)
{
    put(0, TABLE | COOP_MMU_SET, PAGE | 7);
    put(1, (TABLE + 8) | COOP_MMU_SET, TABLE | 7);
    put(2, (TABLE + 16) | COOP_MMU_SET, PAGE | 7);
    ck_assert_uint_eq(batch(3), refused(1, COOP_EBUSY));
    ck_assert_uint_eq(model_frame(TABLE)[0], PAGE | 7);
    ck_assert_uint_eq(model_frame(TABLE)[2], 0);
    put(1, (TABLE + 8) | COOP_MMU_SET, FOREIGN | 5);
    ck_assert_uint_eq(batch(3), refused(1, COOP_EFAULT));
    put(1, PAGE | COOP_MMU_SET, PAGE | 7);
    ck_assert_uint_eq(batch(3), refused(1, COOP_EINVAL));
    put(1, (TABLE + 8) | COOP_MMU_CLEAR, 1);
    ck_assert_uint_eq(batch(3), 3);
    ck_assert_uint_eq(batch(0), 0);
}
END_TEST

START_TEST(test_batch_array)
{
    for (unsigned i = 0; i < 256; i++)
        put(i, TABLE | COOP_MMU_SET, 0);
    ck_assert_uint_eq(batch(COOP_MMU_BATCH_MOST + 1), (uint64_t)-COOP_EINVAL);
    ck_assert_uint_eq(direct_batch(&model.direct, &model, BATCH + 8, 1), (uint64_t)-COOP_EINVAL);
    ck_assert_uint_eq(direct_batch(&model.direct, &model, FOREIGN, 1), (uint64_t)-COOP_EFAULT);
    ck_assert_uint_eq(direct_batch(&model.direct, &model, FRAME(19), 257), (uint64_t)-COOP_EFAULT);
    ck_assert_uint_eq(direct_batch(&model.direct, &model, -16ul, 2), (uint64_t)-COOP_EFAULT);
    ck_assert_uint_eq(batch(256), 256);
    model.direct.batch_limit = 7;
    ck_assert_uint_eq(batch(256), refused(7, COOP_EAGAIN));
    ck_assert_uint_eq(batch(7), 7);
    model.direct.batch_limit = COOP_MMU_BATCH_MOST;
    model.choose = choose_least;
    ck_assert_uint_eq(batch(256), refused(32, COOP_EAGAIN));
    ck_assert_uint_eq(batch(32), 32);
}
END_TEST

/* What a run of entries leaves to other paths: an entry that is refused, one for another table, and a CLEAR that is not
 * of one. */
START_TEST(test_batch_runs)
{
    coop_paddr other = FRAME(7);
    ck_assert_int_eq(direct_table_new(&model.direct, other, 1), 0);
    put(0, TABLE | COOP_MMU_SET, PAGE | 7);
    put(1, (TABLE + 8) | COOP_MMU_SET, PAGE | 7);
    put(2, other | COOP_MMU_SET, PAGE | 5);
    put(3, (TABLE + 16) | COOP_MMU_SET, PAGE | 7);
    put(4, TABLE | COOP_MMU_CLEAR, 2);
    put(5, (TABLE + 16) | COOP_MMU_SET, PAGE | 5);
    put(6, other | COOP_MMU_SET, 0);
    put(7, TABLE | COOP_MMU_SET, other | 7);
    ck_assert_uint_eq(batch(8), refused(7, COOP_EBUSY));
    ck_assert_uint_eq(model_frame(TABLE)[0] | model_frame(TABLE)[1] | model_frame(other)[0], 0);
    ck_assert_uint_eq(model_frame(TABLE)[2], PAGE | 5);
    ck_assert_uint_eq(direct_find(&model.direct, PAGE)->references, 0);
    ck_assert_uint_eq(direct_find(&model.direct, TABLE)->present, 1);
    put(0, (TABLE + 16) | COOP_MMU_CLEAR, 1);
    put(1, (TABLE + 16) | COOP_MMU_CLEAR, 0);
    ck_assert_uint_eq(batch(2), refused(1, COOP_EINVAL));
    ck_assert_int_eq(direct_table_free(&model.direct, TABLE), 0);
}
END_TEST

static bool yield_later(void *caller, uint64_t *since)
{
    (void)caller;
    return ++*since > 2;
}

/* A batch that comes back early has had its own time: each begins anew. */
START_TEST(test_batch_patience)
{
    model.direct.world.should_yield = yield_later;
    for (unsigned i = 0; i < 256; i++)
        put(i, TABLE | COOP_MMU_SET, 0);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_uint_eq(batch(256), refused(96, COOP_EAGAIN));
    ck_assert_uint_eq(batch(96), 96);
}
END_TEST

/* A page that was a table and may still be held as one: each first writable reference asks for a flush, in a run too.
 */
START_TEST(test_batch_flushes)
{
    coop_paddr upper = FRAME(7), frame = FRAME(8);
    ck_assert_int_eq(direct_table_new(&model.direct, upper, 2), 0);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(direct_table_new(&model.direct, frame, 1), 0);
        ck_assert_int_eq(direct_set(&model.direct, upper, frame | 7), 0);
        ck_assert_int_eq(direct_clear(&model.direct, upper, 1), 0);
        ck_assert_int_eq(direct_table_free(&model.direct, frame), 0);
        put(0, TABLE | COOP_MMU_SET, PAGE | 7);
        put(1, (TABLE + 8) | COOP_MMU_SET, frame | 7);
        put(2, (TABLE + 8) | COOP_MMU_CLEAR, 1);
        ck_assert_uint_eq(batch(3), 3);
        ck_assert_uint_eq(model.direct.counts.flushes[DIRECT_FLUSH_WRITABLE], i + 1);
    }
}
END_TEST

/* A table that is a table of that level again costs no flush and no clearing, and a page none either. */
START_TEST(test_what_costs_nothing)
{
    coop_paddr upper = FRAME(7);
    ck_assert_int_eq(direct_table_new(&model.direct, upper, 2), 0);
    uint64_t cleared = model.direct.counts.cleared;
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_int_eq(direct_set(&model.direct, upper + 8, TABLE | 7), 0);
        ck_assert_int_eq(direct_set(&model.direct, TABLE + 8 * i, PAGE | 7), 0);
        ck_assert_int_eq(direct_table_free(&model.direct, TABLE), COOP_EBUSY);
        ck_assert_int_eq(direct_clear(&model.direct, upper + 8, 1), 0);
        ck_assert_int_eq(direct_table_free(&model.direct, TABLE), 0);
        ck_assert_int_eq(direct_table_new(&model.direct, TABLE, 1), 0);
    }
    for (unsigned i = 0; i < DIRECT_FLUSH_REASONS; i++)
        ck_assert_uint_eq(model.direct.counts.flushes[i], 0);
    ck_assert_uint_eq(model.direct.counts.cleared, cleared);
    ck_assert_uint_eq(direct_find(&model.direct, PAGE)->references, 0);
}
END_TEST

/* What other CPUs may hold has been flushed before: once, and only where tables were in use. */
START_TEST(test_settled)
{
    coop_paddr upper = FRAME(7);
    ck_assert_int_eq(direct_table_new(&model.direct, upper, 2), 0);
    ck_assert_int_eq(direct_set(&model.direct, upper, TABLE | 7), 0);
    ck_assert_int_eq(direct_clear(&model.direct, upper, 1), 0);
    ck_assert_int_eq(direct_table_free(&model.direct, TABLE), 0);
    direct_settle(&model.direct);
    direct_settle(&model.direct);
    ck_assert(direct_hold(&model.direct, TABLE, 1));
    ck_assert_uint_eq(model.direct.counts.flushes[DIRECT_FLUSH_HELD], 1);
    ck_assert_int_eq(direct_table_free(&model.direct, upper), 0);
    direct_settle(&model.direct);
    ck_assert_uint_eq(model.direct.counts.flushes[DIRECT_FLUSH_HELD], 1);
}
END_TEST

/* One flush for any number of frames that change between two. */
START_TEST(test_what_costs_a_flush)
{
    uint64_t *flushes = model.direct.counts.flushes;
    for (unsigned i = 0; i < 8; i++)
        ck_assert_int_eq(direct_set(&model.direct, TABLE + 8 * i, FRAME(8 + i) | 7), 0);
    ck_assert_int_eq(direct_table_new(&model.direct, FRAME(8), 1), COOP_EBUSY);
    ck_assert_int_eq(direct_clear(&model.direct, TABLE, 8), 0);
    for (unsigned i = 0; i < 8; i++)
        ck_assert_int_eq(direct_table_new(&model.direct, FRAME(8 + i), 1), 0);
    ck_assert_uint_eq(flushes[DIRECT_FLUSH_TABLE], 1);
    ck_assert_int_eq(direct_set(&model.direct, TABLE, PAGE | 7), 0);
    ck_assert_int_eq(direct_clear(&model.direct, TABLE, 1), 0);
    direct_flushed(&model.direct, false);
    ck_assert_int_eq(direct_table_new(&model.direct, PAGE, 1), 0);
    ck_assert_uint_eq(flushes[DIRECT_FLUSH_TABLE], 1);
}
END_TEST

/* Once a page was global, a flush of the others is none. */
START_TEST(test_global_pages)
{
    ck_assert_int_eq(direct_set(&model.direct, TABLE, PAGE | 7 | X86_PTE_G), 0);
    ck_assert_int_eq(direct_clear(&model.direct, TABLE, 1), 0);
    direct_flushed(&model.direct, false);
    ck_assert_int_eq(direct_table_new(&model.direct, PAGE, 1), 0);
    ck_assert_uint_eq(model.direct.counts.flushes[DIRECT_FLUSH_TABLE], 1);
}
END_TEST

/* A kernel in ring 3 has none, whether one comes alone or in a run: a flush of the others is one of all. */
START_TEST(test_global_pages_of_ring_3)
{
    tear_down();
    model_create(&model, true, choose, NULL);
    ck_assert_int_eq(direct_table_new(&model.direct, TABLE, 1), 0);
    for (unsigned count = 1; count <= 2; count++) {
        put(0, TABLE | COOP_MMU_SET, PAGE | 7 | X86_PTE_G);
        put(1, (TABLE + 8) | COOP_MMU_SET, PAGE | 7 | X86_PTE_G);
        ck_assert_uint_eq(batch(count), count);
        ck_assert_uint_eq(model_frame(TABLE)[count - 1], PAGE | 7);
    }
    put(0, TABLE | COOP_MMU_SET, PAGE | 7 | X86_PTE_G | X86_PTE_PCD);
    ck_assert_uint_eq(batch(1), refused(0, COOP_EINVAL));
    put(0, TABLE | COOP_MMU_CLEAR, 1 | X86_PTE_G); /* a count, not an entry */
    ck_assert_uint_eq(batch(1), 1);
    ck_assert_uint_eq(model_frame(TABLE)[1], 0);
    direct_flushed(&model.direct, false);
    ck_assert_int_eq(direct_table_new(&model.direct, PAGE, 1), 0);
    ck_assert_uint_eq(model.direct.counts.flushes[DIRECT_FLUSH_TABLE], 0);
}
END_TEST

/* What the CPU marks while an entry changes for the same frame is kept. */
START_TEST(test_marks_stay)
{
    ck_assert_int_eq(direct_set(&model.direct, TABLE, PAGE | 7), 0);
    model_frame(TABLE)[0] |= X86_PTE_A | X86_PTE_D;
    ck_assert_int_eq(direct_set(&model.direct, TABLE, PAGE | 5), 0);
    ck_assert_uint_eq(model_frame(TABLE)[0], PAGE | 5 | X86_PTE_A | X86_PTE_D);
    ck_assert_int_eq(direct_set(&model.direct, TABLE, FRAME(7) | 5), 0);
    ck_assert_uint_eq(model_frame(TABLE)[0], FRAME(7) | 5);
}
END_TEST

START_TEST(test_counts_do_not_come_round)
{
    struct direct_frame *page = &model.direct.frames[5];
    ck_assert_int_eq(direct_set(&model.direct, TABLE, PAGE | 7), 0);
    page->references = UINT32_MAX;
    ck_assert_int_eq(direct_set(&model.direct, TABLE + 8, PAGE | 7), COOP_EBUSY);
    ck_assert(!direct_hold(&model.direct, PAGE, 1));
    ck_assert_uint_eq(page->references, UINT32_MAX);
}
END_TEST

/* A held page is no table until it is released; nothing of a hold that fails stays. */
START_TEST(test_holds)
{
    ck_assert(direct_hold(&model.direct, PAGE + 4000, 97));
    ck_assert_int_eq(direct_table_new(&model.direct, BATCH, 1), COOP_EBUSY);
    direct_release(&model.direct, PAGE + 4000, 97);
    ck_assert(!direct_hold(&model.direct, FRAME(3), 4097)); /* TABLE lies behind it */
    ck_assert_uint_eq(direct_find(&model.direct, FRAME(3))->references, 0);
    ck_assert(!direct_hold(&model.direct, FRAME(19), 4097));
    ck_assert(!direct_hold(&model.direct, PAGE, 0));
    ck_assert(!direct_hold(&model.direct, PAGE, -1ul));
    ck_assert_int_eq(direct_table_new(&model.direct, BATCH, 1), 0);
}
END_TEST

static bool may_write(void *context, coop_paddr machine, uint64_t bytes)
{
    if (!direct_hold(context, machine, bytes))
        return false;
    direct_release(context, machine, bytes);
    return true;
}

static void *address(coop_paddr machine)
{
    return model_frame(machine & ~4095ul) ? (uint8_t *)model_frame(machine & ~4095ul) + machine % 4096 : NULL;
}

/* The hypervisor's own writes in the guest's name find no table. */
START_TEST(test_hypervisor_writes)
{
    uint64_t value = FOREIGN | 7;
    model.memory.address = address;
    model.memory.may_write = may_write;
    model.memory.context = &model.direct;
    ck_assert(!guest_memory_write(&model.memory, TABLE, &value, sizeof(value)));
    ck_assert(!guest_memory_write(&model.memory, TABLE - 4, &value, sizeof(value)));
    ck_assert_ptr_null(guest_memory_pointer(&model.memory, TABLE, 8, true));
    ck_assert_ptr_nonnull(guest_memory_pointer(&model.memory, TABLE, 8, false));
    ck_assert_uint_eq(model_frame(TABLE)[0], 0);
    ck_assert(guest_memory_write(&model.memory, PAGE, &value, sizeof(value)));
    ck_assert_int_eq(direct_table_new(&model.direct, PAGE, 1), 0);
    ck_assert_uint_eq(model_frame(PAGE)[0], 0);
}
END_TEST

/* A root in use, or one that a CPU might load by itself. */
START_TEST(test_roots)
{
    coop_paddr root = FRAME(7);
    ck_assert_int_eq(direct_table_free(&model.direct, FRAME(0)), COOP_EBUSY);
    ck_assert_int_eq(direct_root_get(&model.direct, TABLE), COOP_EINVAL);
    ck_assert_int_eq(direct_root_get(&model.direct, FRAME(0) + 8), COOP_EINVAL);
    ck_assert_int_eq(direct_root_get(&model.direct, FOREIGN), COOP_EINVAL);
    ck_assert_int_eq(direct_table_new(&model.direct, root, 4), 0);
    ck_assert_int_eq(direct_root_get(&model.direct, root), 0);
    model.kept = root;
    ck_assert_int_eq(direct_table_free(&model.direct, root), 0);
    ck_assert_uint_eq(model.kept, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("direct");
    TCase *tests = tcase_create("direct");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_batch_goes_up_to_the_refused);
    tcase_add_test(tests, test_batch_array);
    tcase_add_test(tests, test_batch_runs);
    tcase_add_test(tests, test_batch_patience);
    tcase_add_test(tests, test_batch_flushes);
    tcase_add_test(tests, test_what_costs_nothing);
    tcase_add_test(tests, test_what_costs_a_flush);
    tcase_add_test(tests, test_settled);
    tcase_add_test(tests, test_global_pages);
    tcase_add_test(tests, test_global_pages_of_ring_3);
    tcase_add_test(tests, test_marks_stay);
    tcase_add_test(tests, test_counts_do_not_come_round);
    tcase_add_test(tests, test_holds);
    tcase_add_test(tests, test_hypervisor_writes);
    tcase_add_test(tests, test_roots);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
