/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest is shown by CPUID of a machine that claims everything.
 */
#include "core/cpuid_policy.h"
#include "suite.h"
#include <coopvirt/abi.h>

static struct cpuid_table table;
static struct cpuid_config config;

static struct cpuid_leaf everything(uint32_t leaf, uint32_t subleaf)
{
    (void)subleaf;
    if (leaf == 0)
        return (struct cpuid_leaf){0x1f, 'A', 'C', 'D'};
    if (leaf == 0x80000000)
        return (struct cpuid_leaf){0x8000001f, 'A', 'C', 'D'};
    return (struct cpuid_leaf){~0u, ~0u, ~0u, ~0u};
}

static void set_up(void)
{
    config = (struct cpuid_config){.vcpu = 1, .vcpus = 2, .xcr0_allowed = 7, .tsc_khz = 1000000, .lapic_khz = 500000};
    cpuid_policy_prepare(&table, &config, everything);
}

#define HAS(register, bit) (!!((register) >> (bit)&1))

START_TEST(test_hidden)
{
    const struct cpuid_leaf *one = &table.basic[1], *seven = &table.basic[7], *extended = &table.extended[1];
    ck_assert(!HAS(one->ecx, 3));  /* MONITOR */
    ck_assert(!HAS(one->ecx, 5));  /* VMX */
    ck_assert(!HAS(one->ecx, 21)); /* x2APIC */
    ck_assert(!HAS(one->ecx, 24)); /* TSC deadline */
    ck_assert(!HAS(one->ecx, 27)); /* OSXSAVE: the guest's own affair */
    ck_assert(!HAS(one->ecx, 30)); /* RDRAND */
    ck_assert(HAS(one->ecx, 31));  /* hypervisor */
    ck_assert(HAS(one->ecx, 26) && HAS(one->ecx, 28));
    ck_assert(!HAS(seven->ebx, 18));   /* RDSEED */
    ck_assert(HAS(seven->ebx, 20));    /* SMAP */
    ck_assert(!HAS(seven->ebx, 16));   /* AVX-512 */
    ck_assert(HAS(seven->ebx, 5));     /* AVX2 */
    ck_assert(!HAS(seven->ecx, 3));    /* PKU */
    ck_assert(!HAS(seven->ecx, 7));    /* CET */
    ck_assert(!HAS(seven->ecx, 16));   /* LA57 */
    ck_assert(!HAS(extended->ecx, 2)); /* SVM */
    ck_assert(HAS(extended->edx, 29)); /* long mode */
    ck_assert_uint_eq(table.extended[0x0a].edx, 0);
    ck_assert_uint_eq(table.extended[0].eax, 0x80000008);
    ck_assert_uint_eq(table.basic[0x0a].eax, 0);
    ck_assert_uint_eq(table.basic[0x0b].eax, 0);
}
END_TEST

/* A kernel in ring 3 is a user to the CPU. */
START_TEST(test_no_smap)
{
    config.hides_smap = true;
    cpuid_policy_prepare(&table, &config, everything);
    ck_assert(!HAS(table.basic[7].ebx, 20));
}
END_TEST

START_TEST(test_topology)
{
    ck_assert_uint_eq(table.basic[1].ebx >> 24, 1);
    ck_assert_uint_eq(table.basic[1].ebx >> 16 & 0xff, 2);
    ck_assert(HAS(table.basic[1].edx, 28));
    ck_assert_uint_eq(table.extended[8].ecx, 1);
    config.vcpus = 1;
    cpuid_policy_prepare(&table, &config, everything);
    ck_assert(!HAS(table.basic[1].edx, 28));
}
END_TEST

START_TEST(test_without_avx)
{
    config.xcr0_allowed = 3;
    cpuid_policy_prepare(&table, &config, everything);
    ck_assert(!HAS(table.basic[1].ecx, 28) && !HAS(table.basic[7].ebx, 5));
    struct cpuid_leaf leaf = everything(0xd, 2);
    cpuid_policy_filter(0xd, 2, &config, &leaf);
    ck_assert_uint_eq(leaf.eax, 0);
    config.xcr0_allowed = 0;
    cpuid_policy_prepare(&table, &config, everything);
    ck_assert(!HAS(table.basic[1].ecx, 26));
}
END_TEST

START_TEST(test_xsave_leaves)
{
    ck_assert_uint_eq(table.basic[0xd].eax, 7);
    struct cpuid_leaf leaf = everything(0xd, 1);
    cpuid_policy_filter(0xd, 1, &config, &leaf);
    ck_assert(!HAS(leaf.eax, 3)); /* XSAVES */
    ck_assert_uint_eq(leaf.ecx, 0);
    leaf = everything(0xd, 9); /* PKRU */
    cpuid_policy_filter(0xd, 9, &config, &leaf);
    ck_assert_uint_eq(leaf.eax, 0);
}
END_TEST

START_TEST(test_own_block)
{
    const struct cpuid_leaf *leaf = cpuid_policy_find(&table, 0x40000000);
    ck_assert_uint_eq(leaf->eax, 0x40000000 + COOP_CPUID_LAST);
    ck_assert_uint_eq(leaf->ebx, COOP_CPUID_SIGNATURE0);
    ck_assert_uint_eq(leaf->ecx, COOP_CPUID_SIGNATURE1);
    ck_assert_uint_eq(leaf->edx, COOP_CPUID_SIGNATURE2);
    leaf = cpuid_policy_find(&table, 0x40000001);
    ck_assert_uint_eq(leaf->eax, COOP_ABI_VERSION);
    leaf = cpuid_policy_find(&table, 0x40000002);
    ck_assert_uint_eq(leaf->eax, 1000000);
    ck_assert_uint_eq(leaf->ebx, 500000);
    ck_assert_uint_eq(cpuid_policy_find(&table, 0x40000003)->eax, 0);
    ck_assert_ptr_null(cpuid_policy_find(&table, 0x40000004));
    ck_assert_ptr_null(cpuid_policy_find(&table, 0x20));
    ck_assert_ptr_null(cpuid_policy_find(&table, 0x80000020));
    ck_assert_ptr_null(cpuid_policy_find(&table, 0xffffffff));
}
END_TEST

START_TEST(test_osxsave_follows_the_guest)
{
    cpuid_policy_show_osxsave(&table, true);
    ck_assert(HAS(table.basic[1].ecx, 27));
    cpuid_policy_show_osxsave(&table, false);
    ck_assert(!HAS(table.basic[1].ecx, 27));
    ck_assert(cpuid_policy_has_subleaves(7) && cpuid_policy_has_subleaves(0xd) && !cpuid_policy_has_subleaves(1));
    ck_assert(!cpuid_policy_has_subleaves(0x80000001));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpuid_policy");
    TCase *tests = tcase_create("cpuid_policy");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, test_hidden);
    tcase_add_test(tests, test_no_smap);
    tcase_add_test(tests, test_topology);
    tcase_add_test(tests, test_without_avx);
    tcase_add_test(tests, test_xsave_leaves);
    tcase_add_test(tests, test_own_block);
    tcase_add_test(tests, test_osxsave_follows_the_guest);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
