/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame through which a deprivileged kernel is entered and returns (coopvirt/abi.h): what the hypervisor puts
 * there, and what of it may reach the CPU. deprivileged_entry.asm does the usual cases of the same in assembly.
 * Pure.
 */
#ifndef CPU_DEPRIVILEGED_DEPRIVILEGED_FRAME_H
#define CPU_DEPRIVILEGED_DEPRIVILEGED_FRAME_H

#include <coopvirt/abi.h>
#include <coopvirt/x86.h>
#include <stdbool.h>
#include <stdint.h>

/* What ring 3 may have in RFLAGS; the real interrupt flag is always 1 there, IOPL 0. */
#define DEPRIVILEGED_FLAGS                                                                                             \
    (X86_FLAGS_CF | X86_FLAGS_PF | X86_FLAGS_AF | X86_FLAGS_ZF | X86_FLAGS_SF | X86_FLAGS_TF | X86_FLAGS_DF |          \
     X86_FLAGS_OF | X86_FLAGS_NT | X86_FLAGS_RF | X86_FLAGS_AC | X86_FLAGS_ID)
#define DEPRIVILEGED_FLAGS_ALWAYS (X86_FLAGS_ONE | X86_FLAGS_IF)

/* The registers of a VCPU that decide where it goes on. */
struct deprivileged_place {
    uint64_t rip, rflags, rsp; /* as the CPU's */
    bool is_user;              /* guest user mode; else its kernel, in ring 3 as well */
};

/* An address that RIP, or a base, can take without a fault in ring 0. */
bool deprivileged_is_canonical(uint64_t address);

/* RFLAGS as ring 3 may have it. */
uint64_t deprivileged_flags(uint64_t wanted);

/* The part of a frame that says where the guest was. */
void deprivileged_frame_fill(struct coop_frame *frame, const struct deprivileged_place *place, bool is_masked);

/* Where a frame of the guest says that it goes on; *is_masked as its RFLAGS.IF says. False: nowhere. */
bool deprivileged_frame_read(const struct coop_frame *frame, struct deprivileged_place *place, bool *is_masked);

/* The error code of a page fault as the guest's kernel is to see it: to the CPU all its code is user code. */
uint32_t deprivileged_fault_error(uint64_t error, bool is_user);

/* DR6 or DR7 as a guest may set it: no I/O breakpoint or general detection, which would strike ring 0. */
bool deprivileged_debug_control_is_valid(unsigned number, uint64_t value);

/* An address for DR0 to DR3: not the hypervisor's. */
bool deprivileged_breakpoint_is_valid(uint64_t address);

#endif
