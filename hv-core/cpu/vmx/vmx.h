/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of this folder share: the state of VT-x for a physical CPU and for a VCPU.
 */
#ifndef CPU_VMX_VMX_H
#define CPU_VMX_VMX_H

#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/vmx/vmcs.h"
#include "cpu/vmx/vmx_controls.h"
#include "cpu/vmx/vmx_instructions.h"
#include "cpu/vmx/vmx_negotiate.h"
#include <stdbool.h>
#include <stdint.h>

/* A physical CPU's, in cpu->vendor. This CPU only. */
struct vmx_cpu {
    coop_paddr region;        /* of VMXON */
    struct vmx_vcpu *current; /* whose VMCS, and whose registers outside of it, are loaded */
};

/* Registers of the guest that no VMCS has: in the CPU while it is current, here otherwise. */
#define VMX_FREE_MSRS 5

/* A VCPU's, in vcpu->backend. */
struct vmx_vcpu {
    coop_paddr vmcs;
    uint8_t *virtual_apic;
    const struct vmx_cpu *cpu; /* where it was loaded last */
    uint64_t host_rsp;         /* as the VMCS has it */
    uint64_t ept_pointer;
    uint32_t primary;       /* primary controls as the VMCS has them */
    uint32_t tpr_threshold; /* the same */
    union {                 /* what each exit is asked first, in one comparison */
        struct {
            uint8_t failure; /* 0, or what refused the last entry: VMX_FAILURE_ */
            bool is_direct;  /* constant: it runs on its own tables, CR3 is vcpu->paging_root */
        };
        uint16_t usual; /* VMX_USUAL_DIRECT: no failure, direct */
    };
    uint16_t vpid;
    bool is_launched;
    bool is_shadow; /* constant: it runs on shadow tables, and the guest's own view of them is vcpu->paging */
    bool has_ept;   /* constant: neither of these */
    struct vmx_mode_controls controls; /* constant: primary and entry change in the VMCS */
    uint64_t cr2, dr6;
    uint64_t msrs[VMX_FREE_MSRS];
};

#define VMX_USUAL_DIRECT    0x100u
#define VMX_FAILURE_VALID   1u /* the instruction error says why */
#define VMX_FAILURE_INVALID 2u /* no current VMCS */

static inline struct vmx_vcpu *vmx_of(const struct vcpu *vcpu)
{
    return vcpu->backend;
}

static inline uint8_t vmx_task_priority(const struct vmx_vcpu *vmx)
{
    return vmx->virtual_apic[VMX_VIRTUAL_TPR] >> 4;
}

/* What this machine's VT-x can do and is used with; constant after probing. */
extern struct vmx_capabilities vmx_capabilities;
extern struct vmx_controls vmx_controls;

/* vmx_setup.c */
int vmx_probe(void);
int vmx_start_cpu(void);
int vmx_vcpu_create(struct vcpu *vcpu);
void vmx_vcpu_destroy(struct vcpu *vcpu);
void vmx_write_host_state(void);

/* vmx_current.c */
void vmx_hold(struct vcpu *vcpu, bool is_held);
struct vmx_vcpu *vmx_borrow(struct vmx_vcpu *vmx);
void vmx_give_back(struct vmx_vcpu *vmx, struct vmx_vcpu *before);

/* vmx_registers.c */
void vmx_read_registers(const struct vcpu *vcpu, struct registers *registers);
void vmx_write_registers(struct vcpu *vcpu, const struct registers *registers);
void vmx_write_control(struct vcpu *vcpu, unsigned number, uint64_t value);

/* vmx_event.c */
void vmx_inject(struct vcpu *vcpu, const struct vm_event *event);
bool vmx_window(struct vcpu *vcpu, enum vm_event_kind kind, uint8_t vector);
void vmx_close_window(struct vmx_vcpu *vmx);
void vmx_set_task_priority(struct vcpu *vcpu, uint8_t priority);
void vmx_take_host_event(uint32_t interruption);
void vmx_restore_blocking(uint32_t reason, uint32_t interruption, uint32_t vectoring, uint64_t qualification);

/* vmx_entry.asm */
void vmx_enter(struct vcpu *vcpu);
extern const uint8_t vmx_exited[];

#endif
