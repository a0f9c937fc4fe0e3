/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What deprivileged_entry.asm needs to know of C's structures.
 */
#include "cpu/deprivileged/deprivileged.h"
#include <coopvirt/asm_offset.h>

#define STATE(name, member)  ASM_OFFSET(DEPRIVILEGED_##name, struct deprivileged_vcpu, member)
#define SHARED(name, member) ASM_OFFSET(SHARED_##name, struct coop_vcpu, member)
#define HISTOGRAM(name, reason)                                                                                        \
    ASM_VALUE(HISTOGRAM_##name, offsetof(struct vcpu, account.reasons[reason].histogram));                             \
    ASM_VALUE(REASON_##name, reason)

static void asm_offsets_state(void)
{
    STATE(RIP, rip);
    STATE(RFLAGS, rflags);
    STATE(RSP, rsp);
    STATE(RAX, rax);
    STATE(RDX, rdx);
    STATE(KERNEL_ROOT, kernel_root);
    STATE(USER_ROOT, user_root);
    STATE(GS_KERNEL, gs_kernel);
    STATE(GS_USER, gs_user);
    STATE(STACK, stack);
    STATE(TASK_STACK, task_stack);
    STATE(VCPU, vcpu);
    STATE(SHARED, shared);
    STATE(EXCEPTION_ENTRY, exception_entry);
    STATE(SYSTEM_CALL_ENTRY, system_call_entry);
    STATE(RAW_VECTOR, raw_vector);
    STATE(RAW_ERROR, raw_error);
    STATE(RAW_ADDRESS, raw_address);
    STATE(RESUME, resume);
    STATE(RESUME_STACK, resume_stack);
    STATE(RESUME_REASON, resume_reason);
    STATE(BOUNCES, bounces);
    STATE(IS_USER, is_user);
}

static void asm_offsets_shared(void)
{
    SHARED(PENDING, upcall_pending);
    SHARED(MASKED, upcalls_masked);
    SHARED(VECTOR, frame.vector);
    SHARED(ERROR, frame.error);
    SHARED(RIP, frame.rip);
    SHARED(CS, frame.cs);
    SHARED(RFLAGS, frame.rflags);
    SHARED(RSP, frame.rsp);
    SHARED(SS, frame.ss);
    SHARED(FAULT_ADDRESS, frame.fault_address);
    SHARED(RAX, frame.rax);
    SHARED(RCX, frame.rcx);
    SHARED(R11, frame.r11);
}

void asm_offsets_deprivileged(void);
void asm_offsets_deprivileged(void)
{
    asm_offsets_state();
    asm_offsets_shared();
    ASM_OFFSET(ACCOUNT_LAST, struct vcpu, account.last);
    ASM_OFFSET(ACCOUNT_HYPERVISOR, struct vcpu, account.hypervisor);
    ASM_OFFSET(ACCOUNT_RETURNS, struct vcpu, account.hypercalls[COOP_HYPERCALL_RETURN - COOP_HYPERCALL_FIRST]);
    ASM_OFFSET(VCPU_BOOKED_BELOW, struct vcpu, booked_below);
    HISTOGRAM(HYPERCALL, VM_EXIT_HYPERCALL);
    HISTOGRAM(SYSCALL_BOUNCE, VM_EXIT_SYSCALL_BOUNCE);
    HISTOGRAM(PAGE_FAULT_BOUNCE, VM_EXIT_PAGE_FAULT_BOUNCE);
    HISTOGRAM(EXCEPTION_BOUNCE, VM_EXIT_EXCEPTION_BOUNCE);
    ASM_VALUE(RETURN_CALL, COOP_HYPERCALL_RETURN);
    ASM_VALUE(KERNEL_CODE_SHOWN, COOP_SELECTOR_KERNEL_CODE);
    ASM_VALUE(KERNEL_DATA_SHOWN, COOP_SELECTOR_KERNEL_DATA);
    ASM_VALUE(FLAGS_ALLOWED, DEPRIVILEGED_FLAGS | DEPRIVILEGED_FLAGS_ALWAYS);
    ASM_VALUE(FLAGS_ALWAYS, DEPRIVILEGED_FLAGS_ALWAYS);
    ASM_VALUE(RAW_SERVED, DEPRIVILEGED_RAW_SERVED);
    ASM_VALUE(RAW_RETURN, DEPRIVILEGED_RAW_RETURN);
    ASM_VALUE(RAW_BAD_RIP, DEPRIVILEGED_RAW_BAD_RIP);
}
