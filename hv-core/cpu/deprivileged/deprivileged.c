/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ring 3 as a cpu backend: no virtualization in hardware at all. The table of operations, and the few that stand on the
 * way between two exits.
 */
#include "cpu/deprivileged/deprivileged.h"
#include "cpu/cpu_backend.h"
#include "cpu/deprivileged/deprivileged_decode.h"
#include "machine/frame.h"
#include "machine/paging.h"
#include <coopvirt/format.h>
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

/* There is no second level. */
static const struct nested_format deprivileged_nested_format;

/* What runs is the kernel, and its root is the one in CR3: whatever was known by user mode's went when that was left.
 * With PCIDs off an entry for the address is this root's, and what is cached of tables on the way goes too: SDM vol. 3,
 * "Operations that Invalidate TLBs and Paging-Structure Caches". An address that is not canonical does nothing. */
static void deprivileged_flush_page(uint64_t linear)
{
    x86_invlpg((const void *)linear);
}

/* The hypervisor's own slots are in every address space, so that it can go on where the guest is interrupted. */
static struct cpu_direct deprivileged_direct = {.flush_page = deprivileged_flush_page};

static int deprivileged_start_cpu_and_fill(void)
{
    deprivileged_direct.top_slots = (const uint64_t *)frame_address(paging_root_address()) + COOP_SLOT_FIRST;
    return deprivileged_start_cpu();
}

static void deprivileged_enter(struct vcpu *vcpu)
{
    struct deprivileged_vcpu *state = deprivileged_of(vcpu);
    if (__builtin_expect(state->is_lost, 0)) {
        state->raw_vector = DEPRIVILEGED_RAW_LOST;
        state->is_lost = false;
        return;
    }
    deprivileged_enter_ring3(vcpu);
}

static void deprivileged_decode(struct vcpu *vcpu)
{
    struct deprivileged_vcpu *state = deprivileged_of(vcpu);
    if (state->raw_vector == DEPRIVILEGED_RAW_RETURN)
        deprivileged_return(vcpu);
    deprivileged_exit_decode(state, &vcpu->exit);
    vcpu->exit.root = vcpu->paging_root;
}

/* No hardware decides what exits: a kernel in ring 3 is under the control registers of the hypervisor. */
static void deprivileged_describe(const struct vcpu *vcpu, enum cpu_description what, char *text, size_t size)
{
    const struct deprivileged_vcpu *state = deprivileged_of(vcpu);
    if (what == CPU_DESCRIPTION_CONTROLS) {
        format_string(text, size, "\"ring\":\"3\",\"cr0\":\"%lx\",\"cr4\":\"%lx\",\"efer\":\"%lx\"", x86_read_cr0(),
                      x86_read_cr4(), x86_rdmsr(X86_MSR_EFER));
        return;
    }
    format_string(text, size, "vector %lx error %lx CR2 %lx in guest %s mode", state->raw_vector, state->raw_error,
                  state->raw_address, state->is_user ? "user" : "kernel");
}

static void deprivileged_advance(struct vcpu *vcpu, uint64_t rip)
{
    struct deprivileged_vcpu *state = deprivileged_of(vcpu);
    state->rip = rip;
    if (__builtin_expect(state->rflags & X86_FLAGS_TF, 0))
        event_raise(&vcpu->events, X86_VECTOR_DB, false, 0);
}

/* What a crossing was about that has just been answered. Hypercalls but for the return have noted themselves. */
static void deprivileged_trace(struct vcpu *vcpu, uint64_t cost, unsigned reason)
{
    const struct deprivileged_vcpu *state = deprivileged_of(vcpu);
    struct trace_entry entry = {.rip = state->shared->frame.rip, .reason = reason};

    if (reason == VM_EXIT_HYPERCALL && !state->is_user)
        return;
    if (reason == VM_EXIT_HYPERCALL)
        entry.detail = COOP_HYPERCALL_RETURN;
    else if (reason == VM_EXIT_SYSCALL_BOUNCE)
        entry.detail = state->rax;
    else
        entry.detail =
            reason == VM_EXIT_PAGE_FAULT_BOUNCE ? state->shared->frame.fault_address : state->shared->frame.vector;
    trace_note_done(vcpu, &entry, cost);
}

void deprivileged_account_large(struct vcpu *vcpu, uint64_t cost, unsigned reason)
{
    account_count(&vcpu->account, (enum vm_exit_reason)reason, cost);
    if (vcpu->exit_trace)
        deprivileged_trace(vcpu, cost, reason);
}

const struct cpu_backend deprivileged_backend = {
    .name = "deprivileged",
    .nested_format = &deprivileged_nested_format,
    .probe = deprivileged_probe,
    .start_cpu = deprivileged_start_cpu_and_fill,
    .vcpu_create = deprivileged_vcpu_create,
    .vcpu_destroy = deprivileged_vcpu_destroy,
    .hold = deprivileged_hold,
    .enter = deprivileged_enter,
    .decode = deprivileged_decode,
    .inject = deprivileged_inject,
    .window = deprivileged_window,
    .advance = deprivileged_advance,
    .read_registers = deprivileged_read_registers,
    .write_registers = deprivileged_write_registers,
    .describe = deprivileged_describe,
    .write_control = deprivileged_write_control,
    .direct = &deprivileged_direct,
    .hypercall = {0x0f, 0x05, 0xc3}, /* SYSCALL; RET */
};
