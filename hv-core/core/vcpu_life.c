/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reset, start and halts, as core/life.h decides them, carried out on registers and events. An NMI that comes while the
 * handler of another one has halted is held: it does not end that halt.
 */
#include "core/vcpu_life.h"
#include "core/realmode.h"
#include "core/vm.h"
#include "cpu/cpu_backend.h"
#include "io/io_backend.h"
#include "mmu/mmu_backend.h"
#include <coopvirt/mutation.h>
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

/* Where a reset or start-up IPI leads, or the guest's hypercall. */
static void vcpu_life_set_registers(struct vcpu *vcpu, uint8_t startup_vector, struct registers *registers)
{
    const struct vcpu_startup *startup = &vcpu->startup;
    memset(vcpu->general, 0, sizeof(vcpu->general));
    if (startup->is_long) {
        registers_long_flat(registers, startup->entry, startup->stack, startup->root, 0);
        vcpu->general[REGISTER_RSI] = startup->argument;
        return;
    }
    registers_startup(registers, startup_vector);
    vcpu->general[REGISTER_RDX] = vcpu->cpuid.basic[1].eax; /* APM vol. 2, "Processor Initialization State" */
}

static void vcpu_life_clear_task_priority(struct vcpu *vcpu)
{
    spinlock_take(&vcpu->vm->lock);
    vcpu->task_priority = 0;
    vcpu->vm->io->set_task_priority(vcpu, 0);
    spinlock_release(&vcpu->vm->lock);
    vcpu->vm->cpu->write_control(vcpu, 8, 0);
}

static void vcpu_life_reset(struct vcpu *vcpu, uint8_t startup_vector)
{
    struct registers registers;
    vcpu_life_set_registers(vcpu, startup_vector, &registers);
    event_reset(&vcpu->events);
    vcpu->exit.reason = VM_EXIT_OTHER;   /* that it halted was in another life, */
    vcpu_life_clear_task_priority(vcpu); /* as this was set there */
    cpuid_policy_show_osxsave(&vcpu->cpuid, false);
    vcpu->vm->cpu->write_registers(vcpu, &registers);
    vcpu->vm->mmu->registers_changed(vcpu);
    if (!MUTATED(vcpu_flush_reset))
        vcpu_take_flush(vcpu); /* of what was cached under its last root, on this CPU too */
}

/* Code that a CPU cannot run may be where it halted for good. */
static bool vcpu_life_is_emulated(struct vcpu *vcpu)
{
    struct registers registers;
    if (!vcpu->vm->mmu->hides_tables || !vcpu->vm->cpu->lacks_real_mode)
        return false;
    vcpu->vm->cpu->read_registers(vcpu, &registers);
    return realmode_is_needed(&registers);
}

void vcpu_life_take(struct vcpu *vcpu)
{
    spinlock_take(&vcpu->vm->lock);
    struct life taken = life_take(&vcpu->life);
    spinlock_release(&vcpu->vm->lock);
    vcpu->is_offline = taken.state != LIFE_ONLINE;
    if (taken.is_reset_due)
        vcpu_life_reset(vcpu, taken.startup_vector);
    if (!taken.is_nmi_due)
        return;
    event_raise_nmi(&vcpu->events);
    if (vcpu_life_is_emulated(vcpu))
        __atomic_fetch_or(&vcpu->requests, VCPU_REQUEST_EMULATE, __ATOMIC_RELAXED);
}

/* An NMI waits for the end of another one's handler: neither ends a halt in there. */
static bool vcpu_life_holds_nmi(struct vcpu *vcpu)
{
    return __builtin_expect(vcpu->events.nmis, 0) && !vcpu->vm->cpu->window(vcpu, VM_EVENT_NMI, X86_VECTOR_NMI);
}

/* A VCPU that halts with interrupts off wakes only for an NMI, if none is held already, or INIT. */
static bool vcpu_life_halt_for_good(struct vcpu *vcpu, bool is_nmi_held)
{
    struct vm *vm = vcpu->vm;
    if (vcpu->events.nmis && !is_nmi_held)
        return false;
    spinlock_take(&vm->lock);
    vcpu->is_offline = life_halt(&vcpu->life, !is_nmi_held, &vm->online_vcpus);
    vm_check_online(vm);
    spinlock_release(&vm->lock);
    return vcpu->is_offline;
}

enum vcpu_leave vcpu_life_halt(struct vcpu *vcpu)
{
    bool is_nmi_held = vcpu_life_holds_nmi(vcpu);
    if (!vcpu->exit.has_interrupts)
        return vcpu_life_halt_for_good(vcpu, is_nmi_held) ? VCPU_LEAVE_OFFLINE : VCPU_LEAVE_BLOCK;
    if (is_nmi_held && vcpu->events.interrupted_vector < 0) {
        vcpu->events.is_busy = false;
        __atomic_fetch_or(&vcpu->requests, VCPU_REQUEST_HELD, __ATOMIC_RELAXED);
    }
    return VCPU_LEAVE_BLOCK;
}

bool vcpu_life_is_halted(struct vcpu *vcpu)
{
    return vcpu->events.nmis && !vcpu->is_offline && vcpu->exit.reason == VM_EXIT_HLT &&
           vcpu->events.interrupted_vector < 0 && (vcpu_interrupt(vcpu) < 0 || !vcpu->exit.has_interrupts) &&
           vcpu_life_holds_nmi(vcpu);
}
