/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registers in neutral form. Control registers are those that the direct entry promises: a kernel in ring 3 has no
 * others.
 */
#include "cpu/deprivileged/deprivileged.h"
#include "cpu/deprivileged/deprivileged_guest.h"
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

#define REGISTERS_CODE_64 0x2fb /* present, ring 3, code, readable, long */
#define REGISTERS_DATA    0xcf3

static bool deprivileged_is_masked(const struct deprivileged_vcpu *state)
{
    return ((const volatile struct coop_vcpu *)state->shared)->upcalls_masked;
}

void deprivileged_read_registers(const struct vcpu *vcpu, struct registers *registers)
{
    const struct deprivileged_vcpu *state = deprivileged_of(vcpu);
    uint16_t data = state->is_user ? COOP_SELECTOR_USER_DATA : COOP_SELECTOR_KERNEL_DATA;
    memset(registers, 0, sizeof(*registers));
    registers->rip = state->rip;
    registers->rsp = state->rsp;
    registers->rflags = deprivileged_is_masked(state) ? state->rflags & ~X86_FLAGS_IF : state->rflags;
    registers->cr0 = X86_CR0_PE | X86_CR0_MP | X86_CR0_ET | X86_CR0_NE | X86_CR0_WP | X86_CR0_PG |
                     (state->has_fpu_trap ? X86_CR0_TS : 0);
    registers->cr2 = state->raw_address;
    registers->cr3 = state->is_user && vcpu->paging_root_user ? vcpu->paging_root_user : vcpu->paging_root;
    registers->cr4 = X86_CR4_PAE;
    registers->efer = X86_EFER_SCE | X86_EFER_LME | X86_EFER_LMA | X86_EFER_NXE;
    if (vcpu->vm->mode.mmu == MODE_MMU_SHADOW) {
        registers->cr3 = vcpu->paging.cr3;
        registers->cr4 = vcpu->paging.cr4;
    }
    registers->pat = X86_PAT_RESET;
    registers->dr6 = state->dr6;
    registers->dr7 = state->dr7;
    registers->cpl = state->is_user ? 3 : 0;
    for (unsigned i = 0; i < SEGMENT_COUNT; i++)
        registers->segments[i] = (struct register_segment){data, REGISTERS_DATA, 0xffffffff, 0};
    registers->segments[SEGMENT_CS].selector = state->is_user ? COOP_SELECTOR_USER_CODE : COOP_SELECTOR_KERNEL_CODE;
    registers->segments[SEGMENT_CS].attributes = REGISTERS_CODE_64;
    registers->segments[SEGMENT_FS].base = state->fs;
    registers->segments[SEGMENT_GS].base = state->is_user ? state->gs_user : state->gs_kernel;
}

/* Roots come by vcpu->paging_root, whoever owns the tables. */
void deprivileged_write_registers(struct vcpu *vcpu, const struct registers *registers)
{
    struct deprivileged_vcpu *state = deprivileged_of(vcpu);
    state->rip = registers->rip;
    state->rsp = registers->rsp;
    state->rflags = deprivileged_flags(registers->rflags);
    deprivileged_find_shared(state);
    state->shared->upcalls_masked = !(registers->rflags & X86_FLAGS_IF);
    vcpu->paging = (struct vcpu_paging){registers->cr0, registers->cr3, registers->cr4, registers->efer};
    deprivileged_set_user(state, registers->cpl == 3);
}

/* What a kernel in ring 3 has of them is CR0.TS. */
void deprivileged_write_control(struct vcpu *vcpu, unsigned number, uint64_t value)
{
    if (number == 0)
        deprivileged_guest_set_fpu_trap(vcpu, value & X86_CR0_TS);
}
