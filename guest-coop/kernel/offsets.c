/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compiled to assembly only: each line becomes a `NAME equ value` for NASM (build.mk).
 */
#include "kernel/cpu.h"
#include "kernel/process_private.h"
#include "kernel/trap.h"
#include "coopbench.h"
#include <coopvirt/abi.h>
#include <stddef.h>

#define OFFSET(name, value) __asm__ volatile(".ascii \"->" #name " %c0\"" : : "i"(value))

#define SHARED(name, member) OFFSET(SHARED_##name, offsetof(struct coop_vcpu, frame.member))

void offsets(void);
void offsets(void)
{
    OFFSET(CPU_KERNEL_STACK, offsetof(struct cpu, kernel_stack));
    OFFSET(CPU_USER_STACK, offsetof(struct cpu, user_stack));
    OFFSET(CPU_SHARED, offsetof(struct cpu, shared));
    SHARED(VECTOR, vector);
    SHARED(ERROR, error);
    SHARED(RIP, rip);
    SHARED(CS, cs);
    SHARED(RFLAGS, rflags);
    SHARED(RSP, rsp);
    SHARED(SS, ss);
    SHARED(RAX, rax);
    SHARED(RCX, rcx);
    SHARED(R11, r11);
    OFFSET(FRAME_VECTOR, offsetof(struct trap_frame, vector));
    OFFSET(FRAME_RAX, offsetof(struct trap_frame, rax));
    OFFSET(FRAME_RCX, offsetof(struct trap_frame, rcx));
    OFFSET(FRAME_R11, offsetof(struct trap_frame, r11));
    OFFSET(FRAME_SS, offsetof(struct trap_frame, ss));
    OFFSET(FRAME_RIP, offsetof(struct trap_frame, rip));
    OFFSET(FRAME_CS, offsetof(struct trap_frame, cs));
    OFFSET(FRAME_RFLAGS, offsetof(struct trap_frame, rflags));
    OFFSET(FRAME_RSP, offsetof(struct trap_frame, rsp));
    OFFSET(FRAME_BYTES, sizeof(struct trap_frame));
    OFFSET(SELECTOR_USER_CODE_VALUE, SELECTOR_USER_CODE);
    OFFSET(SELECTOR_USER_DATA_VALUE, SELECTOR_USER_DATA);
    OFFSET(VECTOR_SYSCALL_VALUE, VECTOR_SYSCALL);
    OFFSET(VECTOR_UPCALL_VALUE, VECTOR_UPCALL);
    OFFSET(MARKER_PORT, COOP_PORT_MARKER);
    OFFSET(NOP_BEGIN, COOPBENCH_NOP_BEGIN);
    OFFSET(NOP_END, COOPBENCH_NOP_END);
    OFFSET(HYPERCALL_VERSION, COOP_HYPERCALL_VERSION);
    OFFSET(HYPERCALL_RETURN, COOP_HYPERCALL_RETURN);
    OFFSET(TRAP_STUB_BYTES_VALUE, TRAP_STUB_BYTES);
}
