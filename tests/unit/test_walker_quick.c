/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The quick walk beside the whole one: where that finds bytes, it finds the same; and tables that lead nowhere, out of
 * memory or round in a circle give nothing, or bytes of the guest's memory.
 */
#include "mmu/walker_quick.h"
#include "mmu/walker.h"
#include "suite.h"
#include <coopvirt/x86.h>
#include <stdlib.h>
#include <string.h>

#define START 0x100000ul /* guest-physical */
#define PAGES 64
#define BYTES (PAGES * X86_PAGE_BYTES)

static uint64_t words[BYTES / 8];

static void *fake_address(coop_paddr machine)
{
    return (char *)words + machine;
}

static struct guest_memory memory;

static void set_up(void)
{
    struct guest_memory_range range = {START, BYTES, 0, true};
    memset(words, 0, sizeof(words));
    memory = (struct guest_memory){.address = fake_address};
    ck_assert_int_eq(guest_memory_add(&memory, &range), 0);
}

static void put(coop_paddr table, uint64_t index, uint64_t entry)
{
    words[(table - START) / 8 + index] = entry;
}

#define ROOT   (START + 0x1000)
#define THIRD  (START + 0x2000)
#define SECOND (START + 0x3000)
#define FIRST  (START + 0x4000)
#define CODE   0xffff800000c05ff8ul

static void map_code(void)
{
    put(ROOT, 256, THIRD | X86_PTE_P);
    put(THIRD, 0, SECOND | X86_PTE_P);
    put(SECOND, 6, FIRST | X86_PTE_P);
    put(FIRST, 5, (START + 0x7000) | X86_PTE_P | X86_PTE_NX);
}

static char *guest(coop_paddr address)
{
    return (char *)words + (address - START);
}

START_TEST(test_pages)
{
    map_code();
    ck_assert_ptr_eq(walker_quick(&memory, ROOT | 0x18, CODE), guest(START + 0x7ff8));
    put(SECOND, 6, X86_PTE_P | X86_PTE_PS | 0x1000); /* its PAT bit set: the frame is 0 */
    ck_assert_ptr_null(walker_quick(&memory, ROOT, CODE));
    ck_assert_ptr_eq(walker_quick(&memory, ROOT, (CODE & ~(X86_PAGE_2M - 1)) + START + 8), guest(START + 8));
    put(THIRD, 0, X86_PTE_P | X86_PTE_PS | 0x1000);
    ck_assert_ptr_eq(walker_quick(&memory, ROOT, (CODE & ~(X86_PAGE_1G - 1)) + START + 16), guest(START + 16));
}
END_TEST

START_TEST(test_nowhere)
{
    static const coop_paddr tables[] = {ROOT, THIRD, SECOND, FIRST};
    static const uint64_t indices[] = {256, 0, 6, 5};
    for (unsigned i = 0; i < 4; i++) {
        map_code();
        put(tables[i], indices[i], START + 0x7000);
        ck_assert_ptr_null(walker_quick(&memory, ROOT, CODE));
        put(tables[i], indices[i], (START + BYTES) | X86_PTE_P);
        ck_assert_ptr_null(walker_quick(&memory, ROOT, CODE));
        put(tables[i], indices[i], X86_PTE_FRAME | X86_PTE_P);
        ck_assert_ptr_null(walker_quick(&memory, ROOT, CODE));
    }
    ck_assert_ptr_null(walker_quick(&memory, 0, CODE));
    ck_assert_ptr_null(walker_quick(&memory, UINT64_MAX, CODE));
}
END_TEST

static uint64_t random_entry(void)
{
    uint64_t entry = START + (uint64_t)(rand() % (PAGES + 2)) * X86_PAGE_BYTES;
    entry |= rand() % 16 ? X86_PTE_P : 0;
    entry |= rand() % 8 ? 0 : X86_PTE_PS;
    return entry | (rand() % 2 ? X86_PTE_W : 0) | (rand() % 2 ? X86_PTE_U : 0);
}

START_TEST(test_beside_the_whole_walk)
{
    struct walker_state state = {.format = &walker_format_long4, .large_pages = true, .no_execute = true};
    struct walker_memory read = {&memory, guest_memory_read_entry};
    unsigned found = 0;
    srand(1);
    for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++)
        words[i] = random_entry();
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t linear = ((uint64_t)rand() << 20 ^ (uint64_t)rand()) & 0x7ffffffffff8ul;
        state.root = START + (uint64_t)(rand() % PAGES) * X86_PAGE_BYTES;
        const char *quick = walker_quick(&memory, state.root, linear);
        struct walker_result whole = walker_translate(&state, &read, linear, (struct walker_access){.is_fetch = true});
        if (whole.ok)
            ck_assert_ptr_eq(quick, guest_memory_pointer(&memory, whole.address, WALKER_QUICK_BYTES, false));
        if (quick)
            ck_assert(quick >= (char *)words && quick + WALKER_QUICK_BYTES <= (char *)words + BYTES);
        found += whole.ok && quick;
    }
    ck_assert_uint_gt(found, 5000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("walker_quick");
    TCase *tests = tcase_create("walk");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, test_pages);
    tcase_add_test(tests, test_nowhere);
    tcase_add_test(tests, test_beside_the_whole_walk);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
