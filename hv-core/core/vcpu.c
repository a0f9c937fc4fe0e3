/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The run loop. Each turn: prepare pending events -> enter -> decode -> an event delivery that the exit interrupted
 * goes back to the queue -> account, trace, handler -> one switch on the action, the only place that advances RIP.
 */
#include "core/vcpu.h"
#include "core/dispatch.h"
#include "core/instruction.h"
#include "core/realmode.h"
#include "core/record.h"
#include "core/report.h"
#include "core/vcpu_life.h"
#include "core/vm.h"
#include "core/vm_memory.h"
#include "cpu/cpu_backend.h"
#include "io/io_backend.h"
#include "machine/cpu.h"
#include "machine/cpu_features.h"
#include "machine/fpu.h"
#include "machine/pmu.h"
#include "machine/tsc.h"
#include "mmu/mmu_backend.h"
#include <coopvirt/error.h>
#include <coopvirt/string.h>
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

static size_t vcpu_frames(size_t bytes)
{
    return (bytes + X86_PAGE_BYTES - 1) / X86_PAGE_BYTES;
}

static struct cpuid_leaf vcpu_machine_cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct x86_cpuid r = x86_cpuid(leaf, subleaf);
    return (struct cpuid_leaf){r.eax, r.ebx, r.ecx, r.edx};
}

static struct cpuid_config vcpu_cpuid_config(const struct vm *vm, unsigned number)
{
    return (struct cpuid_config){.vcpu = number,
                                 .vcpus = vm->vcpu_count,
                                 .hides_smap = vm->mode.cpu == MODE_CPU_DEPRIVILEGED || vm->mode.mmu == MODE_MMU_DIRECT,
                                 .hides_pcid = vm->mode.mmu != MODE_MMU_NESTED,
                                 .hides_apic = vm->mode.io == MODE_IO_QUEUE,
                                 .features = vm->features,
                                 .xcr0_allowed = fpu_allowed(),
                                 .tsc_khz = (uint32_t)tsc_khz(),
                                 .lapic_khz = (uint32_t)vm->lapic_khz};
}

void vcpu_signature(const struct vm *vm, uint32_t *signature, uint32_t *features)
{
    struct cpuid_config config = vcpu_cpuid_config(vm, 0);
    struct cpuid_leaf leaf = vcpu_machine_cpuid(1, 0);
    cpuid_policy_filter(1, 0, &config, &leaf);
    *signature = leaf.eax;
    *features = leaf.edx;
}

int vcpu_create(struct vm *vm, unsigned number)
{
    coop_paddr frames = frame_allocate(vcpu_frames(sizeof(struct vcpu)), X86_PAGE_BYTES, vm_owner(vm));
    coop_paddr fpu = frame_allocate_zeroed(vm_owner(vm));
    if (frames == FRAME_NONE || fpu == FRAME_NONE) {
        frame_free_if_any(frames, vcpu_frames(sizeof(struct vcpu)), vm_owner(vm));
        frame_free_if_any(fpu, 1, vm_owner(vm));
        return -ENOMEM;
    }
    struct vcpu *vcpu = frame_address(frames);
    memset(vcpu, 0, sizeof(*vcpu));
    vcpu->vm = vm;
    vcpu->exits = vm->exits;
    memcpy(vcpu->hypercalls, vm->hypercalls, sizeof(vcpu->hypercalls));
    vcpu->number = number;
    vcpu->is_offline = number != 0;
    vcpu->life.state = number ? LIFE_WAITING : LIFE_ONLINE;
    vcpu->fpu = frame_address(fpu);
    vcpu->fpu_cpu = CPU_LIMIT;
    vcpu->xcr0 = FPU_X87;
    vcpu->has_tsc_aux = cpu_features()->rdtscp;
    fpu_area_reset(vcpu->fpu);
    event_reset(&vcpu->events);
    root_cache_init(&vcpu->roots, vm->root_targets);
    account_reset(&vcpu->account, tsc_read());
    vcpu->cpuid_config = vcpu_cpuid_config(vm, number);
    cpuid_policy_prepare(&vcpu->cpuid, &vcpu->cpuid_config, vcpu_machine_cpuid);
    vcpu->interrupt = vm->io->interrupt(vcpu);
    vm->vcpus[number] = vcpu;
    vcpu->booked_below = vm->switches.trace ? 0 : ACCOUNT_EXACT;
    int error = vm->switches.trace ? trace_create(vcpu, vm->switches.trace) : 0;
    if (error)
        return error;
    error = vm->cpu->vcpu_create(vcpu);
    if (error)
        return error;
    scheduler_add(vcpu);
    struct registers registers;
    registers_reset(&registers);
    vm->cpu->write_registers(vcpu, &registers);
    vm->mmu->registers_changed(vcpu);
    return 0;
}

void vcpu_destroy(struct vcpu *vcpu)
{
    struct vm *vm = vcpu->vm;
    vm->vcpus[vcpu->number] = 0;
    vm->cpu->vcpu_destroy(vcpu);
    trace_destroy(vcpu);
    frame_free(frame_of_address(vcpu->fpu), 1, vm_owner(vm));
    frame_free(frame_of_address(vcpu), vcpu_frames(sizeof(*vcpu)), vm_owner(vm));
}

void vcpu_request(struct vcpu *vcpu, uint32_t request)
{
    __atomic_fetch_or(&vcpu->requests, request, __ATOMIC_RELEASE);
    scheduler_wake(vcpu, true);
}

void vcpu_kick(struct vcpu *vcpu)
{
    scheduler_wake(vcpu, false);
}

static void vcpu_forget_touched(struct vcpu *vcpu)
{
    uint64_t touched[3];
    vm_memory_touched(vcpu->vm, touched, true);
    vm_flush_guests(vcpu->vm); /* what is cached, here or where another VCPU runs, would not be marked again */
    vcpu->is_flush_wanted = true;
    vcpu->vm->cpu->hold(vcpu, true);
}

static void vcpu_count_from_here(struct vcpu *vcpu)
{
    const struct coop_vcpu *shared = vcpu->shared;
    struct vm *vm = vcpu->vm;
    vcpu->begun = (struct vcpu_begun){.channel = vcpu->channel.counts,
                                      .flushes = vcpu->flushes,
                                      .splits = vm->nested.splits,
                                      .joined = vm->nested.joined,
                                      .moves = vcpu->moves};
    if (shared) {
        vcpu->begun.cr3_loads = shared->cr3_loads;
        vcpu->begun.clock_reads = shared->clock_reads;
        vcpu->begun.polls = shared->polls;
        vcpu->begun.polls_awaited = shared->polls_awaited;
    }
    if (vm->switches.touched && vm->mode.mmu == MODE_MMU_NESTED)
        vcpu_forget_touched(vcpu);
    if (pmu_event_count())
        pmu_begin();
}

void vcpu_marker(struct vcpu *vcpu, uint32_t value)
{
    if ((value & 1) == COOP_MARKER_BEGIN) {
        account_region_begin(&vcpu->account, value >> 1);
        vcpu_count_from_here(vcpu);
        vcpu->cluster.visits = vcpu->cluster.emulated = vcpu->cluster.saved = 0;
        trace_begin(vcpu);
    } else if (account_region_end(&vcpu->account, value >> 1)) {
        record_region(vcpu);
        trace_write(vcpu);
    }
}

bool vcpu_has_wake_reason(const struct vcpu *vcpu)
{
    uint32_t requests = __atomic_load_n(&vcpu->requests, __ATOMIC_ACQUIRE) &
                        ~(VCPU_REQUEST_FLUSH | VCPU_REQUEST_EMULATE | VCPU_REQUEST_HELD);
    return requests || vcpu->events.is_busy || vcpu_interrupt(vcpu) >= 0;
}

static void vcpu_serve_devices(struct vcpu *vcpu)
{
    spinlock_take(&vcpu->vm->lock);
    vcpu->vm->io->serve(vcpu);
    spinlock_release(&vcpu->vm->lock);
}

void vcpu_take_flush(struct vcpu *vcpu)
{
    __atomic_fetch_and(&vcpu->requests, ~VCPU_REQUEST_FLUSH, __ATOMIC_ACQ_REL);
    vcpu->is_flush_wanted = true;
    vcpu->flushes++;
    if (mode_memory_changes(&vcpu->vm->mode))
        instruction_forget(vcpu);
    vcpu->vm->cpu->hold(vcpu, true);
}

/* From here on until vcpu_leave_guest, who changes what this CPU may have cached waits for it: see vm_flush_guests.
 * What was asked for before is done now, with an event possibly on its way already. */
static inline void vcpu_enter_guest(struct vcpu *vcpu)
{
    __atomic_store_n(&vcpu->is_in_guest, true, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&vcpu->requests, __ATOMIC_SEQ_CST) & VCPU_REQUEST_FLUSH)
        vcpu_take_flush(vcpu);
}

static inline void vcpu_leave_guest(struct vcpu *vcpu)
{
    __atomic_store_n(&vcpu->is_in_guest, false, __ATOMIC_RELEASE);
}

/* Emulates what the CPU cannot run. False when that is not over: others get their turn, or the VCPU has halted. */
static bool vcpu_emulate(struct vcpu *vcpu, enum vcpu_leave *why)
{
    __atomic_fetch_and(&vcpu->requests, ~VCPU_REQUEST_EMULATE, __ATOMIC_RELAXED);
    enum realmode_outcome outcome = realmode_run(vcpu);
    *why = outcome == REALMODE_STOP ? VCPU_LEAVE_STOP : VCPU_LEAVE_YIELD;
    if (outcome == REALMODE_HALT)
        *why = vcpu_life_halt(vcpu);
    if ((outcome == REALMODE_MORE || outcome == REALMODE_HALT) && *why != VCPU_LEAVE_OFFLINE)
        __atomic_fetch_or(&vcpu->requests, VCPU_REQUEST_EMULATE, __ATOMIC_RELAXED);
    return outcome == REALMODE_DONE;
}

/* What other CPUs have asked for. False when the VCPU has to leave. */
static bool vcpu_take_requests(struct vcpu *vcpu, enum vcpu_leave *why)
{
    uint32_t requests = __atomic_exchange_n(&vcpu->requests, 0, __ATOMIC_ACQUIRE);
    if (requests & VCPU_REQUEST_STOP || vm_is_stopped(vcpu->vm)) {
        *why = VCPU_LEAVE_STOP;
        return false;
    }
    if (requests & VCPU_REQUEST_FLUSH)
        vcpu_take_flush(vcpu);
    if (requests & VCPU_REQUEST_HELD)
        vcpu->events.is_busy = true;
    if (requests & VCPU_REQUEST_LIFE)
        vcpu_life_take(vcpu);
    if (requests & VCPU_REQUEST_DEVICES)
        vcpu_serve_devices(vcpu);
    requests |= __atomic_load_n(&vcpu->requests, __ATOMIC_RELAXED);
    if (vcpu_life_is_halted(vcpu)) {
        __atomic_fetch_or(&vcpu->requests, requests & VCPU_REQUEST_EMULATE, __ATOMIC_RELAXED);
        *why = vcpu_life_halt(vcpu);
        return false;
    }
    if (requests & VCPU_REQUEST_EMULATE && !vcpu->is_offline && !vcpu_emulate(vcpu, why))
        return false;
    *why = vm_is_stopped(vcpu->vm) ? VCPU_LEAVE_STOP : vcpu->is_offline ? VCPU_LEAVE_OFFLINE : VCPU_LEAVE_YIELD;
    return *why == VCPU_LEAVE_YIELD && !(requests & VCPU_REQUEST_YIELD);
}

/* A raised task priority may hold an interrupt back: the guest lowers it without an exit, so the window is opened for
 * when it does. */
static void vcpu_watch_task_priority(struct vcpu *vcpu)
{
    int vector = vcpu->vm->io->masked(vcpu->vm, vcpu->number);
    if (vector >= 0)
        vcpu->vm->cpu->window(vcpu, VM_EVENT_INTERRUPT, (uint8_t)vector);
}

static void vcpu_inject_interrupt(struct vcpu *vcpu, int vector)
{
    struct vm_event event = {.kind = VM_EVENT_INTERRUPT, .vector = (uint8_t)vector};
    vcpu->vm->cpu->inject(vcpu, &event);
    vcpu->account.injections++;
}

/* An interrupt from the VM's controllers: into the guest if it can take it, else the window is opened. */
static void vcpu_deliver_interrupt(struct vcpu *vcpu)
{
    struct vm *vm = vcpu->vm;
    spinlock_take(&vm->lock);
    int vector = vcpu_interrupt(vcpu);
    bool is_open = vector >= 0 && vm->cpu->window(vcpu, VM_EVENT_INTERRUPT, (uint8_t)vector);
    if (is_open)
        vector = vm->io->acknowledge(vcpu);
    spinlock_release(&vm->lock);
    if (is_open && vector >= 0)
        vcpu_inject_interrupt(vcpu, vector);
}

static void vcpu_deliver_exception(struct vcpu *vcpu)
{
    struct event_queue *events = &vcpu->events;
    vcpu->vm->cpu->inject(vcpu, &events->exception);
    events->has_fault_address = false;
    vcpu->account.injections++;
    events->exception.kind = VM_EVENT_NONE;
}

static bool vcpu_deliver_nmi(struct vcpu *vcpu)
{
    static const struct vm_event nmi = {.kind = VM_EVENT_NMI, .vector = X86_VECTOR_NMI};
    if (!vcpu->vm->cpu->window(vcpu, VM_EVENT_NMI, nmi.vector))
        return false;
    vcpu->vm->cpu->inject(vcpu, &nmi);
    vcpu->account.injections++;
    vcpu->events.nmis--;
    return true;
}

static bool vcpu_deliver_interrupted(struct vcpu *vcpu)
{
    struct event_queue *events = &vcpu->events;
    if (!vcpu->vm->cpu->window(vcpu, VM_EVENT_INTERRUPT, (uint8_t)events->interrupted_vector))
        return false;
    vcpu_inject_interrupt(vcpu, events->interrupted_vector);
    events->interrupted_vector = -1;
    return true;
}

/* An NMI goes behind an exception and before an interrupt, also before one that has been acknowledged already. True:
 * an event that was in the queue has gone. */
static bool vcpu_deliver_beside_nmi(struct vcpu *vcpu)
{
    const struct event_queue *events = &vcpu->events;
    if (event_is_waiting(events)) {
        vcpu_deliver_exception(vcpu);
        return true;
    }
    if (vcpu_deliver_nmi(vcpu))
        return true;
    if (events->interrupted_vector >= 0)
        return vcpu_deliver_interrupted(vcpu);
    if (vcpu_interrupt(vcpu) >= 0)
        vcpu_deliver_interrupt(vcpu);
    return false;
}

/* No window tells when an NMI can follow an event that goes first, or an interrupt an NMI: this CPU interrupts itself,
 * so that both are looked at again as soon as the guest has been entered. */
static __attribute__((noinline)) void vcpu_deliver_nmis(struct vcpu *vcpu)
{
    struct event_queue *events = &vcpu->events;
    bool is_delivered = vcpu_deliver_beside_nmi(vcpu);
    events->is_busy = events->interrupted_vector >= 0 || events->nmis;
    if (is_delivered && (events->is_busy || vcpu_interrupt(vcpu) >= 0))
        cpu_kick(cpu_current()->index);
}

/* An interrupt that goes behind an exception comes as soon as that one's handler lets it. The window does not open
 * between the two: if the guest could take it now, this CPU interrupts itself. */
static __attribute__((noinline)) void vcpu_await_interrupt(struct vcpu *vcpu)
{
    struct event_queue *events = &vcpu->events;
    events->is_busy = events->interrupted_vector >= 0;
    int vector = events->is_busy ? events->interrupted_vector : vcpu_interrupt(vcpu);
    if (vcpu->vm->cpu->window(vcpu, VM_EVENT_INTERRUPT, (uint8_t)vector))
        cpu_kick(cpu_current()->index);
}

/* False when the VM has been stopped. */
static __attribute__((noinline)) bool vcpu_deliver_rare(struct vcpu *vcpu)
{
    if (vcpu->events.triple_fault) {
        report_stop(vcpu, VM_STOP_TRIPLE_FAULT, "an exception in the delivery of a double fault");
        return false;
    }
    vcpu_deliver_nmis(vcpu);
    return true;
}

/* What waits in the queue, one event an entry: an exception first; an interrupt that has been acknowledged already
 * stays until that is on its way. False when the VM has been stopped. */
static bool vcpu_deliver_queued(struct vcpu *vcpu)
{
    struct event_queue *events = &vcpu->events;
    if (__builtin_expect(events->triple_fault || events->nmis, 0))
        return vcpu_deliver_rare(vcpu);
    if (event_is_waiting(events)) {
        vcpu_deliver_exception(vcpu);
        if (__builtin_expect((events->interrupted_vector & vcpu_interrupt(vcpu)) >= 0, 0))
            vcpu_await_interrupt(vcpu);
        else
            events->is_busy = false;
        return true;
    }
    if (events->interrupted_vector >= 0)
        vcpu_deliver_interrupted(vcpu);
    events->is_busy = events->interrupted_vector >= 0;
    return true;
}

static bool vcpu_prepare(struct vcpu *vcpu, uint64_t slice_end, enum vcpu_leave *why)
{
    struct vm *vm = vcpu->vm;
    struct cpu *cpu = cpu_current();

    if (__builtin_expect(cpu->need_resched || vm->deadline != vcpu->prepared_deadline, 0)) {
        if (cpu->need_resched)
            scheduler_take_interrupt();
        *why = VCPU_LEAVE_YIELD;
        if (!scheduler_prepare(vcpu, slice_end))
            return false;
        vcpu->prepared_deadline = vm->deadline;
    }
    /* Behind what this CPU may ask by itself. */
    if (__builtin_expect(__atomic_load_n(&vcpu->requests, __ATOMIC_RELAXED), 0) && !vcpu_take_requests(vcpu, why))
        return false;
    if (__builtin_expect(vcpu->events.is_busy, 0)) {
        *why = VCPU_LEAVE_STOP;
        return vcpu_deliver_queued(vcpu);
    }
    if (__builtin_expect(vcpu_interrupt(vcpu) >= 0, 0))
        vcpu_deliver_interrupt(vcpu);
    else if (__builtin_expect(vcpu->task_priority, 0))
        vcpu_watch_task_priority(vcpu);
    return true;
}

static void vcpu_sync_task_priority(struct vcpu *vcpu)
{
    spinlock_take(&vcpu->vm->lock);
    vcpu->task_priority = vcpu->exit.task_priority;
    vcpu->vm->io->set_task_priority(vcpu, vcpu->task_priority);
    spinlock_release(&vcpu->vm->lock);
}

/* Turns whose exits only answer the guest follow one another with nothing to prepare: what else could have changed has
 * a timer or a kick of its own, which ends the guest's run. */
static inline __attribute__((always_inline)) enum vm_action vcpu_turn(struct vcpu *vcpu, const struct cpu_backend *cpu,
                                                                      bool has_others)
{
    for (;;) {
        if (has_others)
            vcpu_enter_guest(vcpu);
        account_enter(&vcpu->account, vcpu->exit.reason, tsc_read());
        vcpu = cpu_backend_enter(cpu, vcpu);
        account_exit(&vcpu->account, tsc_read());
        if (has_others)
            vcpu_leave_guest(vcpu);
        cpu->decode(vcpu);
        if (__builtin_expect(vcpu->exit.interrupted.kind, 0))
            event_restore(&vcpu->events, &vcpu->exit.interrupted);
        if (__builtin_expect(vcpu->exit.task_priority != vcpu->task_priority, 0))
            vcpu_sync_task_priority(vcpu);
        enum vm_action action = dispatch_exit(vcpu);
        if (__builtin_expect(action != VM_ANSWER, 0))
            return action;
        cpu->advance(vcpu, vcpu->exit.next_rip);
        /* No atomic load: what comes a moment later is met at the next exit, which its kick brings about. */
        if (__builtin_expect(vcpu->events.is_busy | vcpu->requests, 0))
            return VM_RESUME;
    }
}

/* Apart, so that registers are kept once for all turns. */
static __attribute__((noinline)) enum vm_action vcpu_turns_alone(struct vcpu *vcpu, const struct cpu_backend *cpu)
{
    return vcpu_turn(vcpu, cpu, false);
}

static __attribute__((noinline)) enum vm_action vcpu_turns_among_others(struct vcpu *vcpu,
                                                                        const struct cpu_backend *cpu)
{
    return vcpu_turn(vcpu, cpu, true);
}

enum vcpu_leave vcpu_run(struct vcpu *vcpu, uint64_t slice_end, uint64_t idle)
{
    const struct cpu_backend *cpu = vcpu->vm->cpu;
    struct account *account = &vcpu->account;
    enum vcpu_leave why = VCPU_LEAVE_STOP;
    enum vm_action (*turns)(struct vcpu * vcpu, const struct cpu_backend *cpu) =
        vcpu->vm->vcpu_count > 1 ? vcpu_turns_among_others : vcpu_turns_alone;

    account_return(account, tsc_read(), idle);
    vcpu->prepared_deadline = vcpu->vm->deadline + 1; /* the timer of this CPU is not set for it yet */
    while (vcpu_prepare(vcpu, slice_end, &why)) {
        switch (turns(vcpu, cpu)) {
        case VM_ANSWER:
        case VM_RESUME:
            continue;
        case VM_SKIP:
            cpu->advance(vcpu, vcpu->exit.next_rip);
            continue;
        case VM_BLOCK:
            cpu->advance(vcpu, vcpu->exit.next_rip);
            why = vcpu_life_halt(vcpu);
            break;
        case VM_STOP:
            why = VCPU_LEAVE_STOP;
            break;
        }
        break;
    }
    account_hypervisor_until(account, tsc_read());
    return why;
}
