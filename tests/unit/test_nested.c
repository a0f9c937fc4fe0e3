/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nested tables on fake frames: the largest page that fits, permissions, splitting, and that every frame
 * comes back.
 */
#include "cpu/vmx/vmx_ept.h"
#include "mmu/nested.h"
#include "suite.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static unsigned frames_out;
static unsigned frames_limit;

static coop_paddr fake_allocate(void *context)
{
    (void)context;
    if (frames_out >= frames_limit)
        return UINT64_MAX;
    void *page = aligned_alloc(4096, 4096);
    memset(page, 0, 4096);
    frames_out++;
    return (coop_paddr)(uintptr_t)page;
}

static void fake_release(void *context, coop_paddr frame)
{
    (void)context;
    frames_out--;
    free((void *)(uintptr_t)frame);
}

static void *fake_address(coop_paddr frame)
{
    return (void *)(uintptr_t)frame;
}

static const struct nested_world world = {NULL, fake_allocate, fake_release, fake_address};
static const struct nested_format npt = {
    .present = 1, .table = 7, .read = 5, .write = 2, .no_execute = 1ul << 63, .large = 1ul << 7, .has_1g = true};
/* IA32_VMX_EPT_VPID_CAP of a CPU with everything but 1 GiB pages, accessed and dirty bits; and with those. */
#define EPT_OLD 0xf0106114141ul
#define EPT_NEW 0xf0106334141ul

static struct nested_tables tables;

static void set_up(void)
{
    frames_out = 0;
    frames_limit = 1000;
    ck_assert_int_eq(nested_create(&tables, &npt, &world), 0);
}

static void tear_down(void)
{
    nested_destroy(&tables);
    ck_assert_uint_eq(frames_out, 0);
    ck_assert_uint_eq(tables.table_frames, 0);
}

#define MIB 0x100000ul
#define GIB 0x40000000ul

START_TEST(test_largest_page_that_fits)
{
    /* From 2 MiB - 4 KiB to 2 GiB + 2 MiB + 8 KiB, both sides equally aligned. */
    ck_assert_int_eq(nested_map(&tables, 2 * MIB - 4096, 8 * GIB + 2 * MIB - 4096, 2 * GIB + 12288, NESTED_ALL), 0);
    ck_assert_uint_eq(tables.pages[0], 1 + 2);
    ck_assert_uint_eq(tables.pages[1], 511 + 1);
    ck_assert_uint_eq(tables.pages[2], 1);
    struct nested_mapping m = nested_lookup(&tables, GIB + 0x12345);
    ck_assert(m.is_present);
    ck_assert_uint_eq(m.machine, 9 * GIB + 0x12345);
    ck_assert_uint_eq(m.page_bytes, GIB);
    ck_assert_uint_eq(m.permissions, NESTED_ALL);
    ck_assert(!nested_lookup(&tables, 2 * MIB - 4097).is_present);
    ck_assert(!nested_lookup(&tables, 2 * GIB + 2 * MIB + 8192).is_present);
}
END_TEST

START_TEST(test_misaligned_machine_takes_small_pages)
{
    ck_assert_int_eq(nested_map(&tables, 0, 4096, 2 * MIB, NESTED_READ | NESTED_WRITE), 0);
    ck_assert_uint_eq(tables.pages[0], 512);
    ck_assert_uint_eq(nested_lookup(&tables, 0x1000).machine, 0x2000);
    ck_assert_uint_eq(nested_lookup(&tables, 0).permissions, NESTED_READ | NESTED_WRITE);
}
END_TEST

START_TEST(test_map_beside_small_pages)
{
    ck_assert_int_eq(nested_map(&tables, 0, 0, 4096, NESTED_ALL), 0);
    ck_assert_int_eq(nested_map(&tables, 0, 0, 2 * MIB, NESTED_ALL), -EEXIST);
    ck_assert_int_eq(nested_map(&tables, 4096, 4096, 2 * MIB - 4096, NESTED_ALL), 0);
    ck_assert_int_eq(nested_map(&tables, 2 * MIB, 2 * MIB, 2 * MIB, NESTED_ALL), 0);
    ck_assert_int_eq(nested_map(&tables, 2 * MIB + 4096, 0, 4096, NESTED_ALL), -EEXIST);
}
END_TEST

START_TEST(test_protect_splits)
{
    ck_assert_int_eq(nested_map(&tables, 0, 0, GIB, NESTED_ALL), 0);
    ck_assert_uint_eq(tables.pages[2], 1);
    ck_assert_int_eq(nested_protect(&tables, 0xa0000, 0x20000, 0), 0);
    ck_assert_int_eq(nested_protect(&tables, 0xe0000, 0x20000, NESTED_READ | NESTED_EXECUTE), 0);
    ck_assert_uint_eq(tables.pages[2], 0);
    ck_assert_uint_eq(tables.pages[1], 511);
    ck_assert_uint_eq(tables.pages[0], 512 - 32);
    ck_assert(nested_lookup(&tables, 0x9ffff).is_present);
    ck_assert(!nested_lookup(&tables, 0xa0000).is_present);
    ck_assert(!nested_lookup(&tables, 0xbffff).is_present);
    ck_assert_uint_eq(nested_lookup(&tables, 0xc0000).permissions, NESTED_ALL);
    ck_assert_uint_eq(nested_lookup(&tables, 0xfffff).permissions, NESTED_READ | NESTED_EXECUTE);
    ck_assert_uint_eq(nested_lookup(&tables, 0x12345678).machine, 0x12345678);
}
END_TEST

START_TEST(test_bad_arguments)
{
    ck_assert_int_eq(nested_map(&tables, 1, 0, 4096, NESTED_ALL), -EINVAL);
    ck_assert_int_eq(nested_map(&tables, 0, 0, 0, NESTED_ALL), -EINVAL);
    ck_assert_int_eq(nested_map(&tables, 0, 0, 4096, 0), -EINVAL);
    ck_assert_int_eq(nested_map(&tables, (1ul << 48) - 4096, 0, 8192, NESTED_ALL), -EINVAL);
    ck_assert_int_eq(nested_map(&tables, 0, ~0xffful, 8192, NESTED_ALL), -EINVAL);
    ck_assert_int_eq(nested_protect(&tables, 0, ~0xffful, 0), -EINVAL);
    ck_assert(!nested_lookup(&tables, UINT64_MAX).is_present);
}
END_TEST

START_TEST(test_out_of_frames)
{
    frames_limit = 3;
    ck_assert_int_eq(nested_map(&tables, 0, 0, 4096, NESTED_ALL), -ENOMEM);
    frames_limit = 2;
    struct nested_tables none;
    frames_limit = frames_out;
    ck_assert_int_eq(nested_create(&none, &npt, &world), -ENOMEM);
    nested_destroy(&none);
}
END_TEST

START_TEST(test_intel_bits)
{
    struct nested_tables other;
    struct nested_format ept = vmx_ept_format(EPT_OLD);
    ck_assert_int_eq(nested_create(&other, &ept, &world), 0);
    ck_assert_int_eq(nested_map(&other, 0, 0, GIB, NESTED_READ | NESTED_WRITE), 0);
    ck_assert_uint_eq(other.pages[1], 512); /* no 1 GiB pages on this CPU */
    ck_assert_uint_eq(nested_lookup(&other, 0).permissions, NESTED_READ | NESTED_WRITE);
    ck_assert_int_eq(nested_protect(&other, 0, 4096, NESTED_READ | NESTED_EXECUTE), 0);
    ck_assert_uint_eq(nested_lookup(&other, 0).permissions, NESTED_READ | NESTED_EXECUTE);
    ck_assert_uint_eq(nested_lookup(&other, 4096).permissions, NESTED_READ | NESTED_WRITE);
    nested_destroy(&other);
}
END_TEST

static uint64_t entry_of(coop_paddr table, unsigned index)
{
    return ((const uint64_t *)(uintptr_t)table)[index];
}
#define NEXT(entry) ((entry)&0x000ffffffffff000ul)

/* Entries as the manual has them: rights in bits 0 to 2, the memory type write-back in bits 3 to 5 of a page only, bit
 * 7 for a large page. */
START_TEST(test_intel_entries)
{
    struct nested_tables other;
    struct nested_format ept = vmx_ept_format(EPT_NEW);
    ck_assert_int_eq(nested_create(&other, &ept, &world), 0);
    ck_assert_int_eq(nested_map(&other, 0, 8 * GIB, GIB, NESTED_ALL), 0);
    ck_assert_int_eq(nested_map(&other, GIB, 4 * GIB, 2 * MIB, NESTED_READ | NESTED_EXECUTE), 0);
    ck_assert_int_eq(nested_map(&other, GIB + 2 * MIB, 0x5000, 4096, NESTED_READ), 0);
    uint64_t top = entry_of(other.root, 0), third = entry_of(NEXT(top), 1);
    ck_assert_uint_eq(top & 0xfff, 7);
    ck_assert_uint_eq(entry_of(NEXT(top), 0), 8 * GIB | 0xb7); /* 1 GiB, read, write, execute */
    ck_assert_uint_eq(third & 0xfff, 7);
    ck_assert_uint_eq(entry_of(NEXT(third), 0), 4 * GIB | 0xb5);                   /* 2 MiB, read, execute */
    ck_assert_uint_eq(entry_of(NEXT(entry_of(NEXT(third), 1)), 0), 0x5000 | 0x31); /* 4 KiB, read */
    nested_destroy(&other);
}
END_TEST

/* A page that may only be executed, which the other format cannot say, is present. */
START_TEST(test_intel_present)
{
    struct nested_tables other;
    struct nested_format ept = vmx_ept_format(EPT_NEW);
    ck_assert_int_eq(nested_create(&other, &ept, &world), 0);
    ck_assert_int_eq(nested_map(&other, 0, 0, GIB, NESTED_ALL), 0);
    uint64_t top = entry_of(other.root, 0);
    ((uint64_t *)(uintptr_t)NEXT(top))[0] = 0xb4;
    ck_assert(nested_lookup(&other, 0).is_present);
    ck_assert_int_eq(nested_protect(&other, 0, GIB, 0), 0);
    ck_assert(!nested_lookup(&other, 0).is_present);
    ck_assert_uint_eq(other.pages[2], 0);
    nested_destroy(&other);
}
END_TEST

START_TEST(test_intel_pointer)
{
    ck_assert_uint_eq(vmx_ept_pointer(0x1234000, EPT_NEW), 0x123405e); /* dirty bits, four levels, write-back */
    ck_assert_uint_eq(vmx_ept_pointer(0x1234000, EPT_OLD), 0x123401e);
    ck_assert_uint_eq(vmx_ept_pointer(0x1234000, EPT_OLD & ~(1ul << 14)), 0x1234018); /* uncached only */
}
END_TEST

/* Split, put together again, and replaced by a run elsewhere, in either vendor's bits. */
static void join(const struct nested_format *format)
{
    coop_paddr table = 0;
    nested_destroy(&tables);
    ck_assert_int_eq(nested_create(&tables, format, &world), 0);
    ck_assert_int_eq(nested_map(&tables, 4 * MIB, 64 * MIB, 2 * MIB, NESTED_ALL), 0);
    ck_assert_int_eq(nested_join(&tables, 4 * MIB, &table), -EINVAL); /* it is one page */
    ck_assert_int_eq(nested_protect(&tables, 5 * MIB, 4096, NESTED_READ), 0);
    ck_assert_uint_eq(tables.splits, 1);
    ck_assert_int_eq(nested_join(&tables, 4 * MIB, &table), -EINVAL); /* other rights */
    ck_assert_int_eq(nested_protect(&tables, 5 * MIB, 4096, NESTED_ALL), 0);
    ck_assert_int_eq(nested_join(&tables, 4 * MIB + 8192, &table), 0);
    ck_assert_uint_eq(nested_table_page(&tables, table, 511), 64 * MIB + 511 * 4096);
    nested_release_table(&tables, table);
    struct nested_mapping mapping = nested_lookup(&tables, 5 * MIB);
    ck_assert_uint_eq(mapping.page_bytes, 2 * MIB);
    ck_assert_uint_eq(mapping.machine, 65 * MIB);
    ck_assert_uint_eq(mapping.permissions, NESTED_ALL);
    ck_assert_uint_eq(tables.pages[0], 0);
    ck_assert_uint_eq(tables.pages[1], 1);
    ck_assert_int_eq(nested_replace(&tables, 4 * MIB, 128 * MIB, NESTED_ALL, &table), -EEXIST);
    ck_assert_int_eq(nested_replace(&tables, 6 * MIB, 129 * MIB, NESTED_ALL, &table), -EINVAL);
    ck_assert_int_eq(nested_replace(&tables, 6 * MIB, 128 * MIB, NESTED_ALL, &table), 0);
    ck_assert_uint_eq(table, UINT64_MAX);
    ck_assert_int_eq(nested_protect(&tables, 6 * MIB, 4096, 0), 0);
    ck_assert_int_eq(nested_replace(&tables, 6 * MIB, 32 * MIB, NESTED_ALL, &table), 0);
    ck_assert_uint_eq(nested_table_page(&tables, table, 0), UINT64_MAX);
    ck_assert_uint_eq(nested_table_page(&tables, table, 1), 128 * MIB + 4096);
    nested_release_table(&tables, table);
    ck_assert_uint_eq(tables.pages[0], 0);
    ck_assert_uint_eq(tables.pages[1], 2);
}

START_TEST(test_join)
{
    static struct nested_format ept; /* tear_down() reads it too */
    ept = vmx_ept_format(EPT_NEW);
    join(&npt);
    join(&ept);
}
END_TEST

/* The CPU's marks are counted by size, where there are any, and taken away. */
START_TEST(test_touched)
{
    static struct nested_format formats[3]; /* tear_down() reads the last too */
    formats[0] = npt;
    formats[0].accessed = 1 << 5;
    formats[1] = vmx_ept_format(EPT_NEW);
    formats[2] = vmx_ept_format(EPT_OLD);
    for (unsigned i = 0; i < 3; i++) {
        uint64_t touched[3], marks = i < 2;
        nested_destroy(&tables);
        ck_assert_int_eq(nested_create(&tables, &formats[i], &world), 0);
        ck_assert_int_eq(nested_map(&tables, 0, 0, 2 * MIB, NESTED_ALL), 0);
        ck_assert_int_eq(nested_map(&tables, 2 * MIB, 0, 3 * 4096, NESTED_ALL), 0);
        nested_touched(&tables, touched, true);
        ck_assert_uint_eq(touched[0] + touched[1] + touched[2], 0);
        uint64_t *entry = fake_address(tables.root), bit = formats[i].accessed;
        entry[0] |= bit;
        entry = fake_address(entry[0] & 0x000ffffffffff000);
        entry[0] |= bit;
        entry = fake_address(entry[0] & 0x000ffffffffff000);
        entry[0] |= bit;
        entry[1] |= bit;
        entry = fake_address(entry[1] & 0x000ffffffffff000);
        entry[0] |= bit;
        entry[2] |= bit;
        nested_touched(&tables, touched, true);
        ck_assert_uint_eq(touched[0], 2 * marks);
        ck_assert_uint_eq(touched[1], marks);
        ck_assert_uint_eq(touched[2], 0);
        nested_touched(&tables, touched, false);
        ck_assert_uint_eq(touched[0] + touched[1], 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nested");
    TCase *tests = tcase_create("tables");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_largest_page_that_fits);
    tcase_add_test(tests, test_misaligned_machine_takes_small_pages);
    tcase_add_test(tests, test_map_beside_small_pages);
    tcase_add_test(tests, test_protect_splits);
    tcase_add_test(tests, test_join);
    tcase_add_test(tests, test_touched);
    tcase_add_test(tests, test_bad_arguments);
    tcase_add_test(tests, test_out_of_frames);
    tcase_add_test(tests, test_intel_bits);
    tcase_add_test(tests, test_intel_entries);
    tcase_add_test(tests, test_intel_present);
    tcase_add_test(tests, test_intel_pointer);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
