/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shadow service under a guest that edits its page tables at random, maps them into themselves, aliases them and
 * turns them into data, on a CPU that keeps every stale translation: what an access does is compared with a plain walk
 * of the guest's tables, unless the guest itself has not flushed yet. Leaving out any one flush must be found.
 */
#include "shadow_guest_model.h"
#include "mmu/shadow_fault.h"
#include "suite.h"
#include <coopvirt/x86.h>
#include <string.h>

#define ADDRESSES 32

static struct model model;
static bool is_stale[1 + MODEL_OTHERS][ADDRESSES];
static bool is_ring3, has_others; /* of the guests that run() makes */
static unsigned settles_left_out; /* likewise */
static unsigned latest;           /* address that was used */

/* Few indexes a level, so that tables are shared and met again. */
static uint64_t address_of(unsigned n)
{
    unsigned last = n & 3;
    if (model.format == MODEL_32)
        return (uint64_t)(n >> 2 & 3) << 22 | (uint64_t)((last >> 1) * 512 + (last & 1)) << 12;
    uint64_t linear = last << 12 | (uint64_t)(n >> 2 & 1) << 21 | (uint64_t)(n >> 3 & 1) << 30;
    return model.format == MODEL_LONG ? linear | (uint64_t)(n >> 4 & 1) << 39 : linear;
}

static void set_all_stale(bool stale)
{
    for (unsigned i = 0; i < ADDRESSES; i++)
        is_stale[model.number][i] = stale;
}

/* A table has been changed: no CPU has flushed yet. */
static void set_every_cpu_stale(void)
{
    for (unsigned cpu = 0; cpu <= MODEL_OTHERS; cpu++)
        for (unsigned i = 0; i < ADDRESSES; i++)
            is_stale[cpu][i] = true;
}

static bool chance(unsigned percent)
{
    return model_random(&model, 100) < percent;
}

static uint64_t random_table(unsigned level)
{
    return model.pool[level][model_random(&model, MODEL_LEVEL_POOL)];
}

/* In PAE format a top table that is met as a lower one gets accessed bits, which are reserved in a top table: the guest
 * would lose its own mapping of memory. */
static bool is_fatal(uint64_t frame)
{
    return model.format == MODEL_PAE && frame - model.pool[2][0] < MODEL_LEVEL_POOL;
}

static uint64_t random_frame(unsigned level)
{
    if (level && chance(80))
        return random_table(level - 1);
    if (chance(30))
        return random_table((unsigned)model_random(&model, model.levels));
    return model_random(&model, MODEL_FRAMES + 8);
}

static uint64_t random_entry(unsigned level)
{
    uint64_t frame = random_frame(level), entry = (is_fatal(frame) ? MODEL_FRAMES : frame) << 12;
    if (chance(85))
        entry |= X86_PTE_P;
    if (model.format == MODEL_PAE && level == 2)
        return entry | (chance(2) ? X86_PTE_W : 0);
    if (chance(75))
        entry |= X86_PTE_W;
    if (chance(75))
        entry |= X86_PTE_U;
    if (chance(50))
        entry |= X86_PTE_A;
    if (chance(40))
        entry |= X86_PTE_D;
    if (chance(20))
        entry |= X86_PTE_G;
    if (chance(10) && model.format != MODEL_32)
        entry |= X86_PTE_NX;
    if (level && chance(12)) /* a large page at 0 or above all memory; now and then with a reserved bit */
        entry = (entry & ~(X86_PTE_FRAME & ~X86_PTE_NX)) | X86_PTE_PS | (chance(20) ? 1ul << 30 : 0) |
                (chance(5) ? 1ul << 14 : 0);
    return entry;
}

/* A linear address at which the table can be edited: that of all memory, or one of those that are tried. */
static uint64_t edit_address(uint64_t frame)
{
    for (unsigned n = 0; chance(60) && n < ADDRESSES; n++) {
        unsigned at = (unsigned)model_random(&model, ADDRESSES);
        struct model_reference found = model_refer(&model, address_of(at), (struct walker_access){.is_write = true});
        if (!is_stale[model.number][at] && found.ok && found.address >> 12 == frame)
            return address_of(at);
    }
    return model.direct + frame * 4096;
}

static unsigned random_index(unsigned level)
{
    unsigned index = (unsigned)model_random(&model, level ? 2 : 4);
    if (model.format == MODEL_32)
        index = level ? (unsigned)model_random(&model, 4) : (index >> 1) * 512 + (index & 1);
    return index;
}

static void invalidate(unsigned n)
{
    is_stale[model.number][n] = false;
    model_invalidate(&model, address_of(n)); /* another may write meanwhile */
}

/* Another CPU goes on until the moment at which it is flushed. */
static void work_meanwhile(struct model *of)
{
    for (unsigned i = 0; i < 6; i++) {
        unsigned level = chance(60) ? 0 : (unsigned)model_random(&model, model.levels);
        model_store_meanwhile(of, i % MODEL_OTHERS, random_table(level), random_index(level), random_entry(level));
        model_read_meanwhile(of, i % MODEL_OTHERS, address_of((unsigned)model_random(&model, ADDRESSES)));
    }
    if (of->is_disturbed)
        set_every_cpu_stale();
}

static void read_meanwhile(struct model *of)
{
    unsigned n = chance(50) ? latest : (unsigned)model_random(&model, ADDRESSES);
    if (chance(10))
        model_read_meanwhile(of, (unsigned)model_random(&model, MODEL_OTHERS), address_of(n));
}

static void edit(void)
{
    unsigned level = chance(60) ? 0 : (unsigned)model_random(&model, model.levels);
    unsigned index = random_index(level);
    uint64_t frame = random_table(level), old = model_read_entry(&model, frame, index), value = random_entry(level);
    if (chance(40)) /* a small change */
        value = old ^ (1ul << model_random(&model, level == 2 && model.format == MODEL_PAE ? 1 : 7));
    if (chance(10) && level)
        value = old; /* or none */
    model_write_entry(&model, frame, index, value, edit_address(frame));
    set_every_cpu_stale();
    if (chance(50))
        invalidate((unsigned)model_random(&model, ADDRESSES));
}

static void access_at(unsigned n)
{
    model.state.smap = model.cpu.has_smap && chance(50); /* the guest sets and clears EFLAGS.AC without a word */
    struct walker_access access = {.is_write = chance(40), .is_user = chance(50)};
    access.is_fetch = !access.is_write && chance(30);
    uint64_t machine;
    latest = n;
    if (model_access(&model, address_of(n) | 8, access, is_stale[model.number][n], &machine) && model.was_emulated)
        shadow_written(&model.shadow, model_refer(&model, address_of(n) | 8, access).address, 8);
    model_end(&model);
}

/* What a kernel does all day: the entry of a page in use loses or gains a right, INVLPG, the page is used again. */
static void change_page(void)
{
    static const uint64_t bits[] = {X86_PTE_P, X86_PTE_W, X86_PTE_U, X86_PTE_A, X86_PTE_D};
    unsigned n = (unsigned)model_random(&model, ADDRESSES);
    if (is_stale[model.number][n])
        return;
    access_at(n);
    struct model_reference found = model_refer(&model, address_of(n), (struct walker_access){0});
    if (!found.has_entry || found.entry_frame >= MODEL_READ_ONLY)
        return;
    uint64_t value = model_read_entry(&model, found.entry_frame, found.entry_index) ^ bits[model_random(&model, 5)];
    if (found.entry_frame < model.pool[0][0] ||
        (found.entry_frame > model.pool[0][MODEL_LEVEL_POOL - 1] && found.entry_index > 3))
        return; /* the mapping of all memory stays */
    model_write_entry(&model, found.entry_frame, found.entry_index, value, model.direct + found.entry_frame * 4096);
    set_every_cpu_stale();
    invalidate(n);
    access_at(n);
    access_at(n);
}

static void change_state(void)
{
    switch (model.is_ring3 ? 3 : model_random(&model, 4)) { /* ring 3 has no CR0.WP, no SMEP */
    case 0:
        model.state.write_protect = !model.state.write_protect;
        break;
    case 1:
        model.state.smep = !model.state.smep;
        break;
    case 2:
        model.cpu.has_smap = !model.cpu.has_smap;
        model.state.smap = false;
        break;
    default:
        if (model.format != MODEL_32)
            model.state.no_execute = !model.state.no_execute;
        break;
    }
    set_all_stale(false);
    model_load_state(&model);
}

static void step(void)
{
    uint64_t what = model_random(&model, 1000);
    if (model.others && chance(20))
        model_switch(&model, (unsigned)model_random(&model, MODEL_OTHERS));
    if (model.others && chance(30))
        work_meanwhile(&model);
    if (what < 600) {
        access_at((unsigned)model_random(&model, ADDRESSES));
    } else if (what < 640) {
        change_page();
    } else if (what < 860) {
        edit();
    } else if (what < 930) {
        invalidate((unsigned)model_random(&model, ADDRESSES));
    } else if (what < 990) {
        set_all_stale(false);
        model_load_root(&model, random_table(model.levels - 1) << 12);
    } else if (what < 996) {
        change_state();
    } else {
        shadow_release(&model.shadow, random_table((unsigned)model_random(&model, model.levels)) << 12);
        model_end(&model);
    }
}

/* The number of the step at which something was wrong; `steps` when nothing was. */
static unsigned run(enum model_format format, uint32_t pages, bool has_unsync, uint64_t seed, unsigned steps,
                    unsigned flushes_left_out)
{
    unsigned done = 0;
    model_create(&model, format, pages, seed);
    if (is_ring3)
        model_enter_ring3(&model);
    if (has_others)
        model_add_others(&model);
    model.shadow.has_unsync = has_unsync;
    model.flushes_left_out = flushes_left_out;
    model.settles_left_out = settles_left_out;
    model.meanwhile = has_others ? work_meanwhile : NULL;
    model.look = has_others ? read_meanwhile : NULL;
    memset(is_stale, 0, sizeof(is_stale));
    while (done < steps && !model.complaint) {
        step();
        done++;
    }
    ck_assert_uint_le(model_frames_out(), 3 * pages);
    model_destroy(&model);
    ck_assert_uint_eq(model_frames_out(), 0);
    return done;
}

static void expect_right(enum model_format format, uint32_t pages, bool has_unsync, uint64_t seed, unsigned steps)
{
    unsigned done = run(format, pages, has_unsync, seed, steps, 0);
    ck_assert_msg(!model.complaint, "format %u, seed %lu, step %u: %s", format, seed, done, model.complaint);
}

START_TEST(test_long)
{
    expect_right(MODEL_LONG, 512, true, (uint64_t)_i, 150000);
}
END_TEST

/* A kernel in ring 3 gets where it may, and its user mode nowhere else. */
START_TEST(test_ring3)
{
    is_ring3 = true;
    expect_right(MODEL_LONG, 512, true, (uint64_t)_i, 150000);
    expect_right(MODEL_LONG, 2 * SHADOW_PAGES_LEAST, true, (uint64_t)_i, 50000);
    is_ring3 = false;
}
END_TEST

START_TEST(test_pae)
{
    expect_right(MODEL_PAE, 512, true, (uint64_t)_i, 150000);
}
END_TEST

START_TEST(test_32)
{
    expect_right(MODEL_32, 512, true, (uint64_t)_i, 150000);
}
END_TEST

START_TEST(test_every_write_trapped)
{
    for (enum model_format format = MODEL_LONG; format < MODEL_FORMATS; format++)
        expect_right(format, 512, false, 77, 80000);
}
END_TEST

START_TEST(test_little_memory)
{
    for (enum model_format format = MODEL_LONG; format < MODEL_FORMATS; format++) {
        expect_right(format, SHADOW_PAGES_LEAST, true, 4711, 100000);
        ck_assert_uint_gt(model.shadow.counts.reclaims, 0);
    }
}
END_TEST

/* Some seed finds it soon, in some format. */
START_TEST(test_no_flush_can_be_left_out)
{
    bool is_found = false;
    for (uint64_t seed = 1; seed < 12 && !is_found; seed++)
        is_found =
            run((enum model_format)(seed % MODEL_FORMATS), SHADOW_PAGES_LEAST, true, seed, 40000, 1u << _i) < 40000;
    ck_assert_msg(is_found, "flush %d can be left out", _i);
}
END_TEST

/* Nor with a root each for kernel and user mode. */
START_TEST(test_no_flush_in_ring3_can_be_left_out)
{
    bool is_found = false;
    is_ring3 = true;
    for (uint64_t seed = 1; seed < 12 && !is_found; seed++)
        is_found = run(MODEL_LONG, 2 * SHADOW_PAGES_LEAST, true, seed, 40000, 1u << _i) < 40000;
    is_ring3 = false;
    ck_assert_msg(is_found, "flush %d can be left out", _i);
}
END_TEST

/* Three CPUs on one set of tables: one edits, all use, and the others go on writing until they are flushed. */
START_TEST(test_others)
{
    enum model_format format = (enum model_format)(_i % MODEL_FORMATS);
    has_others = true;
    expect_right(format, 512, true, (uint64_t)_i, 120000);
    expect_right(format, 2 * SHADOW_PAGES_LEAST, _i % 2, (uint64_t)_i, 60000);
    has_others = false;
}
END_TEST

static bool is_found_among_others(unsigned flushes)
{
    bool is_found = false;
    has_others = true;
    for (uint64_t seed = 1; seed < 12 && !is_found; seed++)
        is_found =
            run((enum model_format)(seed % MODEL_FORMATS), 2 * SHADOW_PAGES_LEAST, true, seed, 40000, flushes) < 40000;
    has_others = false;
    return is_found;
}

/* A flush that reaches the CPU at hand and no other is as bad as none. */
START_TEST(test_no_settling_can_be_left_out)
{
    settles_left_out = 1u << _i;
    bool is_found = is_found_among_others(0);
    settles_left_out = 0;
    ck_assert_msg(is_found, "settling %d can be left out", _i);
}
END_TEST

START_TEST(test_no_flush_among_others_can_be_left_out)
{
    ck_assert_msg(is_found_among_others(1u << _i), "flush %d can be left out", _i);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shadow");
    TCase *tests = tcase_create("shadow");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_long, 1, 7);
    tcase_add_loop_test(tests, test_ring3, 1, 5);
    tcase_add_loop_test(tests, test_others, 1, 7);
    tcase_add_loop_test(tests, test_no_settling_can_be_left_out, 0, SHADOW_SETTLE_REASONS);
    tcase_add_loop_test(tests, test_no_flush_among_others_can_be_left_out, 0, SHADOW_FLUSH_REASONS);
    tcase_add_loop_test(tests, test_pae, 1, 5);
    tcase_add_loop_test(tests, test_32, 1, 5);
    tcase_add_test(tests, test_every_write_trapped);
    tcase_add_test(tests, test_little_memory);
    tcase_add_loop_test(tests, test_no_flush_can_be_left_out, 0, SHADOW_FLUSH_REASONS);
    tcase_add_loop_test(tests, test_no_flush_in_ring3_can_be_left_out, 0, SHADOW_FLUSH_REASONS);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
