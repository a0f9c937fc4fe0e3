/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's side of direct page tables against a model of the hypervisor's: no operation is refused, whatever the
 * sizes of batches; a section is one hypercall; tables come back blank; nothing is lost.
 */
#include "guest_direct_model.h"
#include "kernel/panic.h"
#include "memory/frame_internal.h"
#include "memory/kernel_map.h"
#include "memory/layout.h"
#include "memory/page_table.h"
#include "pv/direct_mmu.h"
#include "pv/hypercall.h"
#include "suite.h"
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define USER_END (1ul << 47)
#define AMD      0x68747541u
#define INTEL    0x756e6547u

struct pv_operations pv;
struct pv_batch pv_batch;
struct pv_machine pv_machine;
coop_paddr kernel_root;
void (*hypercall_entry)(void) = model_hypercall_entry;

static struct coop_start_info info;
static struct coop_vcpu vcpu;
static uint32_t vendor;
static coop_paddr loaded; /* by the guest itself */
static unsigned page_flushes;
static jmp_buf panicked;

static struct x86_cpuid fake_cpuid(uint32_t leaf, uint32_t subleaf)
{
    (void)leaf, (void)subleaf;
    return (struct x86_cpuid){.ebx = vendor};
}
static void fake_load(coop_paddr root)
{
    loaded = root;
    model.root = root;
}
static void fake_flush_page(uint64_t address)
{
    (void)address;
    page_flushes++;
}

const struct pv_cpu_operations pv_native_cpu = {.cpuid = fake_cpuid};
const struct pv_mmu_operations pv_native_mmu = {.root_load = fake_load, .flush_page = fake_flush_page};

coop_paddr pv_image_address(const void *object)
{
    return (coop_paddr)object;
}

void panic(const char *format, ...)
{
    (void)format;
    longjmp(panicked, 1);
}

static void start(uint32_t features, uint32_t cpu)
{
    coop_paddr first;
    model_start(features & COOP_FEATURE_DEPRIVILEGED, &first);
    const struct frame_extent_range range = {first, MODEL_FRAMES * FRAME_BYTES - first};
    ck_assert(frame_start(&range, 1, model.arena, ~0ul));
    vendor = cpu;
    info = (struct coop_start_info){.direct_map = (uint64_t)model.arena, .root = FRAME_BYTES};
    vcpu.cr3_loads = 0;
    pv_machine = (struct pv_machine){.features = features | COOP_FEATURE_DIRECT, .start_info = &info, .vcpu = &vcpu};
    pv_batch = (struct pv_batch){0};
    kernel_root = info.root;
    page_table_flags_mask = ~0ul;
    direct_mmu_start(&pv.mmu);
    direct_mmu_limit(COOP_MMU_BATCH_MOST);
    ck_assert_ptr_nonnull(page_table_make(kernel_root, STACK_WINDOW_BASE));
    ck_assert_ptr_nonnull(page_table_make(kernel_root, DEVICE_WINDOW_BASE));
    model.hypercalls = model.operations = 0;
    loaded = page_flushes = 0;
}

static void start_amd(void)
{
    start(0, AMD);
}
static void stop(void)
{
    model_check();
    model_stop();
}

static void fill_along(struct page_table_path *path, uint64_t address, unsigned pages)
{
    for (unsigned i = 0; i < pages; i++, address += FRAME_BYTES) {
        uint64_t *slot = page_table_path_make(path, address);
        ck_assert_ptr_nonnull(slot);
        page_set(slot, page_entry(frame_allocate(), PAGE_USER | X86_PTE_W));
    }
}

static void fill(coop_paddr root, uint64_t address, unsigned pages)
{
    struct page_table_path path;
    page_table_path_start(&path, root);
    fill_along(&path, address, pages);
}

static void empty(coop_paddr root, uint64_t start_at, uint64_t end, uint64_t floor, uint64_t ceiling)
{
    struct page_gather gather = {.count = 0, .flush = true};
    page_table_clear(root, start_at, end, floor, ceiling, &gather);
    page_gather_finish(&gather);
}

/* A space of 64 pages in four places, and its end, in one hypercall each. */
static coop_paddr space_make(void)
{
    struct page_table_path path;
    pv_batch_begin();
    coop_paddr root = page_table_root_create();
    ck_assert(root);
    page_table_path_start(&path, root);
    fill_along(&path, 0x400000, 20);
    fill_along(&path, 0x5ff000, 4);
    fill_along(&path, 0x7f0000000000, 30);
    fill_along(&path, 0x7fffffff0000, 10);
    pv_batch_end();
    return root;
}

static void space_end(coop_paddr root)
{
    pv_batch_begin();
    empty(root, 0x400000, 0x414000, 0, 0x5ff000);
    empty(root, 0x5ff000, 0x603000, 0, 0x7f0000000000);
    empty(root, 0x7f0000000000, 0x7f000001e000, 0, 0x7fffffff0000);
    empty(root, 0x7fffffff0000, 0x7fffffffa000, 0, USER_END);
    page_table_root_destroy(root);
    pv_batch_end();
}

START_TEST(a_section_is_one_hypercall)
{
    space_end(space_make()); /* the tables that it leaves are kept */
    size_t free_frames = frame_free_count();
    unsigned tables = model_tables();
    model.hypercalls = model.operations = 0;
    coop_paddr root = space_make();
    ck_assert_uint_eq(model.hypercalls, 1);
    ck_assert_uint_eq(model_tables(), tables);
    space_end(root);
    ck_assert_uint_eq(model.hypercalls, 2);
    ck_assert_uint_eq(model_tables(), tables);
    ck_assert_uint_eq(frame_free_count(), free_frames);
    /* Birth: 10 links and 64 pages. Death: a clearing for each run of pages, 10 links, a flush for each area. */
    ck_assert_uint_eq(model.operations, 10 + 64 + 5 + 10 + 4);
}
END_TEST

START_TEST(any_size_of_batch)
{
    static const unsigned limits[] = {1, 2, 3, 7, 64, 2048};
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        direct_mmu_limit(limits[i]);
        for (unsigned n = 0; n < 3; n++) {
            coop_paddr root = space_make();
            ck_assert(page_present(*page_table_find(root, 0x602000)));
            pv.mmu.root_load(root);
            pv.mmu.root_load(kernel_root);
            space_end(root);
        }
    }
}
END_TEST

START_TEST(long_work_is_called_again)
{
    model.yields_after = 5;
    coop_paddr root = space_make();
    ck_assert(page_present(*page_table_find(root, 0x7fffffff9000)));
    space_end(root);
}
END_TEST

START_TEST(one_table_dies_and_lives_in_one_section)
{
    coop_paddr root = space_make();
    pv_batch_begin();
    empty(root, 0x7f0000000000, 0x7f000001e000, 0x603000, 0x7fffffff0000);
    fill(root, 0x10000000, 3);
    pv_batch_end();
    ck_assert(page_present(*page_table_find(root, 0x10002000)));
    ck_assert_ptr_null(page_table_find(root, 0x7f0000000000));
    pv_batch_begin();
    empty(root, 0x10000000, 0x10003000, 0x603000, 0x7fffffff0000);
    pv_batch_end();
    space_end(root);
}
END_TEST

START_TEST(more_tables_than_are_kept)
{
    enum { SPACES = 30 };
    coop_paddr roots[SPACES];
    size_t before = frame_free_count();
    for (unsigned i = 0; i < SPACES; i++)
        roots[i] = space_make();
    for (unsigned i = 0; i < SPACES; i++)
        space_end(roots[i]);
    ck_assert_uint_le(before - frame_free_count(), 4 * 32);
    for (unsigned i = 0; i < SPACES; i++)
        roots[i] = space_make();
    for (unsigned i = 0; i < SPACES; i++)
        space_end(roots[i]);
}
END_TEST

START_TEST(amd_loads_roots_by_hypercall)
{
    coop_paddr root = space_make();
    unsigned before = model.hypercalls;
    pv.mmu.root_load(root);
    ck_assert_uint_eq(model.root, root);
    ck_assert_uint_eq(model.hypercalls, before + 1);
    ck_assert_uint_eq(loaded, 0);
    ck_assert_uint_eq(pv.mmu.root_current(), root);
    /* In a section it goes with what else there is to do, in its place. */
    before = model.hypercalls;
    pv_batch_begin();
    page_set(page_table_find(root, 0x400000), 0);
    pv.mmu.root_load(kernel_root);
    page_table_make(kernel_root, STACK_WINDOW_BASE + (1ul << 30));
    pv_batch_end();
    ck_assert_uint_eq(model.hypercalls, before + 1);
    ck_assert_uint_eq(model.root, kernel_root);
    ck_assert_uint_eq(vcpu.cr3_loads, 0);
}
END_TEST

START_TEST(intel_loads_roots_itself)
{
    stop();
    start(0, INTEL);
    coop_paddr root = space_make();
    /* The first time the hypervisor has to be told. */
    unsigned before = model.hypercalls;
    pv.mmu.root_load(root);
    ck_assert_uint_eq(model.hypercalls, ++before);
    ck_assert_uint_eq(model.root, root);
    pv.mmu.root_load(kernel_root);
    ck_assert_uint_eq(loaded, kernel_root);
    ck_assert_uint_eq(vcpu.cr3_loads, 1);
    vcpu.cr3_loads = 0;
    pv.mmu.root_load(root);
    ck_assert_uint_eq(loaded, root);
    ck_assert_uint_eq(vcpu.cr3_loads, 1);
    pv.mmu.flush_user();
    ck_assert_uint_eq(vcpu.cr3_loads, 2);
    ck_assert_uint_eq(model.hypercalls, before);
    /* Flushes wait for what they are to make visible. */
    pv_batch_begin();
    page_set(page_table_find(root, 0x400000), 0);
    pv.mmu.flush_user();
    ck_assert_uint_eq(vcpu.cr3_loads, 2);
    pv_batch_end();
    ck_assert_uint_eq(vcpu.cr3_loads, 3);
    ck_assert_uint_eq(model.hypercalls, before + 1);
}
END_TEST

/* As many roots as VT-x knows take turns without a hypercall, one more and each needs one. */
START_TEST(intel_knows_four_roots)
{
    stop();
    start(0, INTEL);
    coop_paddr roots[5];
    for (unsigned i = 0; i < 5; i++)
        roots[i] = space_make();
    for (unsigned count = 4; count <= 5; count++) {
        for (unsigned i = 0; i < count; i++)
            pv.mmu.root_load(roots[i]);
        unsigned before = model.hypercalls;
        for (unsigned i = 0; i < count; i++)
            pv.mmu.root_load(roots[i]);
        ck_assert_uint_eq(model.hypercalls - before, count == 4 ? 0 : 5);
    }
    pv.mmu.root_load(kernel_root);
    for (unsigned i = 0; i < 5; i++)
        space_end(roots[i]);
}
END_TEST

START_TEST(page_flushes_wait)
{
    coop_paddr root = space_make();
    pv.mmu.flush_page(0x400000);
    ck_assert_uint_eq(page_flushes, 1);
    pv_batch_begin();
    for (unsigned i = 0; i < 4; i++) {
        page_set(page_table_find(root, 0x400000 + i * FRAME_BYTES), 0);
        pv.mmu.flush_page(0x400000 + i * FRAME_BYTES);
    }
    ck_assert_uint_eq(page_flushes, 1);
    pv_batch_end();
    ck_assert_uint_eq(page_flushes, 5);
}
END_TEST

START_TEST(a_deprivileged_kernel_has_two_roots)
{
    stop();
    start(COOP_FEATURE_DEPRIVILEGED, AMD);
    coop_paddr root = space_make(), user = root + FRAME_BYTES;
    const uint64_t *kernel_slots = frame_address(root), *user_slots = frame_address(user);
    for (unsigned i = 0; i < 256; i++)
        ck_assert_uint_eq(kernel_slots[i], user_slots[i]);
    for (unsigned i = 256; i < 512; i++)
        ck_assert_uint_eq(user_slots[i], 0);
    pv.mmu.root_load(root);
    ck_assert_uint_eq(model.user_root, user);
    pv.mmu.root_load(kernel_root);
    ck_assert_uint_eq(model.user_root, 0);
    pv.mmu.flush_page(0x400000);
    pv.mmu.flush_user();
    ck_assert_uint_eq(model.flushes, 2);
    ck_assert_uint_eq(page_flushes, 0);
    space_end(root);
    unsigned tables = model_tables();
    space_end(space_make());
    ck_assert_uint_eq(model_tables(), tables);
}
END_TEST

static uint64_t refusing(void)
{
    return 3 | (uint64_t)COOP_EINVAL << 32;
}

START_TEST(a_refusal_is_the_end)
{
    coop_paddr root = space_make();
    pv_batch_begin();
    fill(root, 0x10000000, 8);
    hypercall_entry = (void (*)(void))refusing;
    if (!setjmp(panicked)) {
        pv_batch_end();
        ck_abort_msg("a refused operation went unnoticed");
    }
    hypercall_entry = model_hypercall_entry;
}
END_TEST

/* Random places come and go, in sections of random length, with a page table that is always what was asked for. */
START_TEST(random_work)
{
    enum { PLACES = 40 };
    uint64_t places[PLACES];
    bool there[PLACES] = {false};
    uint32_t random = 7;
    coop_paddr root = page_table_root_create();
    for (unsigned i = 0; i < PLACES; i++)
        places[i] = (i / 10 * 0x1500000000ul) + 0x400000 + i % 10 * 0x130000ul;
    for (unsigned round = 0; round < 600; round++) {
        random = random * 1664525 + 1013904223;
        direct_mmu_limit(1 + (random >> 8) % 50);
        unsigned i = (random >> 16) % PLACES;
        pv_batch_begin();
        if (there[i]) {
            uint64_t floor = 0, ceiling = USER_END;
            for (unsigned n = 0; n < PLACES; n++) {
                if (there[n] && n < i)
                    floor = places[n] + 16 * FRAME_BYTES;
                if (there[n] && n > i && ceiling == USER_END)
                    ceiling = places[n];
            }
            empty(root, places[i], places[i] + 16 * FRAME_BYTES, floor, ceiling);
        } else {
            fill(root, places[i], 16);
        }
        there[i] = !there[i];
        pv_batch_end();
        for (unsigned n = 0; n < PLACES; n++) {
            const uint64_t *slot = page_table_find(root, places[n] + 15 * FRAME_BYTES);
            ck_assert((slot && page_present(*slot)) == there[n]);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest_direct");
    TCase *tcase = tcase_create("direct page tables");
    tcase_add_checked_fixture(tcase, start_amd, stop);
    tcase_set_timeout(tcase, 60);
    const TTest *const tests[] = {a_section_is_one_hypercall, any_size_of_batch,
                                  long_work_is_called_again,  one_table_dies_and_lives_in_one_section,
                                  more_tables_than_are_kept,  amd_loads_roots_by_hypercall,
                                  intel_loads_roots_itself,   intel_knows_four_roots,
                                  page_flushes_wait,          a_deprivileged_kernel_has_two_roots,
                                  a_refusal_is_the_end,       random_work};
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
