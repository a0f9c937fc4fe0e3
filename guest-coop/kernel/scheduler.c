/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The run queue, the context switch in C, and the idle loop, whose time in HLT is accounted apart.
 */
#include "kernel/scheduler.h"
#include "drivers/timer.h"
#include "kernel/cpu.h"
#include "kernel/fpu.h"
#include "kernel/thread.h"
#include "kernel/trap.h"
#include "memory/address_space.h"
#include "memory/kernel_map.h"
#include "pv/pv.h"
#include <coopvirt/x86.h>

void scheduler_switch_stack(uint64_t *save, uint64_t load);
void trap_child_entry(void);

#define TURNS_IDLE 100 /* that pass before one of the class that runs when nobody else wants to */

/* under run_lock */
static struct spinlock run_lock;
static struct process *run_first, *run_last;
static unsigned run_classes; /* not 0: some process has been in another class than most */
static bool run_gives_way;   /* the running process goes behind its like */

/* What stands on a new process's stack below its trap frame: see scheduler_switch_stack. */
struct scheduler_start {
    uint64_t r15, r14, r13, r12, rbp;
    void (*rbx)(void);
    void (*entry)(void);
};

static void run_queue_append(struct process *process)
{
    process->private->queued = true;
    process->private->run_next = 0;
    if (run_last)
        run_last->private->run_next = process;
    else
        run_first = process;
    run_last = process;
}

/* Does it let others pass? */
static bool run_queue_is_humble(const struct process *process)
{
    return process->nice > 0 || process->private->rules.policy == SCHEDULER_IDLE;
}

/* What a nice value weighs: 0 to 5; and the class of those that run when nobody else wants to. */
static uint8_t run_queue_turns(const struct process *process)
{
    int nice = process->nice;
    if (process->private->rules.policy == SCHEDULER_IDLE)
        return TURNS_IDLE;
    return (uint8_t)((nice < 0 ? -nice : nice) / 4 + (nice != 0));
}

/* Brings the first process of the highest priority to the front: is there one? Who runs, and has not given way, is the
 * first of its like, though it stands last. */
static bool run_queue_bring_urgent(void)
{
    const struct process *current = run_gives_way ? 0 : cpu_this()->current;
    struct process *best = 0, *before_best = 0, *before = 0;
    unsigned highest = 0;
    for (struct process *process = run_first; process; before = process, process = process->private->run_next) {
        unsigned priority = process->private->rules.priority;
        if (priority > highest || (priority && priority == highest && process == current)) {
            best = process;
            before_best = before;
            highest = priority;
        }
    }
    run_gives_way = false;
    if (before_best) {
        before_best->private->run_next = best->private->run_next;
        if (run_last == best)
            run_last = before_best;
        best->private->run_next = run_first;
        run_first = best;
    }
    return best;
}

/* Lets nice processes pass their turn to those behind them, a few times each, where none is urgent. */
static __attribute__((noinline)) void run_queue_pass(void)
{
    if (run_classes && run_queue_bring_urgent())
        return;
    for (struct process *first = run_first; run_queue_is_humble(first) && first != run_last && first->private->turns;
         first = run_first) {
        first->private->turns--;
        run_first = first->private->run_next;
        run_queue_append(first);
    }
    run_first->private->turns = run_queue_turns(run_first);
}

static struct process *run_queue_take(void)
{
    spinlock_take(&run_lock);
    if (run_first && (run_first->nice | run_classes))
        run_queue_pass();
    struct process *process = run_first;
    if (process) {
        run_first = process->private->run_next;
        if (!run_first)
            run_last = 0;
        process->private->queued = false;
    }
    spinlock_release(&run_lock);
    return process;
}

/* A process of a real-time class wants to run. */
static __attribute__((noinline)) void scheduler_wake_urgent(const struct process *process, struct process *current)
{
    if (process->private->rules.priority <= current->private->rules.priority)
        return;
    current->private->attention |= ATTENTION_RESCHEDULE;
    run_gives_way = false; /* who is preempted stays the first of its like */
}

void scheduler_wake(struct process *process)
{
    struct cpu *cpu = cpu_this();
    struct process *current = cpu->current;
    spinlock_take(&run_lock);
    if (process->state != PROCESS_ZOMBIE && !process->private->queued) {
        process->state = PROCESS_RUNNABLE;
        if (process != current)
            run_queue_append(process);
    }
    spinlock_release(&run_lock);
    if (current == process || current == cpu->idle)
        return;
    if (process->private->rules.priority)
        scheduler_wake_urgent(process, current);
    timer_want_slice();
}

void scheduler_set_class(struct process *process, unsigned policy, unsigned priority)
{
    struct program_rules *rules = &process->private->rules;
    rules->policy = (uint8_t)policy;
    rules->priority = (uint8_t)priority;
    if (!run_classes && policy != SCHEDULER_OTHER && policy != SCHEDULER_BATCH) {
        run_classes = 1;
        run_gives_way = false;
    }
    cpu_this()->current->private->attention |= ATTENTION_RESCHEDULE; /* it may not be the first any more */
}

void scheduler_reset_class(struct process *child)
{
    struct program_rules *rules = &child->private->rules;
    rules->reset_on_fork = false;
    if (rules->priority || child->nice < 0)
        child->nice = 0;
    if (!rules->priority)
        return;
    rules->policy = SCHEDULER_OTHER;
    rules->priority = 0;
}

void scheduler_prepare(struct process *process, void (*first)(void))
{
    struct scheduler_start *start = (struct scheduler_start *)process->private->frame - 1;
    *start = (struct scheduler_start){.rbx = first, .entry = trap_child_entry};
    process->private->stack_pointer = (uint64_t)start;
}

static void scheduler_save(struct process_private *private)
{
    if (!private->fpu)
        return; /* the idle process */
    private->gs_base = pv.cpu.msr_read(X86_MSR_KERNEL_GS_BASE);
}

void scheduler_load_space(const struct address_space *space)
{
    struct cpu *cpu = cpu_this();
    coop_paddr root = space ? space->root : kernel_root;
    if (cpu->root == root)
        return;
    cpu->root = root;
    pv.mmu.root_load(root);
}

static void scheduler_load(struct cpu *cpu, struct process *process)
{
    struct process_private *private = process->private;
    if (!private->fpu)
        return;
    pv.cpu.fs_base_write(private->fs_base);
    pv.cpu.msr_write(X86_MSR_KERNEL_GS_BASE, private->gs_base);
    pv.cpu.kernel_stack_set(cpu, (uint64_t)(private->frame + 1));
    scheduler_load_space(process->space);
}

void scheduler_switch(void)
{
    struct cpu *cpu = cpu_this();
    struct process *previous = cpu->current;
    if (previous->state == PROCESS_RUNNABLE && previous != cpu->idle) {
        spinlock_take(&run_lock);
        run_queue_append(previous);
        spinlock_release(&run_lock);
    }
    struct process *next = run_queue_take();
    if (!next)
        next = cpu->idle;
    if (run_first)
        timer_want_slice();
    struct process_private *from = previous->private, *to = next->private;
    from->attention &= ~ATTENTION_RESCHEDULE;
    if (next == previous)
        return;
    uint64_t now = x86_rdtsc();
    from->run_tsc += now - from->run_since;
    to->run_since = now;
    to->switches++;
    cpu->counters.context_switches++;
    if (from->rseq.address)
        from->attention |= ATTENTION_RSEQ;
    fpu_switch(from->fpu, to->fpu);
    scheduler_save(from);
    cpu->previous = previous;
    cpu->current = next;
    if (previous->state == PROCESS_ZOMBIE)
        pv_batch_begin(); /* its space goes together with the load of the next one, in scheduler_finish_switch */
    scheduler_load(cpu, next);
    scheduler_switch_stack(&from->stack_pointer, to->stack_pointer);
    scheduler_finish_switch();
}

void scheduler_finish_switch(void)
{
    struct process *previous = cpu_this()->previous;
    if (!previous || previous->state != PROCESS_ZOMBIE)
        return;
    if (previous->space) {
        /* The idle process goes on with whatever is loaded. */
        if (cpu_this()->root == previous->space->root)
            scheduler_load_space(cpu_this()->current->space);
        address_space_clear(previous->space);
    }
    pv_batch_end();
    if (previous->space)
        address_space_release(previous->space);
    previous->space = 0;
    fpu_forget(previous->private->fpu);
    kernel_stack_free(previous->private->stack);
    previous->private->stack = 0;
    if (previous->private->leader != previous)
        thread_destroy(previous);
}

void scheduler_yield(void)
{
    run_gives_way = true;
    scheduler_switch();
}

void scheduler_tick(void)
{
    struct process *current = cpu_this()->current;
    if (!run_first || current == cpu_this()->idle)
        return;
    struct process_private *private = current->private;
    if (private->rules.policy == SCHEDULER_FIFO)
        return; /* who is urgent has asked for the CPU on waking */
    if (private->rules.policy == SCHEDULER_ROUND)
        run_gives_way = true;
    if (current->nice < 0 && private->turns && private->rules.policy != SCHEDULER_IDLE)
        private->turns--;
    else
        private->attention |= ATTENTION_RESCHEDULE;
}

void scheduler_idle(void)
{
    struct cpu *cpu = cpu_this();
    for (;;) {
        while (!run_first) {
            pv.io.text_flush();
            cpu->idle_since = x86_rdtsc();
            pv.cpu.idle();
        }
        scheduler_switch();
    }
}
