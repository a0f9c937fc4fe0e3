/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page-table walker on fake memory: formats, page sizes, rights, reserved bits, error codes.
 */
#include "mmu/walker.h"
#include "core/registers.h"
#include "suite.h"
#include <coopvirt/x86.h>
#include <string.h>

static uint64_t words[0x8000 / 8];

static bool fake_read(void *context, coop_paddr address, unsigned bytes, uint64_t *entry)
{
    (void)context;
    if (address + bytes > sizeof(words))
        return false;
    *entry = 0;
    memcpy(entry, (char *)words + address, bytes);
    return true;
}

static const struct walker_memory memory = {NULL, fake_read};
static struct walker_state state;
static const struct walker_access reading = {0}, writing = {.is_write = true}, fetching = {.is_fetch = true};
static const struct walker_access user_reading = {.is_user = true}, user_writing = {.is_user = true, .is_write = true};

static void put64(coop_paddr table, unsigned index, uint64_t entry)
{
    words[table / 8 + index] = entry;
}
static void put32(coop_paddr table, unsigned index, uint32_t entry)
{
    memcpy((char *)words + table + 4 * index, &entry, 4);
}

#define P  X86_PTE_P
#define W  X86_PTE_W
#define U  X86_PTE_U
#define PS X86_PTE_PS
#define NX X86_PTE_NX

/* Four-level tables at 0x1000, 0x2000, 0x3000, 0x4000. */
static void set_up(void)
{
    memset(words, 0, sizeof(words));
    state = (struct walker_state){
        .format = &walker_format_long4, .root = 0x1018, .large_pages = true, .no_execute = true, .write_protect = true};
    put64(0x1000, 0x100, 0x2000 | P | W | U);
    put64(0x2000, 3, 0x3000 | P | W | U);
    put64(0x2000, 4, 0x80000000 | P | W | PS);
    put64(0x3000, 5, 0x4000 | P | W | U);
    put64(0x3000, 6, 0x00a00000 | P | W | U | PS);
    put64(0x4000, 7, 0x0000123000 | P | U);
    put64(0x4000, 8, 0x0000124000 | P | W | NX);
}

static uint64_t linear(unsigned a, unsigned b, unsigned c, unsigned d, unsigned offset)
{
    uint64_t value = (uint64_t)a << 39 | (uint64_t)b << 30 | (uint64_t)c << 21 | (uint64_t)d << 12 | offset;
    return value & 1ul << 47 ? value | 0xffff000000000000ul : value;
}

static struct walker_result walk(uint64_t address, struct walker_access access)
{
    return walker_translate(&state, &memory, address, access);
}

START_TEST(test_long_page_sizes)
{
    struct walker_result r = walk(linear(0x100, 3, 5, 7, 0x456), reading);
    ck_assert(r.ok);
    ck_assert_uint_eq(r.address, 0x123456);
    ck_assert_uint_eq(r.page_bytes, 4096);
    r = walk(linear(0x100, 3, 6, 9, 0x10), writing);
    ck_assert(r.ok);
    ck_assert_uint_eq(r.address, 0xa09010);
    ck_assert_uint_eq(r.page_bytes, X86_PAGE_2M);
    r = walk(linear(0x100, 4, 511, 1, 2), writing);
    ck_assert(r.ok);
    ck_assert_uint_eq(r.address, 0x80000000ul + (511ul << 21) + 0x1002);
    ck_assert_uint_eq(r.page_bytes, X86_PAGE_1G);
}
END_TEST

START_TEST(test_long_rights)
{
    uint64_t read_only = linear(0x100, 3, 5, 7, 0), kernel_data = linear(0x100, 3, 5, 8, 0);
    ck_assert_uint_eq(walk(read_only, writing).error_code, X86_PF_PRESENT | X86_PF_WRITE);
    ck_assert_uint_eq(walk(read_only, user_writing).error_code, X86_PF_PRESENT | X86_PF_WRITE | X86_PF_USER);
    ck_assert(walk(read_only, user_reading).ok);
    ck_assert(walk(read_only, fetching).ok);
    ck_assert_uint_eq(walk(kernel_data, user_reading).error_code, X86_PF_PRESENT | X86_PF_USER);
    ck_assert_uint_eq(walk(kernel_data, fetching).error_code, X86_PF_PRESENT | X86_PF_INSTRUCTION);
    state.write_protect = false;
    ck_assert(walk(read_only, writing).ok);
    ck_assert(!walk(read_only, user_writing).ok);
    state.smap = true;
    ck_assert_uint_eq(walk(read_only, reading).error_code, X86_PF_PRESENT);
    ck_assert(walk(read_only, fetching).ok);
    state.smep = true;
    ck_assert_uint_eq(walk(read_only, fetching).error_code, X86_PF_PRESENT | X86_PF_INSTRUCTION);
}
END_TEST

/* Every right of a page x state of the CPU x access, said the other way round: what is allowed. APM vol. 2, "Page-
 * Protection Checks". */
static bool is_allowed(uint64_t entry, struct walker_access access)
{
    bool user = entry & U, writable = entry & W, executable = !(entry >> 63);
    if (access.is_user)
        return user && (writable || !access.is_write) && (executable || !access.is_fetch);
    if (access.is_fetch)
        return executable && !(state.smep && user);
    return !(state.smap && user) && (writable || !access.is_write || !state.write_protect);
}

START_TEST(test_matrix)
{
    static const uint64_t rights[] = {W, U, 1ul << 63};
    for (unsigned i = 0; i < 1u << 7; i++) {
        uint64_t entry = 0x125000 | P;
        for (unsigned bit = 0; bit < 3; bit++)
            entry |= i >> bit & 1 ? rights[bit] : 0;
        put64(0x4000, 9, entry);
        state.write_protect = i >> 3 & 1;
        state.smep = i >> 4 & 1;
        state.smap = i >> 5 & 1;
        struct walker_access access = {.is_user = i >> 6 & 1};
        for (unsigned kind = 0; kind < 3; kind++) {
            access.is_write = kind == 1;
            access.is_fetch = kind == 2;
            struct walker_result result = walk(linear(0x100, 3, 5, 9, 0), access);
            ck_assert_msg(result.ok == is_allowed(entry, access), "entry %lx state %x kind %u", entry, i >> 3, kind);
            if (!result.ok)
                ck_assert_uint_eq(result.error_code, X86_PF_PRESENT | walker_access_code(access));
        }
    }
}
END_TEST

START_TEST(test_faults)
{
    ck_assert_uint_eq(walk(linear(1, 0, 0, 0, 0), user_writing).error_code, X86_PF_WRITE | X86_PF_USER);
    ck_assert(!walk(linear(1, 0, 0, 0, 0), reading).ok);
    put64(0x4000, 9, 0x125000 | P | 1ul << 63);
    state.no_execute = false; /* NX is reserved then */
    ck_assert_uint_eq(walk(linear(0x100, 3, 5, 9, 0), reading).error_code, X86_PF_PRESENT | X86_PF_RESERVED);
    put64(0x3000, 7, 0x00b02000 | P | PS);
    ck_assert_uint_eq(walk(linear(0x100, 3, 7, 0, 0), reading).error_code, X86_PF_PRESENT | X86_PF_RESERVED);
    put64(0x1000, 0x101, 0x2000 | P | PS);
    ck_assert_uint_eq(walk(linear(0x101, 3, 5, 7, 0), reading).error_code, X86_PF_PRESENT | X86_PF_RESERVED);
    put64(0x1000, 0x102, 0x7ffffffff000 | P); /* a table outside of memory */
    ck_assert_uint_eq(walk(linear(0x102, 0, 0, 0, 0), reading).error_code, 0);
    ck_assert(!walk(linear(0x102, 0, 0, 0, 0), reading).ok);
}
END_TEST

START_TEST(test_32_bit)
{
    memset(words, 0, sizeof(words));
    state =
        (struct walker_state){.format = &walker_format_32, .root = 0x1000, .large_pages = true, .write_protect = true};
    put32(0x1000, 0x300, 0x2000 | P | W);
    put32(0x2000, 1, 0x00055000 | P | W | U);
    put32(0x1000, 0x301, 0x00c00000 | P | W | PS);
    ck_assert_uint_eq(walk(0xc0001abc, writing).address, 0x55abc);
    ck_assert(!walk(0xc0001abc, user_reading).ok);
    struct walker_result r = walk(0xc0512345, reading);
    ck_assert_uint_eq(r.address, 0xd12345);
    ck_assert_uint_eq(r.page_bytes, 0x400000);
    state.large_pages = false; /* the same bit then means nothing: 0xc00000 is a table outside of memory */
    ck_assert(!walk(0xc0512345, reading).ok);
}
END_TEST

START_TEST(test_pae)
{
    memset(words, 0, sizeof(words));
    state =
        (struct walker_state){.format = &walker_format_pae, .root = 0x1020, .large_pages = true, .no_execute = true};
    put64(0x1020, 3, 0x2000 | P);
    put64(0x2000, 1, 0x3000 | P | W | U);
    put64(0x2000, 2, 0x600000 | P | U | PS | NX);
    put64(0x3000, 2, 0x44000 | P | U);
    ck_assert_uint_eq(walk(0xc0202aaa, user_reading).address, 0x44aaa);
    ck_assert_uint_eq(walk(0xc0412345, user_reading).address, 0x612345);
    ck_assert(!walk(0xc0412345, fetching).ok);
    put64(0x1020, 3, 0x2000 | P | W); /* reserved in a top entry */
    ck_assert_uint_eq(walk(0xc0202aaa, reading).error_code, X86_PF_PRESENT | X86_PF_RESERVED);
}
END_TEST

START_TEST(test_top_of_pae)
{
    uint64_t top[WALKER_PAE_TOP] = {0x2000 | P, 0x1e6 | NX, 0x3000 | P | 0x18 | 0xe00, 0};
    ck_assert(walker_can_load_top(top, 36));
    for (unsigned bit = 1; bit < 64; bit++) {
        bool is_reserved = bit == 1 || bit == 2 || (bit >= 5 && bit <= 8) || bit >= 40;
        top[3] = 0x4000 | P | 1ul << bit;
        ck_assert_uint_eq(walker_can_load_top(top, 40), !is_reserved);
        ck_assert_uint_eq(walker_can_load_top(top, 52), !is_reserved || (bit >= 40 && bit < 52));
        top[3] &= ~(uint64_t)P;
        ck_assert(walker_can_load_top(top, 40));
    }
}
END_TEST

START_TEST(test_state_from_registers)
{
    struct registers r = {.cr0 = X86_CR0_PE};
    walker_state_set(&state, &r);
    ck_assert_ptr_null(state.format);
    ck_assert_uint_eq(walk(0x1234567890, writing).address, 0x34567890);
    r.cr0 |= X86_CR0_PG | X86_CR0_WP;
    walker_state_set(&state, &r);
    ck_assert_ptr_eq(state.format, &walker_format_32);
    ck_assert(!state.large_pages && state.write_protect);
    r.cr4 = X86_CR4_PAE | X86_CR4_SMAP;
    walker_state_set(&state, &r);
    ck_assert_ptr_eq(state.format, &walker_format_pae);
    r.efer = X86_EFER_LMA | X86_EFER_NXE;
    walker_state_set(&state, &r);
    ck_assert_ptr_eq(state.format, &walker_format_long4);
    ck_assert(state.no_execute && state.smap);
    r.rflags = X86_FLAGS_AC;
    walker_state_set(&state, &r);
    ck_assert(!state.smap);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("walker");
    TCase *tests = tcase_create("walk");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, test_long_page_sizes);
    tcase_add_test(tests, test_long_rights);
    tcase_add_test(tests, test_matrix);
    tcase_add_test(tests, test_faults);
    tcase_add_test(tests, test_32_bit);
    tcase_add_test(tests, test_pae);
    tcase_add_test(tests, test_top_of_pae);
    tcase_add_test(tests, test_state_from_registers);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
