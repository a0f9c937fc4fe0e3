/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Negotiation of VT-x controls against the capability MSRs of several CPUs: recorded on Bochs 2.7's models (log=debug
 * prints them), and sets made from the manual that lack one thing each. And the bitmaps, and why an entry is refused.
 */
#include "cpu/vmx/vmcs.h"
#include "cpu/vmx/vmx_bitmaps.h"
#include "cpu/vmx/vmx_check.h"
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

static struct vmx_guest_state state;

static void make_state(void)
{
    memset(&state, 0, sizeof(state));
    registers_protected_flat(&state.registers, 0x100000);
    state.registers.cr0 |= X86_CR0_NE;
    state.registers.cr4 |= X86_CR4_VMXE;
    state.link_pointer = UINT64_MAX;
    state.physical_bits = 40;
    state.is_unrestricted = true;
    capabilities = recorded[0].capabilities;
    state.capabilities = &capabilities;
}

static void make_long(void)
{
    make_state();
    state.registers.cr0 |= X86_CR0_PG;
    state.registers.cr4 |= X86_CR4_PAE;
    state.registers.efer = X86_EFER_LME | X86_EFER_LMA;
    state.entry_controls = VMX_ENTRY_GUEST_64;
    state.registers.segments[SEGMENT_CS].attributes = 0xa9b;
    state.registers.rip = 0xffffffff81000000;
}

START_TEST(test_good_states)
{
    make_state();
    ck_assert_ptr_null(vmx_check_guest_state(&state));
    registers_reset(&state.registers); /* caching stays on; see vmx_registers.c */
    state.registers.cr0 = X86_CR0_ET | X86_CR0_NE;
    state.registers.cr4 = X86_CR4_VMXE;
    ck_assert_ptr_null(vmx_check_guest_state(&state));
    make_long();
    ck_assert_ptr_null(vmx_check_guest_state(&state));
    for (unsigned i = 0; i < SEGMENT_COUNT; i++)
        if (i != SEGMENT_CS)
            state.registers.segments[i] = (struct register_segment){0}; /* unusable */
    state.registers.ldtr = (struct register_segment){0};
    ck_assert_ptr_null(vmx_check_guest_state(&state));
}
END_TEST

#define REFUSED_IN(make, change, word)                                                                                 \
    do {                                                                                                               \
        make();                                                                                                        \
        change;                                                                                                        \
        const char *why = vmx_check_guest_state(&state);                                                               \
        ck_assert_msg(why != NULL, "%s", #change);                                                                     \
        ck_assert_msg(strstr(why, word) != NULL, "%s: %s", #change, why);                                              \
    } while (0)
#define REFUSED(change, word) REFUSED_IN(make_long, change, word)

START_TEST(test_bad_states)
{
    struct registers *r = &state.registers;
    REFUSED(r->cr0 &= ~X86_CR0_NE, "CR0");
    REFUSED(r->cr0 &= ~X86_CR0_PE, "CR0.PG");
    REFUSED(r->cr4 &= ~X86_CR4_VMXE, "CR4");
    REFUSED(r->cr4 |= X86_CR4_CET, "CR4");
    REFUSED(r->cr4 &= ~X86_CR4_PAE, "IA-32e");
    REFUSED(r->cr3 = 1ul << 40, "CR3");
    REFUSED(r->dr7 |= 1ul << 32, "DR7");
    REFUSED(r->pat = 2, "PAT");
    REFUSED(r->efer |= X86_EFER_SVME, "reserved");
    REFUSED(r->efer &= ~X86_EFER_LMA, "EFER.LMA");
    REFUSED(r->efer &= ~X86_EFER_LME, "EFER.LMA");
    REFUSED(r->segments[SEGMENT_FS].base = 1ul << 47, "base");
    REFUSED(r->segments[SEGMENT_DS].base = 1ul << 32, "base");
    REFUSED(r->segments[SEGMENT_CS].attributes |= REGISTER_SEGMENT_BIG, "CS");
    REFUSED(r->segments[SEGMENT_CS].attributes &= (uint16_t)~1u, "CS"); /* not accessed */
    REFUSED(r->segments[SEGMENT_CS].limit = 0xffff0000, "CS");
    REFUSED(r->segments[SEGMENT_SS].attributes = 0xc99, "SS");
    REFUSED(r->segments[SEGMENT_DS].attributes &= (uint16_t)~1u, "DS");
    REFUSED(r->segments[SEGMENT_GS].attributes = 0xc99, "GS");
    REFUSED(r->tr.attributes = 0x89, "TR");
    REFUSED(r->tr.attributes = 0x83, "TR");
    REFUSED(r->ldtr.attributes = 0x8b, "LDTR");
    REFUSED(r->gdt.limit = 0x10000, "GDTR");
    REFUSED(r->idt.base = 1ul << 63, "IDTR");
    REFUSED(r->rip = 1ul << 47, "RIP");
    REFUSED(r->rflags = 0, "RFLAGS");
    REFUSED(r->rflags |= 8, "RFLAGS");
    REFUSED(state.interruption = 0x80000020, "RFLAGS.IF");
    REFUSED(state.activity = 4, "activity");
    REFUSED(state.interruptibility = 1, "STI");
    REFUSED(state.interruptibility = 3, "STI");
    REFUSED((state.interruption = 0x80000202, state.interruptibility = 8), "NMI");
    REFUSED((state.interruptibility = 2, r->rflags |= X86_FLAGS_TF), "single step");
    REFUSED(state.link_pointer = 0, "link pointer");
    /* Without unrestricted guest there is no entry without paging. */
    REFUSED_IN(make_state, state.is_unrestricted = false, "CR0");
    /* PCIDE and a wide RIP belong to IA-32e mode. */
    REFUSED_IN(make_state, r->cr4 |= X86_CR4_PCIDE, "PCIDE");
    REFUSED_IN(make_state, r->rip = 1ul << 32, "RIP");
}
END_TEST

/* The other parts of the checks that have several. */
START_TEST(test_bad_segments)
{
    struct registers *r = &state.registers;
    REFUSED(r->segments[SEGMENT_CS].base = 1ul << 32, "base");
    REFUSED(r->segments[SEGMENT_SS].base = 1ul << 32, "base");
    REFUSED(r->segments[SEGMENT_ES].base = 1ul << 32, "base");
    REFUSED(r->segments[SEGMENT_GS].base = 1ul << 63, "base");
    REFUSED(r->tr.base = 1ul << 63, "base");
    REFUSED(r->ldtr = ((struct register_segment){.attributes = 0x82, .base = 1ul << 63}), "base");
    REFUSED(r->segments[SEGMENT_CS].attributes &= (uint16_t)~REGISTER_SEGMENT_PRESENT, "CS");
    REFUSED(r->segments[SEGMENT_CS].attributes &= (uint16_t)~0x10u, "CS"); /* of the system's */
    REFUSED(r->segments[SEGMENT_CS].attributes |= 3 << 5, "CS");           /* another privilege than SS */
    REFUSED(r->segments[SEGMENT_CS].attributes = 0xabf | 3 << 5, "CS");    /* conforming, and above it */
    REFUSED((state.is_unrestricted = false, r->segments[SEGMENT_CS].attributes = 0xc93), "CS");
    REFUSED((r->segments[SEGMENT_CS].attributes = 0xc93, r->segments[SEGMENT_SS].attributes |= 3 << 5), "SS");
    REFUSED(r->segments[SEGMENT_SS].attributes &= (uint16_t)~0x10u, "SS");
    REFUSED(r->segments[SEGMENT_SS].limit = 0xffff0000, "SS");
    REFUSED(r->segments[SEGMENT_ES].attributes &= (uint16_t)~0x10u, "ES");
    REFUSED((r->segments[SEGMENT_FS].limit = 0x100000, r->segments[SEGMENT_FS].attributes = 0x093), "FS");
    REFUSED(r->tr.attributes &= (uint16_t)~REGISTER_SEGMENT_PRESENT, "TR");
    REFUSED(r->tr.attributes |= 0x10, "TR");
    REFUSED(r->tr.selector = 4, "TR");
    REFUSED(r->tr.limit = 0x100000, "TR");
    REFUSED(r->ldtr = ((struct register_segment){.attributes = 0x82, .selector = 4}), "LDTR");
    REFUSED(r->ldtr = ((struct register_segment){.attributes = 0x82, .limit = 0x100000}), "LDTR");
    REFUSED(r->gdt.base = 1ul << 47, "GDTR");
    REFUSED(r->idt.limit = 0x10000, "IDTR");
}
END_TEST

START_TEST(test_bad_blocking)
{
    struct registers *r = &state.registers;
    REFUSED(state.interruptibility = 1u << 5, "blocking");
    REFUSED((r->rflags |= X86_FLAGS_IF, state.interruption = 0x80000020, state.interruptibility = 2), "blocking");
    REFUSED((r->rflags |= X86_FLAGS_IF, state.interruption = 0x80000020, state.interruptibility = 1), "blocking");
    REFUSED((state.interruption = 0x80000202, state.interruptibility = 2), "blocking");
    REFUSED((state.interruptibility = 2, state.pending_debug = VMX_PENDING_DEBUG_STEP), "single step");
}
END_TEST

static void make_virtual_8086(void)
{
    make_state();
    state.registers.rflags |= X86_FLAGS_VM;
    for (unsigned i = 0; i < SEGMENT_COUNT; i++)
        state.registers.segments[i] =
            (struct register_segment){.selector = 0x1234, .attributes = 0xf3, .limit = 0xffff, .base = 0x12340};
}

static void make_pae(void)
{
    make_state();
    state.registers.cr0 |= X86_CR0_PG;
    state.registers.cr4 |= X86_CR4_PAE;
}

START_TEST(test_pae)
{
    make_pae();
    state.pdptes[1] = 0x1e6; /* not present */
    state.pdptes[3] = 0x2000 | X86_PTE_P;
    ck_assert_ptr_null(vmx_check_guest_state(&state));
    REFUSED_IN(make_pae, state.pdptes[2] = 0x2000 | X86_PTE_P | X86_PTE_W, "PDPTE");
    REFUSED_IN(make_pae, state.pdptes[0] = 1ul << 51 | X86_PTE_P, "PDPTE");
    make_long();
    state.pdptes[2] = 0x2000 | X86_PTE_P | X86_PTE_W;
    ck_assert_ptr_null(vmx_check_guest_state(&state));
}
END_TEST

START_TEST(test_virtual_8086)
{
    struct registers *r = &state.registers;
    make_virtual_8086();
    ck_assert_ptr_null(vmx_check_guest_state(&state));
    REFUSED_IN(make_virtual_8086, r->segments[SEGMENT_GS].base = 0x12350, "virtual-8086");
    REFUSED_IN(make_virtual_8086, r->segments[SEGMENT_CS].limit = 0xfffff, "virtual-8086");
    REFUSED_IN(make_virtual_8086, r->segments[SEGMENT_SS].attributes = 0x93, "virtual-8086");
    REFUSED_IN(make_virtual_8086, r->cr0 &= ~X86_CR0_PE, "RFLAGS.VM");
    REFUSED_IN(make_virtual_8086,
               (r->cr0 |= X86_CR0_PG, r->cr4 |= X86_CR4_PAE, r->efer = X86_EFER_LME | X86_EFER_LMA,
                state.entry_controls = VMX_ENTRY_GUEST_64),
               "RFLAGS.VM");
}
END_TEST

START_TEST(test_instruction_errors)
{
    ck_assert_str_eq(vmx_instruction_error_name(7), "VM entry with invalid control fields");
    ck_assert_str_eq(vmx_instruction_error_name(5), "VMRESUME with non-launched VMCS");
    ck_assert_str_eq(vmx_instruction_error_name(0), "unknown error");
    ck_assert_str_eq(vmx_instruction_error_name(14), "unknown error");
    ck_assert_str_eq(vmx_instruction_error_name(UINT32_MAX), "unknown error");
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
    tcase_add_test(tests, test_good_states);
    tcase_add_test(tests, test_bad_states);
    tcase_add_test(tests, test_bad_segments);
    tcase_add_test(tests, test_bad_blocking);
    tcase_add_test(tests, test_pae);
    tcase_add_test(tests, test_virtual_8086);
    tcase_add_test(tests, test_instruction_errors);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
