/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw exits of AMD-V, as QEMU and Bochs left them in the control block, and what they must become.
 */
#include "cpu/svm/svm_decode.h"
#include "suite.h"
#include <string.h>

static struct vmcb vmcb;
static struct vm_exit out;

static void set_up(void)
{
    memset(&vmcb, 0, sizeof(vmcb));
    memset(&out, 0xa5, sizeof(out));
    vmcb.save.rip = 0x100000;
    vmcb.save.cr3 = 0x5000;
}

static void decode(uint64_t code, uint64_t info1, uint64_t info2)
{
    vmcb.control.exit_code = code;
    vmcb.control.exit_info1 = info1;
    vmcb.control.exit_info2 = info2;
    svm_exit_decode(&vmcb, 0, &out);
}

START_TEST(test_reasons)
{
    static const struct {
        uint64_t code;
        enum vm_exit_reason reason;
    } rows[] = {
        {0x60, VM_EXIT_EXTERNAL_INTERRUPT}, {0x61, VM_EXIT_NMI},          {0x62, VM_EXIT_OTHER},
        {0x63, VM_EXIT_INIT},               {0x64, VM_EXIT_INTERRUPT_WINDOW}, {0x6f, VM_EXIT_RDPMC},
        {0x72, VM_EXIT_CPUID},              {0x74, VM_EXIT_INTERRUPT_WINDOW}, {0x76, VM_EXIT_INVD},
        {0x78, VM_EXIT_HLT},
        {0x79, VM_EXIT_INVLPG},             {0x7a, VM_EXIT_VIRTUALIZATION_INSTRUCTION},
        {0x7d, VM_EXIT_TASK_SWITCH},        {0x7f, VM_EXIT_TRIPLE_FAULT}, {0x80, VM_EXIT_VIRTUALIZATION_INSTRUCTION},
        {0x81, VM_EXIT_HYPERCALL},          {0x86, VM_EXIT_VIRTUALIZATION_INSTRUCTION},
        {0x89, VM_EXIT_WBINVD},             {0x8a, VM_EXIT_MONITOR},      {0x8b, VM_EXIT_MWAIT},
        {0x8d, VM_EXIT_XSETBV},             {0x8f, VM_EXIT_OTHER},        {0x401, VM_EXIT_OTHER},
        {0xffffffff, VM_EXIT_ENTRY_FAILED}, {UINT64_MAX, VM_EXIT_ENTRY_FAILED}, /* QEMU's and the manual's */
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        decode(rows[i].code, 0, 0);
        ck_assert_msg(out.reason == rows[i].reason, "code %lx became %u", rows[i].code, out.reason);
        ck_assert_uint_eq(out.rip, 0x100000);
        ck_assert_uint_eq(out.root, 0x5000);
        ck_assert_uint_eq(out.next_rip, rows[i].reason == VM_EXIT_HYPERCALL ? 0x100003 : 0);
        ck_assert_uint_eq(out.interrupted.kind, VM_EVENT_NONE);
    }
}
END_TEST

/* The short way of a hypercall says the same as the long one. */
START_TEST(test_hypercall)
{
    decode(0x81, 0, 0);
    ck_assert(svm_exit_is_hypercall(&vmcb));
    struct vm_exit quick = {.is_long_code = out.is_long_code, .root = out.root};
    svm_exit_decode_hypercall(&vmcb, &quick);
    ck_assert_uint_eq(quick.reason, out.reason);
    ck_assert_uint_eq(quick.cpl, out.cpl);
    ck_assert_uint_eq(quick.task_priority, out.task_priority);
    ck_assert_uint_eq(quick.rip, out.rip);
    ck_assert_uint_eq(quick.next_rip, out.next_rip);
    ck_assert_uint_eq(quick.interrupted.kind, VM_EVENT_NONE);
    vmcb.control.exit_interrupt_info = 0x80000000;
    ck_assert(!svm_exit_is_hypercall(&vmcb));
    vmcb.control.exit_interrupt_info = 0x0e;
    ck_assert(svm_exit_is_hypercall(&vmcb));
    decode(0x72, 0, 0);
    ck_assert(!svm_exit_is_hypercall(&vmcb));
}
END_TEST

START_TEST(test_every_code_is_in_range)
{
    for (uint64_t code = 0; code < 0x500; code++) {
        decode(code, 0, 0);
        ck_assert_uint_lt(out.reason, VM_EXIT_REASONS);
    }
}
END_TEST

START_TEST(test_common_fields)
{
    vmcb.save.cpl = 3;
    vmcb.save.cs.attributes = 0xa9b;
    vmcb.control.virtual_interrupt = VMCB_V_INTR_MASKING | 0x0b;
    vmcb.control.next_rip = 0x100003;
    decode(0x72, 0, 0);
    ck_assert_uint_eq(out.cpl, 3);
    ck_assert(out.is_long_code);
    ck_assert_uint_eq(out.task_priority, 11);
    ck_assert_uint_eq(out.next_rip, 0x100003);
    vmcb.save.cs.attributes = 0xc9b;
    decode(0x72, 0, 0);
    ck_assert(!out.is_long_code);
}
END_TEST

START_TEST(test_ports)
{
    decode(0x7b, 0x03f80010 | 0, 0x100001); /* OUT 3F8h, AL in QEMU */
    ck_assert_uint_eq(out.reason, VM_EXIT_PORT_IO);
    ck_assert_uint_eq(out.port.port, 0x3f8);
    ck_assert_uint_eq(out.port.bytes, 1);
    ck_assert(out.port.is_write && !out.port.is_string && !out.port.is_repeated);
    ck_assert_uint_eq(out.next_rip, 0x100001);
    decode(0x7b, 0x01f0022d, 0x100002); /* REP INSW 1F0h in Bochs, with its address size */
    ck_assert_uint_eq(out.port.port, 0x1f0);
    ck_assert_uint_eq(out.port.bytes, 2);
    ck_assert(!out.port.is_write && out.port.is_string && out.port.is_repeated);
    decode(0x7b, 0x0cb00040, 0x100001);
    ck_assert_uint_eq(out.port.port, 0xcb0);
    ck_assert_uint_eq(out.port.bytes, 4);
}
END_TEST

START_TEST(test_msrs)
{
    decode(0x7c, 0, 0);
    ck_assert_uint_eq(out.reason, VM_EXIT_MSR_READ);
    decode(0x7c, 1, 0);
    ck_assert_uint_eq(out.reason, VM_EXIT_MSR_WRITE);
}
END_TEST

START_TEST(test_nested_faults)
{
    decode(0x400, 0x100000006, 0xfee000b0); /* a write where nothing is mapped */
    ck_assert_uint_eq(out.reason, VM_EXIT_NESTED_FAULT);
    ck_assert_uint_eq(out.fault.address, 0xfee000b0);
    ck_assert(out.fault.is_write && !out.fault.is_present && !out.fault.is_fetch && !out.fault.is_table_walk);
    decode(0x400, 0x100000014, 0xb0000000); /* a fetch */
    ck_assert(out.fault.is_fetch && !out.fault.is_write);
    decode(0x400, 0x200000007, 0xe0000); /* the walk sets an accessed bit in read-only memory */
    ck_assert(out.fault.is_table_walk && out.fault.is_present && out.fault.is_write);
}
END_TEST

START_TEST(test_exceptions)
{
    decode(0x41, 0, 0);
    ck_assert_uint_eq(out.reason, VM_EXIT_EXCEPTION);
    ck_assert_uint_eq(out.exception.vector, 1);
    ck_assert(!out.exception.has_error_code);
    decode(0x51, 0, 0);
    ck_assert_uint_eq(out.exception.vector, 17);
    ck_assert(out.exception.has_error_code);
    decode(0x4e, 0x7, 0xdead000);
    ck_assert_uint_eq(out.reason, VM_EXIT_PAGE_FAULT);
    ck_assert_uint_eq(out.page_fault.error_code, 7);
    ck_assert_uint_eq(out.page_fault.linear, 0xdead000);
}
END_TEST

START_TEST(test_controls)
{
    decode(0x14, 0, 0);
    ck_assert_uint_eq(out.reason, VM_EXIT_CR_ACCESS);
    ck_assert(out.control.is_write);
    ck_assert_uint_eq(out.control.number, 4);
    decode(0x08, 0, 0);
    ck_assert(!out.control.is_write);
    ck_assert_uint_eq(out.control.number, 8);
    decode(0x65, 0, 0);
    ck_assert(out.control.is_write);
    ck_assert_uint_eq(out.control.number, 0);
    decode(0x37, 0, 0);
    ck_assert_uint_eq(out.reason, VM_EXIT_DR_ACCESS);
    ck_assert(out.control.is_write);
}
END_TEST

START_TEST(test_halt_shows_interrupt_flag)
{
    vmcb.save.rflags = 0x202;
    decode(0x78, 0, 0);
    ck_assert(out.has_interrupts);
    vmcb.save.rflags = 0x2;
    decode(0x78, 0, 0);
    ck_assert(!out.has_interrupts);
}
END_TEST

static void interrupted(uint64_t info, uint64_t injected)
{
    vmcb.control.exit_interrupt_info = info;
    vmcb.control.exit_code = 0x400;
    svm_exit_decode(&vmcb, injected, &out);
}

START_TEST(test_interrupted_delivery)
{
    interrupted(0x80000030, 0x80000030); /* our own interrupt */
    ck_assert_uint_eq(out.interrupted.kind, VM_EVENT_INTERRUPT);
    ck_assert_uint_eq(out.interrupted.vector, 0x30);
    interrupted(0x80000b0e | 5ul << 32, 0); /* a page fault of the guest's */
    ck_assert_uint_eq(out.interrupted.kind, VM_EVENT_EXCEPTION);
    ck_assert_uint_eq(out.interrupted.vector, 14);
    ck_assert(out.interrupted.has_error_code);
    ck_assert_uint_eq(out.interrupted.error_code, 5);
    interrupted(0x80000202, 0x80000202);
    ck_assert_uint_eq(out.interrupted.kind, VM_EVENT_NMI);
    interrupted(0x80000202, 0); /* Bochs: a stale type */
    ck_assert_uint_eq(out.interrupted.kind, VM_EVENT_NONE);
}
END_TEST

START_TEST(test_interrupted_delivery_that_repeats_itself)
{
    interrupted(0x00000030, 0x80000030); /* stale low bits: bit 31 is clear */
    ck_assert_uint_eq(out.interrupted.kind, VM_EVENT_NONE);
    interrupted(0x80000351, 0); /* QEMU: V_IRQ as an exception above 31 */
    ck_assert_uint_eq(out.interrupted.kind, VM_EVENT_NONE);
    interrupted(0x80000030, 0); /* an interrupt that nobody injected: Bochs' stale vector */
    ck_assert_uint_eq(out.interrupted.kind, VM_EVENT_NONE);
    interrupted(0x80000030, 0x80000031);
    ck_assert_uint_eq(out.interrupted.kind, VM_EVENT_NONE);
    interrupted(0x80000480, 0); /* INT n: RIP is still on it */
    ck_assert_uint_eq(out.interrupted.kind, VM_EVENT_NONE);
    interrupted(0x80000303, 0); /* INT3 likewise */
    ck_assert_uint_eq(out.interrupted.kind, VM_EVENT_NONE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exit_decode");
    TCase *tests = tcase_create("exit_decode");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, test_reasons);
    tcase_add_test(tests, test_hypercall);
    tcase_add_test(tests, test_every_code_is_in_range);
    tcase_add_test(tests, test_common_fields);
    tcase_add_test(tests, test_ports);
    tcase_add_test(tests, test_msrs);
    tcase_add_test(tests, test_nested_faults);
    tcase_add_test(tests, test_exceptions);
    tcase_add_test(tests, test_controls);
    tcase_add_test(tests, test_halt_shows_interrupt_flag);
    tcase_add_test(tests, test_interrupted_delivery);
    tcase_add_test(tests, test_interrupted_delivery_that_repeats_itself);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
