/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring, and the exit table that fills it.
 */
#include "core/trace.h"
#include "core/record.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "machine/frame.h"
#include <coopvirt/error.h>
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

#define TRACE_LINE 48 /* entries a record */

uint64_t trace_detail(const struct vm_exit *exit, const uint64_t *general)
{
    switch (exit->reason) {
    case VM_EXIT_PORT_IO:
        return exit->port.port | (uint64_t)exit->port.is_write << 16 | (uint64_t)exit->port.bytes << 24;
    case VM_EXIT_CPUID:
        return (uint32_t)general[REGISTER_RAX];
    case VM_EXIT_HYPERCALL:
        return general[REGISTER_RAX];
    case VM_EXIT_MSR_READ:
    case VM_EXIT_MSR_WRITE:
        return (uint32_t)general[REGISTER_RCX];
    case VM_EXIT_CR_ACCESS:
    case VM_EXIT_DR_ACCESS:
        return exit->control.number | (uint64_t)exit->control.is_write << 16;
    case VM_EXIT_NESTED_FAULT:
        return exit->fault.address;
    case VM_EXIT_PAGE_FAULT:
        return exit->page_fault.linear;
    case VM_EXIT_EXCEPTION:
        return exit->exception.vector;
    default:
        return 0;
    }
}

uint64_t trace_argument(const struct vm_exit *exit, const uint64_t *general)
{
    switch (exit->reason) {
    case VM_EXIT_HYPERCALL:
        return general[REGISTER_RSI];
    case VM_EXIT_PAGE_FAULT:
        return exit->page_fault.error_code;
    case VM_EXIT_EXCEPTION:
        return exit->exception.error_code;
    default:
        return 0;
    }
}

void trace_add(struct trace *trace, const struct trace_entry *entry, uint64_t hypervisor, uint64_t idle)
{
    if (trace->next) {
        struct trace_entry *before = &trace->entries[(trace->next - 1) & (trace->entry_count - 1)];
        before->cost = hypervisor - trace->hypervisor;
        before->idle = idle - trace->idle;
    }
    trace->entries[trace->next++ & (trace->entry_count - 1)] = *entry;
    trace->hypervisor = hypervisor;
    trace->idle = idle;
}

size_t trace_bytes(uint64_t entries)
{
    return sizeof(struct trace) + entries * sizeof(struct trace_entry);
}

/* A kernel in ring 3: each hypercall has been noted where it was served, before it came here. */
static bool trace_is_noted(const struct vcpu *vcpu, const struct vm_exit *exit)
{
    return exit->reason == VM_EXIT_HYPERCALL && vcpu->vm->mode.cpu == MODE_CPU_DEPRIVILEGED;
}

/* The handler of every row: the mode's own row follows. */
static enum vm_action trace_exit(struct vcpu *vcpu, const struct vm_exit *exit)
{
    const struct account *account = &vcpu->account;
    struct trace_entry entry = {.tsc = account->last,
                                .rip = exit->rip,
                                .detail = trace_detail(exit, vcpu->general),
                                .argument = trace_argument(exit, vcpu->general),
                                .reason = exit->reason};
    if (!trace_is_noted(vcpu, exit))
        trace_add(vcpu->exit_trace, &entry, account->hypervisor, account->idle);
    return vcpu->vm->exits[exit->reason].handler(vcpu, exit);
}

static size_t trace_frames(uint64_t entries)
{
    return (trace_bytes(entries) + X86_PAGE_BYTES - 1) / X86_PAGE_BYTES;
}

int trace_create(struct vcpu *vcpu, uint64_t entries)
{
    const struct vm *vm = vcpu->vm;
    coop_paddr frames = frame_allocate(trace_frames(entries), X86_PAGE_BYTES, vm_owner(vm));
    if (frames == FRAME_NONE)
        return -ENOMEM;
    struct trace *trace = frame_address(frames);
    memset(trace, 0, trace_bytes(entries));
    trace->entry_count = entries;
    for (unsigned i = 0; i < VM_EXIT_REASONS; i++)
        trace->rows[i] = (struct vm_exit_row){trace_exit, vm->exits[i].operation};
    vcpu->exit_trace = trace;
    vcpu->exits = trace->rows;
    return 0;
}

void trace_destroy(struct vcpu *vcpu)
{
    if (vcpu->exit_trace)
        frame_free(frame_of_address(vcpu->exit_trace), trace_frames(vcpu->exit_trace->entry_count), vm_owner(vcpu->vm));
    vcpu->exit_trace = 0;
}

void trace_note(struct vcpu *vcpu, enum vm_exit_reason reason, uint64_t rip, uint64_t detail, uint64_t argument)
{
    struct trace_entry entry = {
        .tsc = vcpu->account.last, .rip = rip, .detail = detail, .argument = argument, .reason = reason};
    if (vcpu->exit_trace)
        trace_add(vcpu->exit_trace, &entry, vcpu->account.hypervisor, vcpu->account.idle);
}

void trace_note_done(struct vcpu *vcpu, struct trace_entry *entry, uint64_t cost)
{
    entry->tsc = vcpu->account.last - cost;
    trace_add(vcpu->exit_trace, entry, vcpu->account.hypervisor - cost, vcpu->account.idle);
}

void trace_begin(struct vcpu *vcpu)
{
    if (!vcpu->exit_trace)
        return;
    vcpu->exit_trace->next = 0;
    vcpu->exit_trace->hypervisor = vcpu->exit_trace->idle = 0; /* as the account's, from the region's first entry */
}

void trace_write(const struct vcpu *vcpu)
{
    const struct trace *trace = vcpu->exit_trace;
    if (!trace)
        return;
    uint64_t end = trace->next ? trace->next - 1 : 0; /* without the end marker's */
    uint64_t first = trace->next > trace->entry_count ? trace->next - trace->entry_count : 0;
    if (first == end)
        record_trace(vcpu, first, 0, trace->entries);
    while (first < end) {
        uint64_t at = first & (trace->entry_count - 1), count = end - first;
        if (count > TRACE_LINE)
            count = TRACE_LINE;
        if (count > trace->entry_count - at)
            count = trace->entry_count - at;
        record_trace(vcpu, first, (unsigned)count, &trace->entries[at]);
        first += count;
    }
}
