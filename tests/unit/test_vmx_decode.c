/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw exits of VT-x, as Bochs left them in the VMCS and as the manual describes them, and what they must become. What a
 * snapshot did not read holds garbage here, and must not show.
 */
#include "cpu/vmx/vmx_decode.h"
#include "suite.h"
#include <string.h>

static struct vmx_raw_exit raw;
static struct vm_exit out;

static void set_up(void)
{
    memset(&raw, 0xa5, sizeof(raw));
    memset(&out, 0x5a, sizeof(out));
    raw.rip = 0x100000;
    raw.length = 2;
    raw.task_priority = 3;
    raw.cpl = 0;
    raw.vectoring = 0;
    raw.interruption = 0;
    raw.qualification = 0;
}

static void decode(uint32_t reason)
{
    raw.reason = reason;
    vmx_exit_decode(&raw, &out);
}

START_TEST(test_reasons)
{
    static const struct {
        uint32_t code;
        enum vm_exit_reason reason;
        bool has_length;
    } rows[] = {
        {2, VM_EXIT_TRIPLE_FAULT, false},
        {3, VM_EXIT_INIT, false},
        {4, VM_EXIT_OTHER, false},
        {7, VM_EXIT_INTERRUPT_WINDOW, false},
        {8, VM_EXIT_INTERRUPT_WINDOW, false},
        {9, VM_EXIT_TASK_SWITCH, false},
        {10, VM_EXIT_CPUID, true},
        {11, VM_EXIT_VIRTUALIZATION_INSTRUCTION, true},
        {12, VM_EXIT_HLT, true},
        {13, VM_EXIT_INVD, true},
        {14, VM_EXIT_INVLPG, true},
        {15, VM_EXIT_RDPMC, true},
        {16, VM_EXIT_RDTSC, true},
        {17, VM_EXIT_OTHER, false},
        {18, VM_EXIT_HYPERCALL, true},
        {19, VM_EXIT_VIRTUALIZATION_INSTRUCTION, true},
        {27, VM_EXIT_VIRTUALIZATION_INSTRUCTION, true},
        {31, VM_EXIT_MSR_READ, true},
        {32, VM_EXIT_MSR_WRITE, true},
        {36, VM_EXIT_MWAIT, true},
        {39, VM_EXIT_MONITOR, true},
        {40, VM_EXIT_PAUSE, true},
        {43, VM_EXIT_INTERRUPT_WINDOW, false},
        {49, VM_EXIT_OTHER, false},
        {50, VM_EXIT_VIRTUALIZATION_INSTRUCTION, true},
        {51, VM_EXIT_RDTSC, true},
        {52, VM_EXIT_EXTERNAL_INTERRUPT, false},
        {53, VM_EXIT_VIRTUALIZATION_INSTRUCTION, true},
        {54, VM_EXIT_WBINVD, true},
        {55, VM_EXIT_XSETBV, true},
        {59, VM_EXIT_VIRTUALIZATION_INSTRUCTION, true},
        {63, VM_EXIT_OTHER, false},
        {64, VM_EXIT_OTHER, false},
        {0x80000021, VM_EXIT_ENTRY_FAILED, false},
        {0x80000022, VM_EXIT_ENTRY_FAILED, false},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        decode(rows[i].code);
        ck_assert_msg(out.reason == rows[i].reason, "reason %u became %u", rows[i].code, out.reason);
        ck_assert_uint_eq(out.rip, 0x100000);
        ck_assert_msg(out.next_rip == (rows[i].has_length ? 0x100002 : 0), "length of reason %u", rows[i].code);
        ck_assert_uint_eq(out.task_priority, 3);
        ck_assert_uint_eq(out.interrupted.kind, VM_EVENT_NONE);
    }
}
END_TEST

START_TEST(test_every_code_is_in_range)
{
    for (uint32_t code = 0; code < 0x100; code++) {
        decode(code);
        ck_assert_uint_lt(out.reason, VM_EXIT_REASONS);
        decode(code | 0x80000000);
        ck_assert_uint_eq(out.reason, VM_EXIT_ENTRY_FAILED);
    }
}
END_TEST

/* The short way that the hot exits take must say the same. */
START_TEST(test_plain_is_the_same)
{
    unsigned plain = 0;
    for (uint32_t code = 0; code < VMX_REASONS; code++) {
        if (!vmx_exit_is_plain(vmx_exit_needs(code)))
            continue;
        struct vm_exit quick = {0}, full = {0};
        raw.reason = code;
        vmx_exit_decode_plain(&raw, &quick);
        vmx_exit_decode(&raw, &full);
        ck_assert_mem_eq(&quick, &full, sizeof(quick));
        plain++;
    }
    ck_assert_uint_gt(plain, 15);
    ck_assert(vmx_exit_is_plain(vmx_exit_needs(VMX_REASON_CPUID)));
    ck_assert(vmx_exit_is_plain(vmx_exit_needs(VMX_REASON_VMCALL)));
    ck_assert(!vmx_exit_is_plain(vmx_exit_needs(VMX_REASON_HLT)));
    ck_assert(!vmx_exit_is_plain(vmx_exit_needs(VMX_REASON_INTERRUPT)));
}
END_TEST

START_TEST(test_hypercall_from_user_mode)
{
    raw.cpl = 3;
    raw.length = 3;
    decode(18);
    ck_assert_uint_eq(out.cpl, 3);
    ck_assert_uint_eq(out.next_rip, 0x100003);
}
END_TEST

/* The short way of a hypercall says the same as the long one. */
START_TEST(test_hypercall)
{
    struct vm_exit quick;
    raw.length = 3;
    decode(18);
    memset(&quick, 0x5a, sizeof(quick));
    vmx_exit_decode_hypercall(0x100000, 3, 0, &quick);
    ck_assert_uint_eq(quick.reason, out.reason);
    ck_assert_uint_eq(quick.cpl, out.cpl);
    ck_assert_uint_eq(quick.task_priority, out.task_priority);
    ck_assert_uint_eq(quick.rip, out.rip);
    ck_assert_uint_eq(quick.next_rip, out.next_rip);
    ck_assert_uint_eq(quick.interrupted.kind, out.interrupted.kind);
}
END_TEST

START_TEST(test_ports)
{
    static const struct {
        uint64_t qualification;
        struct vm_exit_port port;
    } rows[] = {
        {0x00f40000, {0xf4, 1, true, false, false}},   /* OUT 0xf4, AL */
        {0x03f80008, {0x3f8, 1, false, false, false}}, /* IN AL, DX */
        {0x0cf80003, {0xcf8, 4, true, false, false}},  /* OUT DX, EAX */
        {0x01f00039, {0x1f0, 2, false, true, true}},   /* REP INSW */
        {0x01f00031, {0x1f0, 2, true, true, true}},    /* REP OUTSW */
        {0xffff0040, {0xffff, 1, true, false, false}}, /* immediate operand */
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        raw.qualification = rows[i].qualification;
        decode(30);
        ck_assert_uint_eq(out.reason, VM_EXIT_PORT_IO);
        ck_assert_uint_eq(out.port.port, rows[i].port.port);
        ck_assert_uint_eq(out.port.bytes, rows[i].port.bytes);
        ck_assert_uint_eq(out.port.is_write, rows[i].port.is_write);
        ck_assert_uint_eq(out.port.is_string, rows[i].port.is_string);
        ck_assert_uint_eq(out.port.is_repeated, rows[i].port.is_repeated);
        ck_assert_uint_eq(out.next_rip, 0x100002);
    }
}
END_TEST

/* Qualifications that Bochs gave: a read and a write of what is not mapped, a write of what is read-only, a fetch, an
 * access by the walk of the guest's tables. */
START_TEST(test_violations)
{
    static const struct {
        uint64_t qualification;
        bool is_present, is_write, is_fetch, is_table_walk;
    } rows[] = {
        {0x181, false, false, false, false}, {0x182, false, true, false, false}, {0x18a, true, true, false, false},
        {0x19c, true, false, true, false},   {0x081, false, false, false, true},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        raw.qualification = rows[i].qualification;
        raw.guest_physical = 0xfee00020;
        decode(48);
        ck_assert_uint_eq(out.reason, VM_EXIT_NESTED_FAULT);
        ck_assert_uint_eq(out.fault.address, 0xfee00020);
        ck_assert_uint_eq(out.fault.is_present, rows[i].is_present);
        ck_assert_uint_eq(out.fault.is_write, rows[i].is_write);
        ck_assert_uint_eq(out.fault.is_fetch, rows[i].is_fetch);
        ck_assert_uint_eq(out.fault.is_table_walk, rows[i].is_table_walk);
        ck_assert_uint_eq(out.next_rip, 0); /* the length does not belong to a fault */
    }
}
END_TEST

START_TEST(test_exceptions)
{
    raw.interruption = 0x80000301; /* #DB */
    decode(0);
    ck_assert_uint_eq(out.reason, VM_EXIT_EXCEPTION);
    ck_assert_uint_eq(out.exception.vector, 1);
    ck_assert(!out.exception.has_error_code);
    ck_assert_uint_eq(out.exception.error_code, 0);

    raw.interruption = 0x80000b11; /* #AC */
    raw.interruption_error = 0;
    decode(0);
    ck_assert_uint_eq(out.reason, VM_EXIT_EXCEPTION);
    ck_assert_uint_eq(out.exception.vector, 17);
    ck_assert(out.exception.has_error_code);

    raw.interruption = 0x80000b0e;
    raw.interruption_error = 6;
    decode(0);
    raw.qualification = 0x7fff12345678;
    decode(0);
    ck_assert_uint_eq(out.reason, VM_EXIT_PAGE_FAULT);
    ck_assert_uint_eq(out.page_fault.linear, 0x7fff12345678);
    ck_assert_uint_eq(out.page_fault.error_code, 6);

    raw.interruption = 0x80000202;
    decode(0);
    ck_assert_uint_eq(out.reason, VM_EXIT_NMI);
}
END_TEST

START_TEST(test_interrupted_deliveries)
{
    static const struct {
        uint32_t vectoring;
        uint8_t kind;
        bool has_error;
    } rows[] = {
        {0x80000020, VM_EVENT_INTERRUPT, false}, {0x800000ff, VM_EVENT_INTERRUPT, false},
        {0x80000202, VM_EVENT_NMI, false},       {0x80000b0e, VM_EVENT_EXCEPTION, true},
        {0x80000306, VM_EVENT_EXCEPTION, false}, {0x80000480, VM_EVENT_NONE, false}, /* INT 0x80 is executed again */
        {0x80000603, VM_EVENT_NONE, false},      {0x80000501, VM_EVENT_NONE, false}, /* so are INT3 and INT1 */
        {0x00000b0e, VM_EVENT_NONE, false},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        raw.vectoring = rows[i].vectoring;
        raw.vectoring_error = 7;
        decode(48);
        ck_assert_msg(out.interrupted.kind == rows[i].kind, "vectoring %x", rows[i].vectoring);
        if (!rows[i].kind)
            continue;
        ck_assert_uint_eq(out.interrupted.vector, rows[i].vectoring & 0xff);
        ck_assert_uint_eq(out.interrupted.has_error_code, rows[i].has_error);
        ck_assert_uint_eq(out.interrupted.error_code, rows[i].has_error ? 7 : 0);
    }
    /* Reasons that cannot interrupt a delivery do not read the field. */
    raw.vectoring = 0x80000b0e;
    decode(12);
    ck_assert_uint_eq(out.interrupted.kind, VM_EVENT_NONE);
}
END_TEST

START_TEST(test_control_registers)
{
    static const struct {
        uint32_t reason;
        uint64_t qualification;
        struct vm_exit_control control;
    } rows[] = {
        {28, 0x000, {0, true}},  {28, 0x104, {4, true}},  {28, 0x713, {3, false}}, {28, 0x020, {0, true}},
        {28, 0x030, {0, true}},  {28, 0x008, {8, true}},  {29, 0x007, {7, true}},  {29, 0x016, {6, false}},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        raw.qualification = rows[i].qualification;
        raw.code = i % 2 ? 0xa09b : 0xc09b;
        decode(rows[i].reason);
        if (rows[i].reason == 28)
            ck_assert_uint_eq(out.is_long_code, i % 2);
        ck_assert_uint_eq(out.reason, rows[i].reason == 28 ? VM_EXIT_CR_ACCESS : VM_EXIT_DR_ACCESS);
        ck_assert_uint_eq(out.control.number, rows[i].control.number);
        ck_assert_uint_eq(out.control.is_write, rows[i].control.is_write);
    }
}
END_TEST

START_TEST(test_halt)
{
    raw.flags = 0x202;
    decode(12);
    ck_assert(out.has_interrupts);
    raw.flags = 0x46;
    decode(12);
    ck_assert(!out.has_interrupts);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmx_decode");
    TCase *tests = tcase_create("exits");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, test_reasons);
    tcase_add_test(tests, test_every_code_is_in_range);
    tcase_add_test(tests, test_plain_is_the_same);
    tcase_add_test(tests, test_hypercall_from_user_mode);
    tcase_add_test(tests, test_hypercall);
    tcase_add_test(tests, test_ports);
    tcase_add_test(tests, test_violations);
    tcase_add_test(tests, test_exceptions);
    tcase_add_test(tests, test_interrupted_deliveries);
    tcase_add_test(tests, test_control_registers);
    tcase_add_test(tests, test_halt);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
