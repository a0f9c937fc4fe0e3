/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Negotiation of VT-x controls against the capability MSRs of several CPUs: recorded on Bochs 2.7's models (log=debug
 * prints them), and sets made from the manual that lack one thing each. And the bitmaps.
 */
#include "cpu/vmx/vmcs.h"
#include "cpu/vmx/vmx_bitmaps.h"
#include "cpu/vmx/vmx_negotiate.h"
#include "suite.h"
#include <coopvirt/x86.h>
#include <errno.h>
#include <string.h>

#define SKYLAKE_X                                                                                                      \
    {                                                                                                                  \
        .basic = 0xd810000000002b, .pin = 0x7f00000016, .primary = 0xf7f9fffe04006172,                                 \
        .secondary = 0x2177fff00000000, .exit = 0x7fffff00036dfb, .entry = 0xffff000011fb, .misc = 0x600401e0,         \
        .cr0_fixed0 = 0x80000021, .cr0_fixed1 = 0xffffffff, .cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x3727ff,              \
        .ept_vpid = 0xf0106334141                                                                                      \
    }

static const struct recorded {
    const char *name;
    int error;
    const char *missing; /* when there is no error: for nested paging; NULL: it will do */
    struct vmx_capabilities capabilities;
} recorded[] = {
    {"corei7_skylake_x", 0, NULL, SKYLAKE_X},
    {"corei7_icelake_u", 0, NULL,
     {.basic = 0xd8100000000004, .pin = 0x7f00000016, .primary = 0xfff9fffe04006172, .secondary = 0x2977fff00000000,
      .exit = 0x7fffff00036dfb, .entry = 0xffff000011fb, .misc = 0x600401e0, .cr0_fixed0 = 0x80000021,
      .cr0_fixed1 = 0xffffffff, .cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x772fff, .ept_vpid = 0xf0106334141}},
    {"broadwell_ult", 0, NULL,
     {.basic = 0xd810000000002b, .pin = 0x7f00000016, .primary = 0xf7f9fffe04006172, .secondary = 0x57fff00000000,
      .exit = 0x7fffff00036dfb, .entry = 0xffff000011fb, .misc = 0x200401e0, .cr0_fixed0 = 0x80000021,
      .cr0_fixed1 = 0xffffffff, .cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x3727ff, .ept_vpid = 0xf0106334141}},
    {"corei5_arrandale_m520", 0, NULL,
     {.basic = 0xd810000000002b, .pin = 0x7f00000016, .primary = 0xf7f9fffe04006172, .secondary = 0xff00000000,
      .exit = 0x7fffff00036dfb, .entry = 0xffff000011fb, .misc = 0x401e0, .cr0_fixed0 = 0x80000021,
      .cr0_fixed1 = 0xffffffff, .cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x67ff, .ept_vpid = 0xf0106114141}},
    {"corei5_lynnfield_750", 0, "unrestricted guest",
     {.basic = 0xd810000000002b, .pin = 0x7f00000016, .primary = 0xf7f9fffe04006172, .secondary = 0x7f00000000,
      .exit = 0x7fffff00036dfb, .entry = 0xffff000011fb, .misc = 0x401e0, .cr0_fixed0 = 0x80000021,
      .cr0_fixed1 = 0xffffffff, .cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x67ff, .ept_vpid = 0xf0106114141}},
    {"core2_penryn_t9600", -ENODEV, "saving of PAT",
     {.basic = 0xd810000000002b, .pin = 0x3f00000016, .primary = 0xf7f9fffe04006172, .secondary = 0x4100000000,
      .exit = 0x3ffff00036dfb, .entry = 0x3fff000011fb, .misc = 0x401e0, .cr0_fixed0 = 0x80000021,
      .cr0_fixed1 = 0xffffffff, .cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x467ff}},
};
#define RECORDED (sizeof(recorded) / sizeof(recorded[0]))

static struct vmx_capabilities capabilities;
static struct vmx_controls controls;
static const char *missing;

static void set_up(void) { capabilities = recorded[0].capabilities; }

static bool agrees(uint32_t word, uint64_t capability)
{
    return (word & (uint32_t)capability) == (uint32_t)capability && !(word & ~(uint32_t)(capability >> 32));
}

START_TEST(test_recorded)
{
    for (unsigned i = 0; i < RECORDED; i++) {
        const struct vmx_capabilities *c = &recorded[i].capabilities;
        ck_assert_int_eq(vmx_negotiate(c, &controls, &missing), recorded[i].error);
        ck_assert_pstr_eq(missing, recorded[i].missing);
        if (recorded[i].error)
            continue;
        ck_assert_int_eq(controls.has_nested, !missing);
        ck_assert_msg(agrees(controls.pin, c->pin) && agrees(controls.primary, c->primary) &&
                          agrees(controls.secondary, c->secondary) && agrees(controls.exit, c->exit) &&
                          agrees(controls.entry, c->entry),
                      "%s", recorded[i].name);
        ck_assert(controls.has_vpid && controls.has_timer);
    }
}
END_TEST

START_TEST(test_words)
{
    ck_assert_int_eq(vmx_negotiate(&capabilities, &controls, &missing), 0);
    ck_assert_uint_eq(controls.pin, 0x16 | 0x69);
    ck_assert_uint_eq(controls.primary, 0x04006172 | 0xb2200c88);
    ck_assert_uint_eq(controls.secondary, 0x10ea);
    ck_assert_uint_eq(controls.exit, 0x00036dfb | 0x007c8204);
    ck_assert_uint_eq(controls.entry, 0x000011fb | 0x0000c004);
    ck_assert_uint_eq(controls.timer, 10000000); /* one unit is one TSC tick */
    capabilities.misc |= 5;
    ck_assert_int_eq(vmx_negotiate(&capabilities, &controls, &missing), 0);
    ck_assert_uint_eq(controls.timer, 10000000 / 32);
}
END_TEST

/* Takes one control away at a time: it is named. */
START_TEST(test_each_missing_control)
{
    static const struct {
        size_t word;
        uint32_t bit;
        const char *name;
    } rows[] = {
#define WORD(word) offsetof(struct vmx_capabilities, word)
        {WORD(pin), 1u << 0, "external-interrupt exiting"},
        {WORD(pin), 1u << 3, "NMI exiting"},
        {WORD(primary), 1u << 31, "secondary controls"},
        {WORD(primary), 1u << 3, "TSC offsetting"},
        {WORD(primary), 1u << 7, "HLT exiting"},
        {WORD(primary), 1u << 10, "MWAIT exiting"},
        {WORD(primary), 1u << 29, "MONITOR exiting"},
        {WORD(primary), 1u << 11, "RDPMC exiting"},
        {WORD(primary), 1u << 21, "TPR shadow"},
        {WORD(primary), 1u << 25, "I/O bitmaps"},
        {WORD(primary), 1u << 28, "MSR bitmaps"},
        {WORD(exit), 1u << 2, "saving of debug controls"},
        {WORD(exit), 1u << 9, "64-bit host"},
        {WORD(exit), 1u << 15, "acknowledge interrupt on exit"},
        {WORD(exit), 1u << 18, "saving of PAT"},
        {WORD(exit), 1u << 19, "loading of PAT at exit"},
        {WORD(exit), 1u << 20, "saving of EFER"},
        {WORD(exit), 1u << 21, "loading of EFER at exit"},
        {WORD(entry), 1u << 2, "loading of debug controls"},
        {WORD(entry), 1u << 14, "loading of PAT at entry"},
        {WORD(entry), 1u << 15, "loading of EFER at entry"},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_up();
        *(uint64_t *)((char *)&capabilities + rows[i].word) &= ~((uint64_t)rows[i].bit << 32);
        ck_assert_int_eq(vmx_negotiate(&capabilities, &controls, &missing), -ENODEV);
        ck_assert_str_eq(missing, rows[i].name);
    }
}
END_TEST

/* Without the TRUE capability MSRs bits 15 and 16 of the primary controls must be 1: every CR3 load would exit.
 * Appendix A.3.2 of the manual. */
START_TEST(test_forced_controls)
{
    capabilities.primary |= 0x0401e172;
    ck_assert_int_eq(vmx_negotiate(&capabilities, &controls, &missing), 0);
    ck_assert(!controls.has_nested);
    ck_assert_str_eq(missing, "CR3 loads without exit");
}
END_TEST

/* Takes one control's being off away at a time: no guest runs, none on tables of its own, or none on nested ones. */
START_TEST(test_each_forced_control)
{
    enum { NO_GUEST, NO_OWN_TABLES, NO_NESTED };
    static const struct {
        size_t word;
        uint32_t bit;
        unsigned without;
        const char *name;
    } rows[] = {
        {WORD(primary), VMX_PRIMARY_CR8_LOAD, NO_GUEST, "CR8 loads without exit"},
        {WORD(primary), VMX_PRIMARY_CR8_STORE, NO_GUEST, "CR8 reads without exit"},
        {WORD(primary), VMX_PRIMARY_RDTSC, NO_GUEST, "RDTSC without exit"},
        {WORD(primary), VMX_PRIMARY_MOV_DR, NO_GUEST, "MOV DR without exit"},
        {WORD(entry), VMX_ENTRY_GUEST_64, NO_GUEST, "entry to a guest outside of IA-32e mode"},
        {WORD(primary), VMX_PRIMARY_CR3_STORE, NO_OWN_TABLES, "CR3 reads without exit"},
        {WORD(primary), VMX_PRIMARY_INVLPG, NO_OWN_TABLES, "INVLPG without exit"},
        {WORD(primary), VMX_PRIMARY_CR3_LOAD, NO_NESTED, "CR3 loads without exit"},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_up();
        *(uint64_t *)((char *)&capabilities + rows[i].word) |= rows[i].bit;
        ck_assert_int_eq(vmx_negotiate(&capabilities, &controls, &missing), rows[i].without == NO_GUEST ? -ENODEV : 0);
        ck_assert_str_eq(missing, rows[i].name);
        if (rows[i].without == NO_GUEST)
            continue;
        ck_assert(!controls.has_nested);
        ck_assert_pstr_eq(controls.direct_lacks, rows[i].without == NO_OWN_TABLES ? rows[i].name : NULL);
    }
}
END_TEST

START_TEST(test_without_nested_paging)
{
    capabilities.secondary &= ~((uint64_t)VMX_SECONDARY_UNRESTRICTED_GUEST << 32);
    ck_assert_int_eq(vmx_negotiate(&capabilities, &controls, &missing), 0);
    ck_assert(!controls.has_nested);
    ck_assert_str_eq(missing, "unrestricted guest");
    capabilities.secondary &= ~((uint64_t)VMX_SECONDARY_EPT << 32);
    ck_assert_int_eq(vmx_negotiate(&capabilities, &controls, &missing), 0);
    ck_assert(!controls.has_nested);
    ck_assert_str_eq(missing, "extended page tables (EPT)");
}
END_TEST

START_TEST(test_optional_controls)
{
    capabilities.secondary &= ~((uint64_t)VMX_SECONDARY_VPID << 32);
    capabilities.pin &= ~((uint64_t)(VMX_PIN_PREEMPTION_TIMER | VMX_PIN_VIRTUAL_NMIS) << 32);
    capabilities.secondary &= ~((uint64_t)(VMX_SECONDARY_RDTSCP | VMX_SECONDARY_INVPCID) << 32);
    ck_assert_int_eq(vmx_negotiate(&capabilities, &controls, &missing), 0);
    ck_assert(!controls.has_vpid && !controls.has_timer && !controls.has_nmi_window);
    ck_assert_uint_eq(controls.secondary, 0xc2);
    ck_assert(!(controls.exit & VMX_EXIT_SAVE_TIMER)); /* there is none to save */

    /* Virtual NMIs without the window would never tell. */
    set_up();
    ck_assert_int_eq(vmx_negotiate(&capabilities, &controls, &missing), 0);
    ck_assert(controls.has_nmi_window);
    capabilities.primary &= ~((uint64_t)VMX_PRIMARY_NMI_WINDOW << 32);
    ck_assert_int_eq(vmx_negotiate(&capabilities, &controls, &missing), 0);
    ck_assert(!controls.has_nmi_window);

    /* VPID without INVVPID cannot be used. */
    set_up();
    capabilities.ept_vpid &= ~(1ul << 32);
    ck_assert_int_eq(vmx_negotiate(&capabilities, &controls, &missing), 0);
    ck_assert(!controls.has_vpid);
    ck_assert(!(controls.secondary & VMX_SECONDARY_VPID));
}
END_TEST

START_TEST(test_ept_abilities)
{
    static const struct {
        uint64_t bits;
        const char *missing;
    } rows[] = {
        {1ul << 6, "extended page tables of four levels"},
        {1ul << 14 | 1ul << 8, "a memory type for extended page tables"},
        {1ul << 16, "extended page tables with 2 MiB pages"},
        {1ul << 20, "INVEPT"},
        {1ul << 25 | 1ul << 26, "INVEPT"},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_up();
        capabilities.ept_vpid &= ~rows[i].bits;
        ck_assert_int_eq(vmx_negotiate(&capabilities, &controls, &missing), 0);
        ck_assert(!controls.has_nested);
        ck_assert_str_eq(missing, rows[i].missing);
    }
    set_up();
    capabilities.ept_vpid &= ~(1ul << 25 | 1ul << 41);
    ck_assert_int_eq(vmx_negotiate(&capabilities, &controls, &missing), 0);
    ck_assert(!controls.has_invept_one && !controls.has_invvpid_one);
}
END_TEST

START_TEST(test_feature_control)
{
    uint64_t value;
    ck_assert_int_eq(vmx_feature_control(5, &value), 0); /* locked on */
    ck_assert_uint_eq(value, 5);
    ck_assert_int_eq(vmx_feature_control(1, &value), -ENODEV); /* locked off */
    ck_assert_int_eq(vmx_feature_control(3, &value), -ENODEV); /* only inside SMX */
    ck_assert_int_eq(vmx_feature_control(0, &value), 0);       /* left to us */
    ck_assert_uint_eq(value, 5);
    ck_assert_int_eq(vmx_feature_control(0x20000, &value), 0); /* other bits stay */
    ck_assert_uint_eq(value, 0x20005);
}
END_TEST

START_TEST(test_bitmaps)
{
    static uint8_t map[VMX_MSR_BITMAP_BYTES], ports[VMX_IO_BITMAP_BYTES];
    static const uint32_t allowed[] = {0x174,      0x175,      0x176,      0xc0000081, 0xc0000082, 0xc0000083,
                                       0xc0000084, 0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103};
    unsigned clear = 0;
    vmx_bitmaps_fill_msrs(map);
    for (unsigned i = 0; i < sizeof(map) * 8; i++)
        clear += !(map[i / 8] >> i % 8 & 1);
    ck_assert_uint_eq(clear, 2 * 11);
    for (unsigned i = 0; i < 11; i++)
        for (int is_write = 0; is_write < 2; is_write++)
            ck_assert(!vmx_bitmaps_msr_traps(map, allowed[i], is_write));
    ck_assert(!(map[0x174 / 8] >> 4 & 1) && !(map[0x800 + 0x174 / 8] >> 4 & 1));   /* low range: reads, writes */
    ck_assert(!(map[0x400 + 0x81 / 8] >> 1 & 1) && !(map[0xc00 + 0x81 / 8] >> 1 & 1)); /* high range */
    ck_assert(vmx_bitmaps_msr_traps(map, X86_MSR_EFER, true));
    ck_assert(vmx_bitmaps_msr_traps(map, X86_MSR_APIC_BASE, false));
    ck_assert(vmx_bitmaps_msr_traps(map, 0x80000000, false));
    ck_assert(vmx_bitmaps_msr_traps(map, 0xc0002000, true));
    vmx_bitmaps_fill_ports(ports);
    for (unsigned i = 0; i < sizeof(ports); i++)
        ck_assert_uint_eq(ports[i], 0xff);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmx_setup");
    TCase *tests = tcase_create("capabilities");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, test_recorded);
    tcase_add_test(tests, test_words);
    tcase_add_test(tests, test_each_missing_control);
    tcase_add_test(tests, test_forced_controls);
    tcase_add_test(tests, test_each_forced_control);
    tcase_add_test(tests, test_without_nested_paging);
    tcase_add_test(tests, test_optional_controls);
    tcase_add_test(tests, test_ept_abilities);
    tcase_add_test(tests, test_feature_control);
    tcase_add_test(tests, test_bitmaps);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
