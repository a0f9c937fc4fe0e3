/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who runs where and when. Locks: a VM's lock may be held when a queue's is taken, never the reverse.
 */
#include "core/scheduler.h"
#include "core/report.h"
#include "core/context.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "core/vm_list.h"
#include "machine/apic.h"
#include "machine/cpu.h"
#include "machine/log.h"
#include "machine/trap.h"
#include "machine/tsc.h"
#include <coopvirt/mutation.h>
#include <coopvirt/x86_instructions.h>

#define SCHEDULER_NOT_ARMED     (UINT64_MAX - 1)
#define SCHEDULER_CONSOLE_RETRY 100000 /* TSC */

struct scheduler {
    struct spinlock lock;
    struct vcpu *first, *last; /* waiting */
    unsigned waiting;          /* also read without the lock */
    bool is_idle;              /* hint: sleeps, and could take a VCPU from a busy CPU's queue */

    /* This CPU. */
    uint64_t armed; /* deadline of its timer */
    uint64_t away;  /* TSC for which it slept or ran guests; what is left is the hypervisor's work */
    uint64_t retry; /* when to offer console input again, or UINT64_MAX */
};

static struct scheduler schedulers[CPU_LIMIT];
static uint64_t scheduler_slice = 10000000;
static unsigned scheduler_next_cpu;

static struct scheduler *scheduler_here(void)
{
    return &schedulers[cpu_current()->index];
}

void scheduler_set_slice(uint64_t tsc)
{
    scheduler_slice = tsc;
}

void scheduler_add(struct vcpu *vcpu)
{
    vcpu->state = VCPU_OFFLINE;
    vcpu->cpu = __atomic_fetch_add(&scheduler_next_cpu, 1, __ATOMIC_RELAXED) % cpu_count();
}

static void scheduler_append(struct scheduler *queue, struct vcpu *vcpu)
{
    vcpu->state = VCPU_RUNNABLE;
    vcpu->next = 0;
    if (queue->last)
        queue->last->next = vcpu;
    else
        queue->first = vcpu;
    queue->last = vcpu;
    __atomic_store_n(&queue->waiting, queue->waiting + 1, __ATOMIC_RELAXED);
}

static struct vcpu *scheduler_remove(struct scheduler *queue, struct vcpu *previous)
{
    struct vcpu *vcpu = previous ? previous->next : queue->first;
    if (previous)
        previous->next = vcpu->next;
    else
        queue->first = vcpu->next;
    if (queue->last == vcpu)
        queue->last = previous;
    __atomic_store_n(&queue->waiting, queue->waiting - 1, __ATOMIC_RELAXED);
    return vcpu;
}

/* The queue of a VCPU, locked; it may move while we wait for the lock. */
static struct scheduler *scheduler_lock_queue(struct vcpu *vcpu)
{
    for (;;) {
        unsigned cpu = __atomic_load_n(&vcpu->cpu, __ATOMIC_ACQUIRE);
        spinlock_take(&schedulers[cpu].lock);
        if (cpu == vcpu->cpu)
            return &schedulers[cpu];
        spinlock_release(&schedulers[cpu].lock);
    }
}

/* Some CPU that sleeps may take what waits for a busy one. */
static void scheduler_kick_idle(void)
{
    for (unsigned i = 0; i < cpu_count(); i++)
        if (i != cpu_current()->index && __atomic_load_n(&schedulers[i].is_idle, __ATOMIC_RELAXED)) {
            cpu_kick(i);
            return;
        }
}

void scheduler_wake(struct vcpu *vcpu, bool is_start)
{
    struct scheduler *queue = scheduler_lock_queue(vcpu);
    unsigned cpu = vcpu->cpu;
    bool is_kick = false;
    if (vcpu->state == VCPU_BLOCKED || (is_start && vcpu->state == VCPU_OFFLINE)) {
        scheduler_append(queue, vcpu);
        is_kick = true;
    } else if (vcpu->state == VCPU_RUNNING) {
        is_kick = true;
    }
    spinlock_release(&queue->lock);
    if (!is_kick)
        return;
    if (cpu == cpu_current()->index)
        cpu_current()->need_resched = true;
    else
        cpu_kick(cpu);
    if (vcpu->state == VCPU_RUNNABLE && !__atomic_load_n(&queue->is_idle, __ATOMIC_RELAXED))
        scheduler_kick_idle();
}

/* The timer of this CPU must fire at this TSC; UINT64_MAX for never. */
static void scheduler_arm(uint64_t deadline)
{
    struct scheduler *here = scheduler_here();
    if (deadline == here->armed)
        return;
    here->armed = deadline;
    if (deadline == UINT64_MAX)
        apic_timer_disarm();
    else
        apic_timer_arm(deadline);
}

/* A VCPU has left the CPU it ran on. */
static void scheduler_leave(struct vcpu *vcpu, enum vcpu_leave why)
{
    struct scheduler *here = scheduler_here();
    spinlock_take(&here->lock);
    switch (why) {
    case VCPU_LEAVE_YIELD:
        scheduler_append(here, vcpu);
        break;
    case VCPU_LEAVE_BLOCK:
        vcpu->state = VCPU_BLOCKED;
        /* Whoever raised an interrupt before it was BLOCKED found it running and left it to us. */
        if (vcpu_has_wake_reason(vcpu))
            scheduler_append(here, vcpu);
        break;
    case VCPU_LEAVE_OFFLINE:
        vcpu->state = VCPU_OFFLINE;
        if (__atomic_load_n(&vcpu->requests, __ATOMIC_ACQUIRE))
            scheduler_append(here, vcpu);
        break;
    case VCPU_LEAVE_STOP:
        vcpu->state = VCPU_STOPPED;
        break;
    }
    spinlock_release(&here->lock);
}

/* Bytes typed go to the first VM's COM1. When its FIFO is full, the rest waits: the timer tries again. */
static void scheduler_poll_console(void)
{
    int byte;
    scheduler_here()->retry = UINT64_MAX;
    while ((byte = console_read()) >= 0)
        if (!vm_list_console_input((uint8_t)byte)) {
            console_unread((uint8_t)byte);
            scheduler_here()->retry = tsc_read() + SCHEDULER_CONSOLE_RETRY;
            return;
        }
}

/* The next VCPU of this queue, or of a longer one elsewhere. */
static struct vcpu *scheduler_take(struct scheduler *queue, bool is_mine)
{
    struct vcpu *vcpu = 0, *previous = 0;
    spinlock_take(&queue->lock);
    vcpu = queue->first;
    /* One whose FPU state is still loaded there stays. */
    while (vcpu && !is_mine && __atomic_load_n(&vcpu->fpu_cpu, __ATOMIC_RELAXED) != CPU_LIMIT) {
        previous = vcpu;
        vcpu = vcpu->next;
    }
    if (vcpu) {
        scheduler_remove(queue, previous);
        vcpu->state = VCPU_RUNNING;
        __atomic_store_n(&vcpu->cpu, cpu_current()->index, __ATOMIC_RELEASE);
    }
    spinlock_release(&queue->lock);
    return vcpu;
}

static struct vcpu *scheduler_next(void)
{
    struct vcpu *vcpu = scheduler_here()->waiting ? scheduler_take(scheduler_here(), true) : 0;
    for (unsigned i = 0; !vcpu && i < cpu_count(); i++)
        if (&schedulers[i] != scheduler_here() && __atomic_load_n(&schedulers[i].waiting, __ATOMIC_RELAXED))
            vcpu = scheduler_take(&schedulers[i], false);
    return vcpu;
}

/* Nothing to run: devices of blocked VCPUs go on, the CPU sleeps until the next of them has something to do. What
 * another CPU puts into the queue meanwhile comes with a kick, which ends the HLT. */
static void scheduler_idle(void)
{
    struct cpu *cpu = cpu_current();
    struct scheduler *here = scheduler_here();
    uint64_t deadline = vm_list_advance(cpu->index, tsc_read());
    scheduler_poll_console();
    if (here->waiting)
        return;
    scheduler_arm(deadline < here->retry ? deadline : here->retry);
    __atomic_store_n(&here->is_idle, true, __ATOMIC_RELAXED);
    if (!cpu->need_resched) {
        uint64_t asleep = tsc_read();
        x86_sti_hlt();
        here->away += tsc_read() - asleep;
    } else {
        __asm__ volatile("sti; nop" : : : "memory");
    }
    x86_cli();
    __atomic_store_n(&here->is_idle, false, __ATOMIC_RELAXED);
    scheduler_take_interrupt();
}

void scheduler_take_interrupt(void)
{
    cpu_current()->need_resched = false;
    if (__builtin_expect(cpu_current()->nmis, 0))
        trap_tell_nmis();
    scheduler_here()->armed = SCHEDULER_NOT_ARMED; /* the timer may have fired */
    scheduler_poll_console();
}

/* When the time of a VM is up, as a VCPU's turn that began at this TSC knows it. */
static uint64_t scheduler_time_is_up(const struct vm *vm, uint64_t turn_start)
{
    uint64_t busy = __atomic_load_n(&vm->busy, __ATOMIC_RELAXED);
    if (!vm->busy_limit)
        return UINT64_MAX;
    return busy < vm->busy_limit ? turn_start + (vm->busy_limit - busy) : turn_start;
}

bool scheduler_prepare(struct vcpu *vcpu, uint64_t slice_end)
{
    struct scheduler *here = scheduler_here();
    uint64_t now = tsc_read();
    uint64_t deadline = vm_list_advance(cpu_current()->index, now),
             own = __atomic_load_n(&vcpu->vm->deadline, __ATOMIC_RELAXED);
    if (own < deadline)
        deadline = own;
    if (here->retry < deadline)
        deadline = here->retry;
    uint64_t end = MUTATED(vm_time_limit) ? UINT64_MAX : scheduler_time_is_up(vcpu->vm, slice_end - scheduler_slice);
    if (now >= end && !vm_is_stopped(vcpu->vm)) {
        report_stop(vcpu, VM_STOP_LIMIT, "it has used up the time that limit= gives a VM");
        return false;
    }
    if (end < deadline)
        deadline = end;
    if (here->waiting) {
        if (now >= slice_end)
            return false;
        if (slice_end < deadline)
            deadline = slice_end;
    }
    scheduler_arm(deadline);
    return true;
}

/* One turn on this CPU, and what a VCPU's account has to know of the time between two of them. After a turn elsewhere
 * all of that is idle. */
static enum vcpu_leave scheduler_run_vcpu(struct vcpu *vcpu)
{
    struct scheduler *here = scheduler_here();
    struct cpu *cpu = cpu_current();
    uint64_t start = tsc_read();
    uint64_t idle = here->away - vcpu->left_away;

    if (vcpu->left_cpu != cpu->index) {
        idle = start - vcpu->left_tsc;
        vcpu->moves++;
    }
    cpu->running = vcpu;
    enum vcpu_leave why = vcpu_run(vcpu, start + scheduler_slice, vcpu->left_tsc ? idle : 0);
    cpu->running = 0;
    vcpu->left_tsc = tsc_read();
    here->away += vcpu->left_tsc - start;
    __atomic_add_fetch(&vcpu->vm->busy, vcpu->left_tsc - start, __ATOMIC_RELAXED);
    vcpu->left_cpu = cpu->index;
    vcpu->left_away = here->away;
    return why;
}

_Noreturn void scheduler_run(void)
{
    scheduler_here()->armed = SCHEDULER_NOT_ARMED;
    scheduler_here()->retry = UINT64_MAX;
    for (;;) {
        struct vcpu *vcpu = scheduler_next();
        if (!vcpu) {
            scheduler_idle();
            continue;
        }
        context_switch(vcpu);
        enum vcpu_leave why = scheduler_run_vcpu(vcpu);
        if (why == VCPU_LEAVE_STOP)
            context_forget(vcpu);
        scheduler_leave(vcpu, why);
        if (why == VCPU_LEAVE_STOP)
            vm_list_vcpu_left(vcpu->vm);
    }
}
