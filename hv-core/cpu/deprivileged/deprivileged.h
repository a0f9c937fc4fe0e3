/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of this folder share: the state of a VCPU whose kernel runs in ring 3.
 */
#ifndef CPU_DEPRIVILEGED_DEPRIVILEGED_H
#define CPU_DEPRIVILEGED_DEPRIVILEGED_H

#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/deprivileged/deprivileged_frame.h"
#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

/* Why deprivileged_enter came back, beside the vector of an exception or interrupt. */
#define DEPRIVILEGED_RAW_SERVED  0x100u /* a hypercall: hypercall_serve has carried it out, */
#define DEPRIVILEGED_RAW_RETURN  0x101u /* a return that is not the usual one */
#define DEPRIVILEGED_RAW_BAD_RIP 0x102u /* there is no going on at this address */
#define DEPRIVILEGED_RAW_LOST    0x103u /* an event for a kernel that has not said where it is to be entered */

/* In vcpu->backend. The CPU that runs it; its assembly goes by the offsets. */
struct deprivileged_vcpu {
    uint64_t rip, rflags, rsp; /* the guest's, while it is not entered */
    uint64_t rax, rdx;         /* room for registers */
    uint64_t kernel_root, user_root;
    uint64_t gs_kernel, gs_user, fs; /* bases */
    uint64_t stack;                  /* where entries from ring 3 begin */
    void *task_stack;                /* the TSS's copy of it */
    struct vcpu *vcpu;
    struct coop_vcpu *shared;
    uint64_t exception_entry, system_call_entry, upcall_entry;
    uint64_t raw_vector, raw_error, raw_address; /* of the last exit; the address is CR2 */
    uint64_t resume, resume_stack;               /* of assembly, around a call of C */
    uint32_t resume_reason;
    uint32_t bounces[2]; /* exceptions that go straight to the guest's kernel: from itself, from its user mode */
    uint8_t is_user;     /* guest user mode */

    /* Not for assembly. */
    bool is_held;
    bool is_lost;      /* the next entry gives DEPRIVILEGED_RAW_LOST */
    bool has_fpu_trap; /* CR0.TS while it is held */
    uint64_t dr6, dr7;
    uint16_t selectors[4];     /* DS, ES, FS, GS */
    struct coop_vcpu unshared; /* for a guest that has not been given such a page */
};

static inline struct deprivileged_vcpu *deprivileged_of(const struct vcpu *vcpu)
{
    return vcpu->backend;
}

/* The shared page, which the VCPU gets after its creation. */
static inline void deprivileged_find_shared(struct deprivileged_vcpu *state)
{
    state->shared = state->vcpu->shared ? state->vcpu->shared : &state->unshared;
}

/* deprivileged_setup.c */
int deprivileged_probe(void);
int deprivileged_start_cpu(void);
int deprivileged_vcpu_create(struct vcpu *vcpu);
void deprivileged_vcpu_destroy(struct vcpu *vcpu);

/* deprivileged_hold.c */
void deprivileged_hold(struct vcpu *vcpu, bool is_held);
void deprivileged_set_user(struct deprivileged_vcpu *state, bool is_user);

/* deprivileged_registers.c */
void deprivileged_read_registers(const struct vcpu *vcpu, struct registers *registers);
void deprivileged_write_registers(struct vcpu *vcpu, const struct registers *registers);
void deprivileged_write_control(struct vcpu *vcpu, unsigned number, uint64_t value);

/* deprivileged_event.c */
void deprivileged_inject(struct vcpu *vcpu, const struct vm_event *event);
bool deprivileged_window(struct vcpu *vcpu, enum vm_event_kind kind, uint8_t vector);
void deprivileged_return(struct vcpu *vcpu);

/* deprivileged_entry.asm */
void deprivileged_enter_ring3(struct vcpu *vcpu);
void deprivileged_system_call(void);
void deprivileged_trap(void);

/* Called by it: account_count for a cost that has no bucket of its own, or for a crossing that is traced. */
void deprivileged_account_large(struct vcpu *vcpu, uint64_t cost, unsigned reason);

#endif
