/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of this folder share: the state of AMD-V for a physical CPU and for a VCPU.
 */
#ifndef CPU_SVM_SVM_H
#define CPU_SVM_SVM_H

#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/svm/vmcb.h"
#include <stdbool.h>
#include <stdint.h>

/* A physical CPU's, in cpu->vendor. This CPU only. */
struct svm_cpu {
    coop_paddr host_state;          /* a control block that VMLOAD takes the host's FS, GS, TR ... from */
    uint32_t asid_count, next_asid; /* APM vol. 2, "Address Space Identifiers" */
    uint64_t generation;            /* of ASIDs: a new one begins with a flush of all, */
    bool is_flush_due;              /* which no entry has brought yet */
    bool has_flush_by_asid;
};

/* A VCPU's, in vcpu->backend. */
struct svm_vcpu {
    struct vmcb *vmcb;
    coop_paddr vmcb_address;
    coop_paddr host_state; /* of the CPU it is loaded on */
    const struct svm_cpu *cpu;
    uint64_t generation;
    bool is_shadow;        /* constant: it runs on shadow tables, and the guest's own view of them is vcpu->paging */
    bool is_direct;        /* constant: it runs on its own tables, CR3 is vcpu->paging_root */
    bool has_virq;         /* constant: external interrupts go by V_IRQ */
    bool has_orders;       /* EVENTINJ or TLB_CONTROL are set, for one entry; or the interrupt window is open */
    uint64_t injected;     /* EVENTINJ of the next entry, or of the last one until it is decoded; */
    bool is_virq_injected; /* or what is V_IRQ instead */
    bool is_nmi_blocked;
    bool is_stepping;         /* one instruction, at the next entry; then: */
    uint32_t step_exceptions; /* which are intercepted otherwise */
    uint64_t step_rip, step_flags, step_dr6;
};

static inline struct svm_vcpu *svm_of(const struct vcpu *vcpu)
{
    return vcpu->backend;
}

/* svm_setup.c */
int svm_probe(void);
int svm_start_cpu(void);
int svm_vcpu_create(struct vcpu *vcpu);
void svm_vcpu_destroy(struct vcpu *vcpu);

/* svm_registers.c */
void svm_read_registers(const struct vcpu *vcpu, struct registers *registers);
void svm_write_registers(struct vcpu *vcpu, const struct registers *registers);
void svm_write_control(struct vcpu *vcpu, unsigned number, uint64_t value);

/* svm_event.c */
void svm_inject(struct vcpu *vcpu, const struct vm_event *event);
bool svm_window(struct vcpu *vcpu, enum vm_event_kind kind, uint8_t vector);

/* svm_nmi.c */
void svm_nmi_block(struct svm_vcpu *svm);
bool svm_nmi_window(struct vcpu *vcpu);
void svm_nmi_abandon_step(struct svm_vcpu *svm);
void svm_nmi_after_exit(struct vcpu *vcpu);

/* svm_entry.asm */
void svm_enter(struct vcpu *vcpu);
void svm_save_state(coop_paddr vmcb);

#endif
