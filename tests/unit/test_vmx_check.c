/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why an entry is refused: states of a guest that VT-x takes, and each with one thing wrong (Intel SDM volume 3,
 * "Checks on the Guest State Area").
 */
#include "cpu/vmx/vmcs.h"
#include "cpu/vmx/vmx_check.h"
#include "suite.h"
#include <coopvirt/x86.h>
#include <string.h>

/* Of Bochs' corei7_skylake_x, as far as entries are checked against it. */
static const struct vmx_capabilities capabilities = {
    .cr0_fixed0 = 0x80000021, .cr0_fixed1 = 0xffffffff, .cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x3727ff};
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
    Suite *suite = suite_create("vmx_check");
    TCase *tests = tcase_create("states");
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
