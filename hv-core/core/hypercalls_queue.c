/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercalls of the io service: queues, kicks, text, upcalls, the timer, and waiting.
 */
#include "core/hypercall.h"
#include "core/io_queue.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/cpu_backend.h"
#include "machine/tsc.h"
#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>

#define WRITE_BYTES_MOST 4096u

static enum vm_action hypercall_queue(struct vcpu *vcpu)
{
    const uint64_t *general = vcpu->general;
    coop_paddr address = general[REGISTER_RDX];
    struct coop_queue shape;
    if (address && !guest_memory_read(&vcpu->vm->memory, address, &shape, sizeof(shape)))
        return hypercall_return(vcpu, (uint64_t)-COOP_EFAULT);
    if (address && shape.size != sizeof(shape) && !MUTATED(queue_size))
        return hypercall_return(vcpu, (uint64_t)-COOP_EINVAL);
    int error = io_queue_set(vcpu, general[REGISTER_RDI], general[REGISTER_RSI], address ? &shape : 0);
    return hypercall_return(vcpu, (uint64_t)error);
}

static enum vm_action hypercall_kick(struct vcpu *vcpu)
{
    int error = io_queue_kick(vcpu, vcpu->general[REGISTER_RDI], vcpu->general[REGISTER_RSI]);
    if (__builtin_expect(vm_is_stopped(vcpu->vm), 0))
        return VM_STOP;
    return hypercall_return(vcpu, (uint64_t)error);
}

static enum vm_action hypercall_write(struct vcpu *vcpu)
{
    uint64_t line = vcpu->general[REGISTER_RDI], address = vcpu->general[REGISTER_RSI],
             bytes = vcpu->general[REGISTER_RDX];
    char text[256];
    if ((!MUTATED(queue_write_sink) && line > 1) || (!MUTATED(queue_write_bound) && bytes > WRITE_BYTES_MOST))
        return hypercall_return(vcpu, (uint64_t)-COOP_EINVAL);
    for (uint64_t done = 0; done < bytes;) {
        uint64_t here = bytes - done < sizeof(text) ? bytes - done : sizeof(text);
        if (!guest_memory_read(&vcpu->vm->memory, address + done, text, here))
            return hypercall_return(vcpu, done ? done : (uint64_t)-COOP_EFAULT);
        spinlock_take(&vcpu->vm->lock);
        vm_console_write(vcpu->vm, (unsigned)line, text, here);
        spinlock_release(&vcpu->vm->lock);
        done += here;
    }
    if (vm_is_stopped(vcpu->vm))
        return VM_STOP;
    return hypercall_return(vcpu, bytes);
}

/* Where the kernel has ring 0, upcalls come by its own IDT; elsewhere by struct coop_traps. */
static enum vm_action hypercall_upcall(struct vcpu *vcpu)
{
    uint64_t vector = vcpu->general[REGISTER_RDI];
    if (vcpu->vm->mode.cpu != MODE_CPU_VT && !MUTATED(hypercall_of_mode))
        return hypercall_return(vcpu, (uint64_t)-COOP_ENOSYS);
    if (!MUTATED(queue_upcall_bound) && (vector > UINT8_MAX || (vector && vector < CHANNEL_VECTOR_LEAST)))
        return hypercall_return(vcpu, (uint64_t)-COOP_EINVAL);
    spinlock_take(&vcpu->vm->lock);
    channel_set_vector(&vcpu->channel, (uint8_t)vector);
    spinlock_release(&vcpu->vm->lock);
    return hypercall_return(vcpu, 0);
}

static enum vm_action hypercall_upcall_end(struct vcpu *vcpu)
{
    if (!vcpu->channel.needs_end)
        return hypercall_return(vcpu, (uint64_t)-COOP_ENOSYS);
    spinlock_take(&vcpu->vm->lock);
    channel_end(&vcpu->channel);
    spinlock_release(&vcpu->vm->lock);
    return hypercall_return(vcpu, 0);
}

static enum vm_action hypercall_clock(struct vcpu *vcpu)
{
    return hypercall_answer(vcpu, channel_clock_ns(tsc_khz(), tsc_read() - vcpu->vm->created));
}

static enum vm_action hypercall_timer(struct vcpu *vcpu)
{
    uint64_t tsc = vcpu->general[REGISTER_RDI];
    io_queue_set_timer(vcpu, tsc ? tsc : CHANNEL_NEVER);
    return hypercall_return(vcpu, 0);
}

/* As STI before HLT. */
static void hypercall_unmask(struct vcpu *vcpu)
{
    struct registers registers;
    if (vcpu->vm->mode.cpu == MODE_CPU_DEPRIVILEGED) {
        if (vcpu->channel.shared)
            __atomic_store_n(&vcpu->channel.shared->upcalls_masked, 0, __ATOMIC_SEQ_CST);
        return;
    }
    vcpu->vm->cpu->read_registers(vcpu, &registers);
    if (registers.rflags & X86_FLAGS_IF)
        return;
    registers.rflags |= X86_FLAGS_IF;
    vcpu->vm->cpu->write_registers(vcpu, &registers);
}

static enum vm_action hypercall_block(struct vcpu *vcpu)
{
    hypercall_unmask(vcpu);
    spinlock_take(&vcpu->vm->lock);
    if (vcpu->channel.is_in_service)
        channel_end(&vcpu->channel);
    bool is_awake = channel_is_awake(&vcpu->channel);
    spinlock_release(&vcpu->vm->lock);
    hypercall_return(vcpu, 0);
    if (is_awake)
        return VM_SKIP;
    vcpu->exit.has_interrupts = true;
    return VM_BLOCK;
}

static enum vm_action hypercall_yield(struct vcpu *vcpu)
{
    __atomic_fetch_or(&vcpu->requests, VCPU_REQUEST_YIELD, __ATOMIC_RELAXED);
    return hypercall_return(vcpu, 0);
}

hypercall *const hypercalls_queue[COOP_HYPERCALL_COUNT] = {
    HYPERCALL_ROW(COOP_HYPERCALL_UPCALL) = hypercall_upcall,
    HYPERCALL_ROW(COOP_HYPERCALL_TIMER) = hypercall_timer,
    HYPERCALL_ROW(COOP_HYPERCALL_BLOCK) = hypercall_block,
    HYPERCALL_ROW(COOP_HYPERCALL_YIELD) = hypercall_yield,
    HYPERCALL_ROW(COOP_HYPERCALL_QUEUE) = hypercall_queue,
    HYPERCALL_ROW(COOP_HYPERCALL_KICK) = hypercall_kick,
    HYPERCALL_ROW(COOP_HYPERCALL_WRITE) = hypercall_write,
    HYPERCALL_ROW(COOP_HYPERCALL_CLOCK) = hypercall_clock,
    HYPERCALL_ROW(COOP_HYPERCALL_UPCALL_END) = hypercall_upcall_end,
};
