/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercall dispatch: from guest kernel mode only, since VMMCALL exits from user mode too.
 */
#include "core/hypercall.h"
#include "core/report.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "machine/cpu.h"
#include "machine/tsc.h"
#include <coopvirt/mutation.h>

#define NAME(call) [COOP_HYPERCALL_##call - COOP_HYPERCALL_FIRST]

static const char *const hypercall_names[COOP_HYPERCALL_COUNT] = {
    NAME(VERSION) = "version", NAME(MMU_BATCH) = "mmu_batch",
    NAME(ROOT) = "root",       NAME(TRAPS) = "traps",
    NAME(RETURN) = "return",   NAME(SEGMENT_BASE) = "segment_base",
    NAME(FPU) = "fpu",         NAME(DEBUG_REGISTER) = "debug_register",
    NAME(UPCALL) = "upcall",   NAME(TIMER) = "timer",
    NAME(BLOCK) = "block",     NAME(YIELD) = "yield",
    NAME(STOP) = "stop",       NAME(QUEUE) = "queue",
    NAME(KICK) = "kick",       NAME(WRITE) = "write",
    NAME(MEMORY) = "memory",   NAME(UPCALL_END) = "upcall_end",
    NAME(CLOCK) = "clock",     NAME(VCPU) = "vcpu",
};

const char *hypercall_name(unsigned index)
{
    return hypercall_names[index];
}

enum vm_action hypercall_return(struct vcpu *vcpu, uint64_t result)
{
    vcpu->general[REGISTER_RAX] = result;
    return VM_SKIP;
}

enum vm_action hypercall_answer(struct vcpu *vcpu, uint64_t result)
{
    vcpu->general[REGISTER_RAX] = result;
    return VM_ANSWER;
}

static enum vm_action hypercall_version(struct vcpu *vcpu)
{
    return hypercall_answer(vcpu, COOP_ABI_VERSION);
}

static enum vm_action hypercall_missing(struct vcpu *vcpu)
{
    return hypercall_answer(vcpu, (uint64_t)-COOP_ENOSYS);
}

static enum vm_action hypercall_stop(struct vcpu *vcpu)
{
    uint64_t reason = vcpu->general[REGISTER_RDI], status = vcpu->general[REGISTER_RSI];
    if (!MUTATED(hypercall_stop_bound) && (reason > COOP_STOP_CRASH || status > UINT8_MAX))
        return hypercall_return(vcpu, (uint64_t)-COOP_EINVAL);
    if (reason == COOP_STOP_CRASH)
        report_stop(vcpu, VM_STOP_CRASH, "the guest has given up");
    else
        vm_stop(vcpu->vm, reason == COOP_STOP_EXIT ? VM_STOP_EXIT_PORT : VM_STOP_POWER_OFF, (uint8_t)status);
    return VM_STOP;
}

static hypercall *const hypercalls_common[COOP_HYPERCALL_COUNT] = {
    HYPERCALL_ROW(COOP_HYPERCALL_VERSION) = hypercall_version,
    HYPERCALL_ROW(COOP_HYPERCALL_STOP) = hypercall_stop,
};

static void hypercall_add(hypercall **table, hypercall *const *rows)
{
    for (unsigned i = 0; rows && i < COOP_HYPERCALL_COUNT; i++)
        if (rows[i])
            table[i] = rows[i];
}

void hypercall_compose(hypercall **table, const struct mode *mode)
{
    static hypercall *const *const mmu_rows[MODE_MMU_KINDS] = {[MODE_MMU_DIRECT] = hypercalls_direct};
    static hypercall *const *const io_rows[MODE_IO_KINDS] = {[MODE_IO_QUEUE] = hypercalls_queue};

    for (unsigned i = 0; i < COOP_HYPERCALL_COUNT; i++)
        table[i] = hypercall_missing;
    hypercall_add(table, hypercalls_common);
    hypercall_add(table, mmu_rows[mode->mmu]);
    hypercall_add(table, io_rows[mode->io]);
    hypercall_add(table, mode_memory_changes(mode) || MUTATED(hypercall_of_mode) ? hypercalls_nested : 0);
    hypercall_add(table, mode_starts_vcpus(mode) ? hypercalls_vcpu : 0);
    if (mode->cpu == MODE_CPU_DEPRIVILEGED || MUTATED(hypercall_of_mode)) {
        hypercall_add(table, hypercalls_deprivileged);
        hypercall_add(table, mode->mmu == MODE_MMU_SHADOW ? hypercalls_shadow : 0);
    }
}

/* Nothing that the run loop would have to do before the next entry. An upcall waits until the kernel unmasks it. */
static bool hypercall_is_quiet(const struct vcpu *vcpu)
{
    return !__atomic_load_n(&vcpu->requests, __ATOMIC_RELAXED) && !vcpu->events.is_busy &&
           !cpu_current()->need_resched && vcpu->vm->deadline == vcpu->prepared_deadline &&
           (vcpu_interrupt(vcpu) < 0 || (vcpu->shared && vcpu->shared->upcalls_masked && vcpu->shared->upcall_pending));
}

bool hypercall_serve(struct vcpu *vcpu)
{
    uint64_t index = vcpu->general[REGISTER_RAX] - COOP_HYPERCALL_FIRST;
    enum vm_action action = VM_SKIP;

    if (__builtin_expect(vcpu->exit_trace != 0, 0))
        trace_note(vcpu, VM_EXIT_HYPERCALL, 0, vcpu->general[REGISTER_RAX], vcpu->general[REGISTER_RSI]);
    if (__builtin_expect(index < COOP_HYPERCALL_COUNT || MUTATED(hypercall_number), 1)) {
        vcpu->account.hypercalls[index]++;
        action = vcpu->hypercalls[index](vcpu);
    } else {
        hypercall_missing(vcpu);
    }
    if (__builtin_expect((action == VM_SKIP || action == VM_ANSWER) && hypercall_is_quiet(vcpu), 1))
        return true;
    vcpu->exit.action = (uint8_t)action;
    account_hypervisor_until(&vcpu->account, tsc_read());
    return false;
}

enum vm_action hypercall_handle(struct vcpu *vcpu, const struct vm_exit *exit)
{
    uint64_t index = vcpu->general[REGISTER_RAX] - COOP_HYPERCALL_FIRST;

    if (exit->cpl != 0 && !MUTATED(vt_hypercall_user))
        return hypercall_answer(vcpu, (uint64_t)-COOP_EPERM);
    if (index >= COOP_HYPERCALL_COUNT && !MUTATED(hypercall_number))
        return hypercall_missing(vcpu);
    vcpu->account.hypercalls[index]++;
    return vcpu->hypercalls[index](vcpu);
}
