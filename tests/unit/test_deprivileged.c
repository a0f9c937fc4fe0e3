/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel in ring 3 may have the CPU load, what it is shown, and what became of its exits.
 */
#include "cpu/deprivileged/deprivileged.h"
#include "cpu/deprivileged/deprivileged_decode.h"
#include "suite.h"
#include <coopvirt/x86.h>
#include <string.h>

#define LOWER_END  0x0000800000000000ul
#define UPPER      0xffff800000000000ul
#define HYPERVISOR 0xffff800000001000ul
#define KERNEL     0xffff880000001000ul

START_TEST(test_canonical)
{
    ck_assert(deprivileged_is_canonical(0));
    ck_assert(deprivileged_is_canonical(LOWER_END - 1));
    ck_assert(!deprivileged_is_canonical(LOWER_END)); /* behind a SYSCALL in the last two bytes of user space */
    ck_assert(!deprivileged_is_canonical(UPPER - 1));
    ck_assert(deprivileged_is_canonical(UPPER));
    ck_assert(deprivileged_is_canonical(UINT64_MAX));
}
END_TEST

START_TEST(test_flags)
{
    uint64_t all = deprivileged_flags(UINT64_MAX);
    ck_assert_uint_eq(all & (X86_FLAGS_IOPL | X86_FLAGS_VM | X86_FLAGS_VIF | X86_FLAGS_VIP), 0);
    ck_assert_uint_eq(all >> 22, 0);
    ck_assert_uint_eq(all & X86_FLAGS_TF, X86_FLAGS_TF);
    ck_assert_uint_eq(deprivileged_flags(0), X86_FLAGS_IF | X86_FLAGS_ONE);
}
END_TEST

START_TEST(test_frame_of_user)
{
    struct coop_frame frame;
    struct deprivileged_place place = {0x401000, X86_FLAGS_ONE | X86_FLAGS_IF | X86_FLAGS_ZF, 0x7ffff000, true}, back;
    bool is_masked;
    memset(&frame, 0xa5, sizeof(frame));
    deprivileged_frame_fill(&frame, &place, false);
    ck_assert_uint_eq(frame.cs, COOP_SELECTOR_USER_CODE);
    ck_assert_uint_eq(frame.ss, COOP_SELECTOR_USER_DATA);
    ck_assert_uint_eq(frame.rflags, place.rflags);
    ck_assert(deprivileged_frame_read(&frame, &back, &is_masked));
    ck_assert(back.is_user && !is_masked);
    ck_assert_uint_eq(back.rip, place.rip);
    ck_assert_uint_eq(back.rsp, place.rsp);
    ck_assert_uint_eq(back.rflags, place.rflags);
}
END_TEST

/* Its RFLAGS.IF is the inverse of upcalls_masked, while the CPU's stays 1. */
START_TEST(test_frame_of_masked_kernel)
{
    struct coop_frame frame;
    struct deprivileged_place place = {KERNEL, X86_FLAGS_ONE | X86_FLAGS_IF, KERNEL, false}, back;
    bool is_masked;
    deprivileged_frame_fill(&frame, &place, true);
    ck_assert_uint_eq(frame.cs, COOP_SELECTOR_KERNEL_CODE);
    ck_assert_uint_eq(frame.rflags & X86_FLAGS_IF, 0);
    ck_assert(deprivileged_frame_read(&frame, &back, &is_masked));
    ck_assert(!back.is_user && is_masked);
    ck_assert_uint_eq(back.rflags & X86_FLAGS_IF, X86_FLAGS_IF);
}
END_TEST

/* Whatever the selectors say beside their RPL, those of ring 3 are loaded; an RIP that would fault in ring 0 is not. */
START_TEST(test_hostile_frames)
{
    struct coop_frame frame = {.rip = 0x1000, .cs = 0x08, .ss = 0x10, .rflags = UINT64_MAX};
    struct deprivileged_place place;
    bool is_masked;
    ck_assert(deprivileged_frame_read(&frame, &place, &is_masked));
    ck_assert(!place.is_user);
    ck_assert_uint_eq(place.rflags & X86_FLAGS_IOPL, 0);
    frame.cs = 1;
    ck_assert(deprivileged_frame_read(&frame, &place, &is_masked));
    ck_assert(place.is_user);
    frame.rip = LOWER_END;
    ck_assert(!deprivileged_frame_read(&frame, &place, &is_masked));
}
END_TEST

START_TEST(test_fault_error)
{
    uint32_t code = X86_PF_PRESENT | X86_PF_WRITE | X86_PF_USER;
    ck_assert_uint_eq(deprivileged_fault_error(code, true), code);
    ck_assert_uint_eq(deprivileged_fault_error(code, false), X86_PF_PRESENT | X86_PF_WRITE);
}
END_TEST

START_TEST(test_debug_registers)
{
    ck_assert(deprivileged_breakpoint_is_valid(0x401000));
    ck_assert(deprivileged_breakpoint_is_valid(KERNEL));
    ck_assert(!deprivileged_breakpoint_is_valid(HYPERVISOR));
    ck_assert(!deprivileged_breakpoint_is_valid(KERNEL - 0x2000));
    ck_assert(!deprivileged_breakpoint_is_valid(LOWER_END));
    ck_assert(deprivileged_debug_control_is_valid(7, 0x400));
    ck_assert(deprivileged_debug_control_is_valid(7, 0x000f0001));  /* 4 bytes, reads and writes, in DR0 */
    ck_assert(!deprivileged_debug_control_is_valid(7, 0x00020001)); /* a port in DR0 */
    ck_assert(!deprivileged_debug_control_is_valid(7, 0x20000040)); /* and in DR3 */
    ck_assert(!deprivileged_debug_control_is_valid(7, 0x2001));     /* general detection */
    ck_assert(!deprivileged_debug_control_is_valid(7, 1ul << 32));
    ck_assert(deprivileged_debug_control_is_valid(6, 0xffff0ff0));
    ck_assert(!deprivileged_debug_control_is_valid(6, 1ul << 32));
    ck_assert(!deprivileged_debug_control_is_valid(5, 0));
}
END_TEST

static struct deprivileged_vcpu state;
static struct vm_exit out;

static void set_up(void)
{
    memset(&state, 0, sizeof(state));
    memset(&out, 0x5a, sizeof(out));
    state.rip = KERNEL;
}

static void decode(uint64_t vector, uint64_t error)
{
    state.raw_vector = vector;
    state.raw_error = error;
    deprivileged_exit_decode(&state, &out);
    ck_assert_uint_eq(out.rip, state.rip);
    ck_assert(out.is_long_code);
    ck_assert_uint_eq(out.interrupted.kind, VM_EVENT_NONE);
}

START_TEST(test_decode_exceptions)
{
    decode(X86_VECTOR_GP, 0x1a);
    ck_assert_uint_eq(out.reason, VM_EXIT_EXCEPTION);
    ck_assert_uint_eq(out.cpl, 0);
    ck_assert_uint_eq(out.next_rip, 0);
    ck_assert(out.exception.has_error_code);
    ck_assert_uint_eq(out.exception.error_code, 0x1a);
    state.is_user = true;
    decode(X86_VECTOR_DE, 0);
    ck_assert_uint_eq(out.cpl, 3);
    ck_assert(!out.exception.has_error_code);
    state.is_user = false;
    state.raw_address = 0x1234;
    decode(X86_VECTOR_PF, X86_PF_WRITE | X86_PF_USER);
    ck_assert_uint_eq(out.reason, VM_EXIT_PAGE_FAULT);
    ck_assert_uint_eq(out.page_fault.linear, 0x1234);
    ck_assert_uint_eq(out.page_fault.error_code, X86_PF_WRITE);
}
END_TEST

START_TEST(test_decode_others)
{
    decode(0xf0, 0);
    ck_assert_uint_eq(out.reason, VM_EXIT_EXTERNAL_INTERRUPT);
    ck_assert_uint_eq(out.exception.vector, 0xf0);
    decode(DEPRIVILEGED_RAW_SERVED, 0);
    ck_assert_uint_eq(out.reason, VM_EXIT_HYPERCALL);
    ck_assert_uint_eq(out.next_rip, state.rip);
    decode(DEPRIVILEGED_RAW_RETURN, 0);
    ck_assert_uint_eq(out.reason, VM_EXIT_INTERRUPT_WINDOW);
    decode(DEPRIVILEGED_RAW_LOST, 0);
    ck_assert_uint_eq(out.reason, VM_EXIT_TRIPLE_FAULT);
    decode(DEPRIVILEGED_RAW_BAD_RIP, 0);
    ck_assert_uint_eq(out.reason, VM_EXIT_ENTRY_FAILED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("deprivileged");
    TCase *frames = tcase_create("frames"), *exits = tcase_create("exits");
    tcase_add_test(frames, test_canonical);
    tcase_add_test(frames, test_flags);
    tcase_add_test(frames, test_frame_of_user);
    tcase_add_test(frames, test_frame_of_masked_kernel);
    tcase_add_test(frames, test_hostile_frames);
    tcase_add_test(frames, test_fault_error);
    tcase_add_test(frames, test_debug_registers);
    tcase_add_checked_fixture(exits, set_up, NULL);
    tcase_add_test(exits, test_decode_exceptions);
    tcase_add_test(exits, test_decode_others);
    suite_add_tcase(suite, frames);
    suite_add_tcase(suite, exits);
    return suite_main(suite);
}
