/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory given back and taken again by hypercall, on fake frames: what is refused, what the hypervisor then sees of the
 * VM's memory, and that no frame becomes somebody else's while a translation to it may still be cached.
 */
#include "core/vcpu.h"
#include "core/vm.h"
#include "core/vm_memory.h"
#include "suite.h"
#include <coopvirt/error.h>
#include <stdlib.h>
#include <string.h>

#define PAGE  4096ul
#define PAGES 1024u /* of the VM: 2 MiB at 0, all but one page writable, and 2 MiB from 16 MiB on */
#define HIGH  0x1000000ul
#define HALF  (PAGES / 2 * PAGE)
#define ROM   (HALF - PAGE) /* the page that is not */

static struct vm vm;
static struct vcpu vcpu;
static uint8_t *ram;
static unsigned table_frames, table_limit, flushes;
static coop_paddr cached[PAGES];    /* the translations that a CPU may hold, by page; 0: none */
static coop_paddr spare[3 * PAGES]; /* frames that are nobody's */
static unsigned spares, given_back;

#define LARGE 8 /* runs of 2 MiB that are nobody's */
static uint8_t *large;
static unsigned large_used;
static bool gives_homes; /* frames that a page had first are not somebody else's meanwhile */

static coop_paddr page_address(unsigned page)
{
    return page < PAGES / 2 ? page * PAGE : HIGH + (page - PAGES / 2) * PAGE;
}

static coop_paddr table_allocate(void *context)
{
    (void)context;
    if (table_frames == table_limit)
        return UINT64_MAX;
    table_frames++;
    void *table = aligned_alloc(PAGE, PAGE);
    return (coop_paddr)(uintptr_t)memset(table, 0, PAGE);
}

static void table_release(void *context, coop_paddr frame)
{
    (void)context;
    table_frames--;
    free((void *)(uintptr_t)frame);
}

static void *fake_address(coop_paddr machine)
{
    return (void *)(uintptr_t)machine;
}

/* ---- what core/ does around it ---- */

void vm_flush(struct vm *flushed)
{
    ck_assert_ptr_eq(flushed, &vm);
    memset(cached, 0, sizeof(cached));
    flushes++;
}

bool vm_memory_can_change(struct vm *changed)
{
    return changed == &vm;
}

void vm_memory_give_back(struct vm *owner, coop_paddr machine)
{
    ck_assert_ptr_eq(owner, &vm);
    for (unsigned page = 0; page < PAGES; page++) { /* an assertion that holds is a message too: too many of them */
        if (cached[page] == machine)
            ck_abort_msg("page %u can still be reached", page);
        if (nested_lookup(&vm.nested, page_address(page)).machine == machine)
            ck_abort_msg("page %u is still mapped", page);
    }
    memset(fake_address(machine), 0xdd, PAGE);
    spare[spares++] = machine;
    given_back++;
}

coop_paddr vm_memory_take_again(struct vm *owner, coop_paddr home)
{
    ck_assert_ptr_eq(owner, &vm);
    for (unsigned i = 0; gives_homes && i < spares; i++)
        if (spare[i] == home) {
            spare[i] = spare[spares - 1];
            spare[spares - 1] = home;
        }
    if (!spares)
        return FRAME_NONE;
    coop_paddr machine = spare[--spares];
    memset(fake_address(machine), 0, PAGE);
    return machine;
}

coop_paddr vm_memory_take_large(struct vm *owner)
{
    ck_assert_ptr_eq(owner, &vm);
    if (large_used == LARGE)
        return FRAME_NONE;
    uint8_t *run = large + large_used++ * HALF;
    return (coop_paddr)(uintptr_t)memset(run, 0, HALF);
}

enum vm_action hypercall_return(struct vcpu *caller, uint64_t result)
{
    caller->general[REGISTER_RAX] = result;
    return VM_SKIP;
}

/* ---- the guest ---- */

/* The guest touches a page: its translation is cached. */
static void touch(unsigned page)
{
    cached[page] = nested_lookup(&vm.nested, page_address(page)).machine;
}

/* The array lies in the guest's page 3. */
static int64_t call(uint64_t operation, const coop_paddr *pages, uint64_t count)
{
    ck_assert(guest_memory_write(&vm.memory, 3 * PAGE, pages, (count <= 512 ? count : 1) * sizeof(*pages)));
    vcpu.general[REGISTER_RDI] = operation;
    vcpu.general[REGISTER_RSI] = 3 * PAGE;
    vcpu.general[REGISTER_RDX] = count;
    ck_assert_int_eq(hypercalls_nested[COOP_HYPERCALL_MEMORY - COOP_HYPERCALL_FIRST](&vcpu), VM_SKIP);
    return (int64_t)vcpu.general[REGISTER_RAX];
}

static int64_t call_one(uint64_t operation, coop_paddr page)
{
    return call(operation, &page, 1);
}

static void set_up(void)
{
    static const struct nested_format npt = {
        .present = 1, .table = 7, .read = 5, .write = 2, .no_execute = 1ul << 63, .large = 1ul << 7, .has_1g = true};
    struct nested_world world = {&vm, table_allocate, table_release, fake_address};
    table_frames = spares = given_back = flushes = 0;
    table_limit = 1000;
    memset(&vm, 0, sizeof(vm));
    memset(&vcpu, 0, sizeof(vcpu));
    memset(cached, 0, sizeof(cached));
    vcpu.vm = &vm;
    ram = aligned_alloc(HALF, PAGES * PAGE);
    memset(ram, 0x11, PAGES * PAGE);
    large = aligned_alloc(HALF, LARGE * HALF);
    large_used = 0;
    gives_homes = false;
    vm.vcpu_count = 1;
    vm.memory.address = fake_address;
    struct guest_memory_range ranges[] = {{0, ROM, (coop_paddr)(uintptr_t)ram, true},
                                          {ROM, PAGE, (coop_paddr)(uintptr_t)ram + ROM, false},
                                          {HIGH, HALF, (coop_paddr)(uintptr_t)ram + HALF, true}};
    ck_assert_int_eq(nested_create(&vm.nested, &npt, &world), 0);
    nested_memory_start(&vm.nested_memory, &vm.nested, &vm.memory);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(guest_memory_add(&vm.memory, &ranges[i]), 0);
        ck_assert_int_eq(nested_map(&vm.nested, ranges[i].start, ranges[i].machine, ranges[i].bytes,
                                    ranges[i].is_writable ? NESTED_ALL : NESTED_READ | NESTED_EXECUTE),
                         0);
    }
}

static void tear_down(void)
{
    nested_destroy(&vm.nested);
    ck_assert_uint_eq(table_frames, 0);
    free(large);
    free(ram);
}

START_TEST(there_and_back)
{
    uint64_t word = 5, seen;
    coop_paddr page = 7 * PAGE;
    ck_assert(guest_memory_write(&vm.memory, page, &word, sizeof(word)));
    touch(7);
    ck_assert_int_eq(call_one(COOP_MEMORY_RELEASE, page), 1);
    ck_assert_uint_eq(given_back, 1);
    ck_assert_uint_eq(flushes, 1);
    ck_assert(!guest_memory_read(&vm.memory, page, &seen, sizeof(seen)));
    ck_assert(!guest_memory_write(&vm.memory, page + 8, &word, sizeof(word)));
    ck_assert_ptr_null(guest_memory_pointer(&vm.memory, page, 8, false));
    ck_assert_ptr_null(guest_memory_pointer(&vm.memory, page - 8, 16, false));
    ck_assert(guest_memory_read(&vm.memory, page - 8, &seen, sizeof(seen)));
    ck_assert_int_eq(call_one(COOP_MEMORY_RELEASE, page), 0);
    ck_assert_int_eq(call_one(COOP_MEMORY_POPULATE, page), 1);
    ck_assert(guest_memory_read(&vm.memory, page, &seen, sizeof(seen)));
    ck_assert_uint_eq(seen, 0);
    ck_assert_int_eq(call_one(COOP_MEMORY_POPULATE, page), 0);
}
END_TEST

START_TEST(refused)
{
    static const coop_paddr pages[] = {7 * PAGE + 1, ROM,      HALF,      HIGH - PAGE,        HIGH + HALF,
                                       UINT64_MAX,   ~0xffful, 1ul << 48, 0x8000000000000000, 12};
    ck_assert_int_eq(call_one(COOP_MEMORY_RELEASE, 6 * PAGE), 1);
    ck_assert_int_eq(call_one(COOP_MEMORY_RELEASE, pages[_i]), 0);
    ck_assert_int_eq(call_one(COOP_MEMORY_POPULATE, pages[_i]), 0);
    ck_assert_uint_eq(given_back, 1);
    ck_assert_uint_eq(spares, 1);
    ck_assert_int_eq(call(COOP_MEMORY_LARGE + 1, pages, 1), -COOP_EINVAL);
    ck_assert_int_eq(call(UINT64_MAX, pages, 1), -COOP_EINVAL);
    ck_assert_int_eq(call(COOP_MEMORY_RELEASE, pages, 513), -COOP_EINVAL);
    vcpu.general[REGISTER_RDI] = 0;
    vcpu.general[REGISTER_RSI] = HIGH + HALF - 8;
    vcpu.general[REGISTER_RDX] = 2;
    hypercalls_nested[COOP_HYPERCALL_MEMORY - COOP_HYPERCALL_FIRST](&vcpu);
    ck_assert_int_eq((int64_t)vcpu.general[REGISTER_RAX], -COOP_EFAULT);
}
END_TEST

/* The first that is refused ends it; what came before is done. */
START_TEST(part)
{
    coop_paddr pages[200];
    for (unsigned i = 0; i < 200; i++)
        pages[i] = HIGH + i * PAGE;
    pages[150] = ROM;
    ck_assert_int_eq(call(COOP_MEMORY_RELEASE, pages, 200), 150);
    ck_assert_uint_eq(given_back, 150);
    spares = 20;
    ck_assert_int_eq(call(COOP_MEMORY_POPULATE, pages, 200), 20);
    ck_assert_int_eq(call(COOP_MEMORY_POPULATE, pages + 20, 100), 0);
}
END_TEST

/* What the hypervisor refers to stays, whichever page of it is named. */
START_TEST(held)
{
    void *rings = nested_memory_hold(&vm.nested_memory, 9 * PAGE + 100, 2 * PAGE, true);
    ck_assert_ptr_eq(rings, ram + 9 * PAGE + 100);
    void *copy = nested_memory_hold(&vm.nested_memory, 20 * PAGE, 8, false);
    for (unsigned page = 9; page < 12; page++)
        ck_assert_int_eq(call_one(COOP_MEMORY_RELEASE, page * PAGE), 0);
    ck_assert_int_eq(call_one(COOP_MEMORY_RELEASE, 20 * PAGE), 0);
    nested_memory_unhold(&vm.nested_memory, 20 * PAGE, 8);
    ck_assert_int_eq(call_one(COOP_MEMORY_RELEASE, 20 * PAGE), 1);
    ck_assert_int_eq(call_one(COOP_MEMORY_RELEASE, 8 * PAGE), 1);
    ck_assert_int_eq(call_one(COOP_MEMORY_RELEASE, 12 * PAGE), 1);
    memset(rings, 0x22, 2 * PAGE);
    nested_memory_unhold(&vm.nested_memory, 9 * PAGE + 100, 2 * PAGE);
    ck_assert_int_eq(call_one(COOP_MEMORY_RELEASE, 10 * PAGE), 1);
    ck_assert_ptr_null(nested_memory_hold(&vm.nested_memory, 9 * PAGE, 2 * PAGE, false));
    (void)copy;
}
END_TEST

START_TEST(holds_have_an_end)
{
    for (unsigned i = 0; i < NESTED_MEMORY_HOLDS; i++)
        ck_assert_ptr_nonnull(nested_memory_hold(&vm.nested_memory, i * PAGE, 8, true));
    ck_assert_ptr_null(nested_memory_hold(&vm.nested_memory, 100 * PAGE, 8, true));
    nested_memory_unhold(&vm.nested_memory, 0, 8);
    ck_assert_ptr_nonnull(nested_memory_hold(&vm.nested_memory, 100 * PAGE, 8, true));
}
END_TEST

/* No memory for a table that a split large page needs: nothing is done. */
START_TEST(no_table)
{
    table_limit = table_frames;
    ck_assert_int_eq(call_one(COOP_MEMORY_RELEASE, HIGH), 0);
    ck_assert_uint_eq(given_back, 0);
    ck_assert(nested_lookup(&vm.nested, HIGH).is_present);
}
END_TEST

/* At random, against a model of contents: what is there keeps its word, what came back is zero. */
START_TEST(at_random)
{
    static uint64_t model[PAGES];
    static bool there[PAGES];
    srand((unsigned)_i + 1);
    for (unsigned page = 0; page < PAGES; page++) {
        model[page] = 0x1111111111111111;
        there[page] = true;
    }
    for (unsigned step = 0; step < 1000; step++) {
        unsigned page = 4 + (unsigned)rand() % (PAGES - 4);
        uint64_t seen;
        bool is_rom = page_address(page) == ROM;
        switch (rand() % 4) {
        case 0:
            ck_assert_int_eq(call_one(COOP_MEMORY_RELEASE, page_address(page)), there[page] && !is_rom);
            there[page] = is_rom;
            break;
        case 1:
            ck_assert_int_eq(call_one(COOP_MEMORY_POPULATE, page_address(page)), !there[page]);
            model[page] = there[page] ? model[page] : 0;
            there[page] = true;
            break;
        case 2:
            touch(page);
            ck_assert_int_eq(guest_memory_read(&vm.memory, page_address(page) + 16, &seen, 8), there[page]);
            ck_assert(!there[page] || seen == model[page]);
            break;
        default:
            seen = (uint64_t)rand() + 1;
            if (guest_memory_write(&vm.memory, page_address(page) + 16, &seen, 8))
                model[page] = seen;
            break;
        }
    }
}
END_TEST

/* Whether the upper 2 MiB are one page. */
static bool is_large(void)
{
    return nested_lookup(&vm.nested, HIGH).page_bytes == HALF;
}

START_TEST(large_as_it_is)
{
    ck_assert(is_large());
    ck_assert_int_eq(call_one(COOP_MEMORY_LARGE, HIGH), 1);
    ck_assert_uint_eq(flushes, 0);
    ck_assert_uint_eq(vm.nested.joined, 0);
}
END_TEST

START_TEST(large_refused)
{
    static const coop_paddr starts[] = {0, HALF, HIGH + PAGE, HIGH + HALF, HIGH + 1, UINT64_MAX, 1ul << 48, ROM};
    ck_assert_int_eq(call_one(COOP_MEMORY_LARGE, starts[_i]), 0);
    ck_assert_uint_eq(large_used, 0);
}
END_TEST

/* As many as the contract says, and not one more. */
START_TEST(large_most)
{
    coop_paddr starts[COOP_MEMORY_LARGE_MOST + 1];
    for (unsigned i = 0; i <= COOP_MEMORY_LARGE_MOST; i++)
        starts[i] = HIGH;
    ck_assert_int_eq(call(COOP_MEMORY_LARGE, starts, COOP_MEMORY_LARGE_MOST + 1), -COOP_EINVAL);
    ck_assert_int_eq(call(COOP_MEMORY_LARGE, starts, COOP_MEMORY_LARGE_MOST), COOP_MEMORY_LARGE_MOST);
}
END_TEST

/* Pages that come back to their places make the page one again, without being asked. */
START_TEST(rejoined)
{
    coop_paddr pages[512];
    for (unsigned i = 0; i < 512; i++)
        pages[i] = HIGH + i * PAGE;
    gives_homes = true;
    ck_assert_int_eq(call(COOP_MEMORY_RELEASE, pages, 512), 512);
    ck_assert(!is_large());
    ck_assert_uint_eq(vm.nested.splits, 1);
    for (unsigned i = 0; i < 512; i++)
        pages[i] = HIGH + (i * 37 + 5) % 512 * PAGE;
    unsigned before = flushes, tables = table_frames;
    ck_assert_int_eq(call(COOP_MEMORY_POPULATE, pages, 512), 512);
    ck_assert(is_large());
    ck_assert_uint_eq(vm.nested.joined, 1);
    ck_assert_uint_eq(flushes, before + 1);
    ck_assert_uint_eq(table_frames, tables - 1);
    ck_assert_uint_eq(vm.nested.pages[0], 512);
    ck_assert_uint_eq(vm.nested.pages[1], 1);
}
END_TEST

/* Frames at other places than before: a new run, with their contents; what was away is zero. */
START_TEST(moved)
{
    uint64_t word = 77, seen = 1;
    ck_assert_int_eq(call_one(COOP_MEMORY_RELEASE, HIGH + 5 * PAGE), 1);
    ck_assert_int_eq(call_one(COOP_MEMORY_RELEASE, HIGH + 6 * PAGE), 1);
    ck_assert_int_eq(call_one(COOP_MEMORY_POPULATE, HIGH + 5 * PAGE), 1);
    ck_assert(guest_memory_write(&vm.memory, HIGH + 5 * PAGE, &word, 8));
    ck_assert(guest_memory_write(&vm.memory, HIGH + 9 * PAGE, &word, 8));
    touch(PAGES / 2 + 5);
    touch(PAGES / 2 + 9);
    unsigned before = given_back;
    ck_assert_int_eq(call_one(COOP_MEMORY_LARGE, HIGH), 1);
    ck_assert(is_large());
    ck_assert_uint_eq(given_back, before + 511);
    ck_assert(guest_memory_read(&vm.memory, HIGH + 9 * PAGE, &seen, 8) && seen == word);
    ck_assert(guest_memory_read(&vm.memory, HIGH + 5 * PAGE, &seen, 8) && seen == word);
    ck_assert(guest_memory_read(&vm.memory, HIGH + 6 * PAGE, &seen, 8) && seen == 0);
    ck_assert(guest_memory_read(&vm.memory, HIGH + 7 * PAGE, &seen, 8) && seen == 0x1111111111111111);
}
END_TEST

/* All of it away: a run, however many VCPUs there are. What is in use is moved under one only. */
START_TEST(moved_under_several)
{
    coop_paddr pages[512];
    uint64_t seen;
    for (unsigned i = 0; i < 512; i++)
        pages[i] = HIGH + i * PAGE;
    vm.vcpu_count = 2;
    ck_assert_int_eq(call(COOP_MEMORY_RELEASE, pages, 511), 511);
    ck_assert_int_eq(call_one(COOP_MEMORY_LARGE, HIGH), 0);
    ck_assert(!guest_memory_read(&vm.memory, HIGH, &seen, 8));
    ck_assert_int_eq(call_one(COOP_MEMORY_RELEASE, pages[511]), 1);
    ck_assert_int_eq(call_one(COOP_MEMORY_LARGE, HIGH), 1);
    ck_assert(is_large());
    ck_assert(guest_memory_read(&vm.memory, HIGH + 8, &seen, 8) && seen == 0);
}
END_TEST

/* Memory that lies askew from the start, and of which nothing was released before. */
START_TEST(moved_from_askew)
{
    uint8_t *askew = (uint8_t *)aligned_alloc(HALF, 2 * HALF) + PAGE;
    uint64_t word = 99;
    memset(askew, 0x33, HALF);
    ck_assert_int_eq(nested_protect(&vm.nested, HIGH, HALF, 0), 0);
    ck_assert_int_eq(nested_map(&vm.nested, HIGH, (coop_paddr)(uintptr_t)askew, HALF, NESTED_ALL), 0);
    vm.memory.ranges[vm.memory.count - 1].machine = (coop_paddr)(uintptr_t)askew;
    ck_assert(!is_large());
    ck_assert_int_eq(call_one(COOP_MEMORY_LARGE, HIGH), 1);
    ck_assert(is_large());
    ck_assert(guest_memory_write(&vm.memory, HIGH + 16, &word, 8));
    ck_assert_uint_eq(((const uint64_t *)fake_address(nested_lookup(&vm.nested, HIGH).machine))[2], word);
    ck_assert_uint_eq(((const uint64_t *)fake_address(nested_lookup(&vm.nested, HIGH).machine))[3], 0x3333333333333333);
    free(askew - PAGE);
}
END_TEST

/* A ring of the hypervisor's stays where it is. */
START_TEST(large_but_held)
{
    void *ring = nested_memory_hold(&vm.nested_memory, HIGH + 9 * PAGE, 64, true);
    ck_assert_int_eq(call_one(COOP_MEMORY_RELEASE, HIGH + 5 * PAGE), 1);
    ck_assert_int_eq(call_one(COOP_MEMORY_LARGE, HIGH), 0);
    ck_assert_ptr_eq(guest_memory_pointer(&vm.memory, HIGH + 9 * PAGE, 64, true), ring);
    nested_memory_unhold(&vm.nested_memory, HIGH + 9 * PAGE, 64);
    ck_assert_int_eq(call_one(COOP_MEMORY_LARGE, HIGH), 1);
}
END_TEST

START_TEST(no_run)
{
    large_used = LARGE;
    ck_assert_int_eq(call_one(COOP_MEMORY_RELEASE, HIGH + 5 * PAGE), 1);
    ck_assert_int_eq(call_one(COOP_MEMORY_LARGE, HIGH), 0);
    ck_assert(!is_large());
}
END_TEST

static void count_one(void *context, coop_paddr machine)
{
    ck_assert_uint_ne(machine, 0);
    ++*(unsigned *)context;
}

START_TEST(visit)
{
    unsigned count = 0;
    nested_memory_visit(&vm.nested_memory, count_one, &count);
    ck_assert_uint_eq(count, 0);
    for (unsigned page = 4; page < 14; page++)
        ck_assert_int_eq(call_one(COOP_MEMORY_RELEASE, page * PAGE), 1);
    nested_memory_visit(&vm.nested_memory, count_one, &count);
    ck_assert_uint_eq(count, PAGES - 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nested_memory");
    TCase *tests = tcase_create("memory");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, there_and_back);
    tcase_add_loop_test(tests, refused, 0, 10);
    tcase_add_test(tests, part);
    tcase_add_test(tests, held);
    tcase_add_test(tests, holds_have_an_end);
    tcase_add_test(tests, no_table);
    tcase_add_loop_test(tests, at_random, 0, 2);
    tcase_add_test(tests, large_as_it_is);
    tcase_add_loop_test(tests, large_refused, 0, 8);
    tcase_add_test(tests, large_most);
    tcase_add_test(tests, rejoined);
    tcase_add_test(tests, moved);
    tcase_add_test(tests, moved_under_several);
    tcase_add_test(tests, moved_from_askew);
    tcase_add_test(tests, large_but_held);
    tcase_add_test(tests, no_run);
    tcase_add_test(tests, visit);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
