/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of a VCPU lies in the CPU itself while it runs there: page-table root, segment bases and selectors, debug
 * registers, CR0.TS. And what hypercalls change of it.
 */
#include "cpu/deprivileged/deprivileged.h"
#include "cpu/deprivileged/deprivileged_guest.h"
#include "machine/cpu.h"
#include "machine/cpu_private.h"
#include "machine/paging.h"
#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

/* Translations of the guest's are none of them global, so that this flushes them all. */
static void deprivileged_load_root(const struct deprivileged_vcpu *state)
{
    x86_write_cr3(state->is_user ? state->user_root : state->kernel_root);
}

/* KERNEL_GS_BASE is what SWAPGS brings at the entry into ring 3. */
static void deprivileged_load_gs(const struct deprivileged_vcpu *state)
{
    x86_wrmsr(X86_MSR_KERNEL_GS_BASE, state->is_user ? state->gs_user : state->gs_kernel);
}

static void deprivileged_load_debug(const struct deprivileged_vcpu *state)
{
    __asm__ volatile("mov %0, %%db6; mov %1, %%db7" : : "r"(state->dr6), "r"(state->dr7));
}

static void deprivileged_load_task_switched(const struct deprivileged_vcpu *state)
{
    uint64_t cr0 = x86_read_cr0();
    x86_write_cr0(state->has_fpu_trap ? cr0 | X86_CR0_TS : cr0 & ~X86_CR0_TS);
}

/* Loading a null selector may clear the base: bases come after. GS is hv-core's here and its base must survive. */
static void deprivileged_load_segments(const struct deprivileged_vcpu *state)
{
    uint64_t own = x86_rdmsr(X86_MSR_GS_BASE);
    __asm__ volatile("movl %k0, %%ds; movl %k1, %%es; movl %k2, %%fs; movl %k3, %%gs"
                     :
                     : "r"((uint32_t)state->selectors[0]), "r"((uint32_t)state->selectors[1]),
                       "r"((uint32_t)state->selectors[2]), "r"((uint32_t)state->selectors[3])
                     : "memory");
    x86_wrmsr(X86_MSR_GS_BASE, own);
    x86_wrmsr(X86_MSR_FS_BASE, state->fs);
    deprivileged_load_gs(state);
}

/* Ring 3 changes selectors, and with them a base, as it likes. */
static void deprivileged_save_segments(struct deprivileged_vcpu *state)
{
    __asm__ volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3"
                     : "=m"(state->selectors[0]), "=m"(state->selectors[1]), "=m"(state->selectors[2]),
                       "=m"(state->selectors[3]));
    state->fs = x86_rdmsr(X86_MSR_FS_BASE);
    *(state->is_user ? &state->gs_user : &state->gs_kernel) = x86_rdmsr(X86_MSR_KERNEL_GS_BASE);
}

static void deprivileged_take_roots(struct deprivileged_vcpu *state)
{
    const struct vcpu *vcpu = state->vcpu;
    bool has_two = vcpu->paging_root_user && !MUTATED(deprivileged_user_root);
    state->kernel_root = vcpu->paging_root;
    state->user_root = has_two ? vcpu->paging_root_user : vcpu->paging_root;
}

static void deprivileged_take(struct deprivileged_vcpu *state)
{
    struct cpu *cpu = cpu_current();
    state->is_held = true;
    deprivileged_find_shared(state);
    state->task_stack = (uint8_t *)&cpu->private->tables.tss + offsetof(struct descriptor_tss, rsp);
    cpu->entry_state = state;
    deprivileged_load_segments(state);
    deprivileged_load_debug(state);
    deprivileged_load_task_switched(state);
}

/* What another VCPU finds in this CPU must not be this one's. */
static void deprivileged_give(struct deprivileged_vcpu *state)
{
    struct deprivileged_vcpu none = {.dr6 = 0xffff0ff0, .dr7 = 0x400};
    deprivileged_save_segments(state);
    __asm__ volatile("mov %%db6, %0" : "=r"(state->dr6));
    deprivileged_load_debug(&none);
    deprivileged_load_task_switched(&none);
    paging_load();
    state->is_held = false;
    cpu_current()->entry_state = 0;
}

void deprivileged_hold(struct vcpu *vcpu, bool is_held)
{
    struct deprivileged_vcpu *state = deprivileged_of(vcpu);
    if (!is_held) {
        if (state->is_held)
            deprivileged_give(state);
        return;
    }
    deprivileged_take_roots(state);
    if (!state->is_held)
        deprivileged_take(state);
    if (!MUTATED(deprivileged_flush))
        deprivileged_load_root(state);
    vcpu->is_flush_wanted = vcpu->is_root_changed = false;
}

void deprivileged_set_user(struct deprivileged_vcpu *state, bool is_user)
{
    if (state->is_user == is_user)
        return;
    if (state->is_held)
        *(state->is_user ? &state->gs_user : &state->gs_kernel) = x86_rdmsr(X86_MSR_KERNEL_GS_BASE);
    state->is_user = is_user;
    if (!state->is_held)
        return;
    deprivileged_load_gs(state);
    deprivileged_load_root(state);
}

bool deprivileged_guest_set_traps(struct vcpu *vcpu, const struct coop_traps *traps)
{
    /* Those that have their own stacks are the machine's; a kernel's #GP may be an instruction to be carried out, and
     * where the guest does not own its tables its page faults are looked at first. */
    const uint32_t machine = 1u << X86_VECTOR_NMI | 1u << X86_VECTOR_DF | 1u << X86_VECTOR_MC;
    struct deprivileged_vcpu *state = deprivileged_of(vcpu);
    uint32_t faults = vcpu->vm->mode.mmu == MODE_MMU_DIRECT ? 0 : 1u << X86_VECTOR_PF;
    if (!deprivileged_is_canonical(traps->exception) || !deprivileged_is_canonical(traps->system_call) ||
        !deprivileged_is_canonical(traps->upcall))
        return false;
    state->exception_entry = traps->exception;
    state->system_call_entry = traps->system_call;
    state->upcall_entry = traps->upcall;
    state->bounces[0] = ~(machine | faults | 1u << X86_VECTOR_GP);
    state->bounces[1] = MUTATED(deprivileged_user_instruction) ? state->bounces[0] : ~(machine | faults);
    return true;
}

bool deprivileged_guest_set_base(struct vcpu *vcpu, uint64_t which, uint64_t address)
{
    struct deprivileged_vcpu *state = deprivileged_of(vcpu);
    if ((which > COOP_BASE_GS_USER && !MUTATED(deprivileged_base_bound)) || !deprivileged_is_canonical(address))
        return false;
    switch (which) {
    case COOP_BASE_FS:
        state->fs = address;
        x86_wrmsr(X86_MSR_FS_BASE, address);
        break;
    case COOP_BASE_GS_KERNEL:
        state->gs_kernel = address;
        deprivileged_load_gs(state);
        break;
    default:
        state->gs_user = address;
        deprivileged_load_gs(state);
        break;
    }
    return true;
}

uint64_t deprivileged_guest_base(const struct vcpu *vcpu, uint64_t which)
{
    const struct deprivileged_vcpu *state = deprivileged_of(vcpu);
    return which == COOP_BASE_FS ? state->fs : which == COOP_BASE_GS_KERNEL ? state->gs_kernel : state->gs_user;
}

void deprivileged_guest_set_fpu_trap(struct vcpu *vcpu, bool is_on)
{
    struct deprivileged_vcpu *state = deprivileged_of(vcpu);
    state->has_fpu_trap = is_on;
    deprivileged_load_task_switched(state);
}

static void deprivileged_set_breakpoint(unsigned number, uint64_t address)
{
    switch (number) {
    case 0:
        __asm__ volatile("mov %0, %%db0" : : "r"(address));
        break;
    case 1:
        __asm__ volatile("mov %0, %%db1" : : "r"(address));
        break;
    case 2:
        __asm__ volatile("mov %0, %%db2" : : "r"(address));
        break;
    default:
        __asm__ volatile("mov %0, %%db3" : : "r"(address));
        break;
    }
}

bool deprivileged_guest_set_debug_register(struct vcpu *vcpu, uint64_t number, uint64_t value)
{
    struct deprivileged_vcpu *state = deprivileged_of(vcpu);
    if (number < 4) {
        if (!deprivileged_breakpoint_is_valid(value))
            return false;
        deprivileged_set_breakpoint((unsigned)number, value);
        return true;
    }
    if (number > 7 && !MUTATED(deprivileged_debug_number))
        return false;
    if (!deprivileged_debug_control_is_valid((unsigned)number, value))
        return false;
    if (number == 7)
        state->dr7 = value | 0x400;
    else
        state->dr6 = value | 0xffff0ff0;
    deprivileged_load_debug(state);
    return true;
}
