/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Birth and death of a VM, its time, and what it writes for people to read.
 */
#include "core/vm.h"
#include "core/dispatch.h"
#include "core/record.h"
#include "core/vcpu.h"
#include "core/vm_memory.h"
#include "cpu/cpu_backend.h"
#include "io/io_backend.h"
#include "machine/cpu.h"
#include "machine/log.h"
#include "machine/tsc.h"
#include "mmu/mmu_backend.h"
#include <coopvirt/error.h>
#include <coopvirt/mutation.h>
#include <coopvirt/string.h>
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

static const char *const vm_stop_names[] = {
    [VM_STOP_NONE] = "running",
    [VM_STOP_EXIT_PORT] = "exit-port",
    [VM_STOP_POWER_OFF] = "power-off",
    [VM_STOP_RESET] = "reset",
    [VM_STOP_TRIPLE_FAULT] = "triple-fault",
    [VM_STOP_BAD_STATE] = "bad-state",
    [VM_STOP_UNHANDLED_EXIT] = "unhandled-exit",
    [VM_STOP_BAD_ACCESS] = "bad-access",
    [VM_STOP_LOG_FLOOD] = "log-flood",
    [VM_STOP_HALTED] = "halted",
    [VM_STOP_LIMIT] = "limit",
    [VM_STOP_CRASH] = "crash",
    [VM_STOP_QUEUE] = "queue",
};

const char *vm_stop_name(enum vm_stop reason)
{
    return vm_stop_names[reason];
}

const struct nested_format *vm_nested_format(const struct vm *vm)
{
    return vm->cpu->nested_format;
}

void vm_stop(struct vm *vm, enum vm_stop reason, uint8_t status)
{
    uint32_t none = VM_STOP_NONE;
    if (!__atomic_compare_exchange_n(&vm->stop, &none, reason, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return;
    vm->stop_status = status;
    for (unsigned i = 0; i < vm->vcpu_count; i++)
        vcpu_request(vm->vcpus[i], VCPU_REQUEST_STOP);
}

void vm_advance(struct vm *vm, uint64_t now)
{
    if (__atomic_load_n(&vm->deadline, __ATOMIC_RELAXED) > now)
        return;
    spinlock_take(&vm->lock);
    vm->io->advance(vm, now);
    spinlock_release(&vm->lock);
}

static bool vm_is_flush_pending(const struct vcpu *vcpu)
{
    return __atomic_load_n(&vcpu->requests, __ATOMIC_SEQ_CST) & VCPU_REQUEST_FLUSH;
}

void vm_flush(struct vm *vm)
{
    struct vcpu *self = cpu_current()->running;
    for (unsigned i = 0; i < vm->vcpu_count && vm->vcpus[i]; i++)
        vcpu_request(vm->vcpus[i], VCPU_REQUEST_FLUSH);
    for (unsigned i = 0; i < vm->vcpu_count && vm->vcpus[i]; i++)
        while (vm->vcpus[i] != self && vm->vcpus[i]->state == VCPU_RUNNING && vm_is_flush_pending(vm->vcpus[i])) {
            if (self && vm_is_flush_pending(self)) /* who asked waits for us as we do for others */
                vcpu_take_flush(self);
            x86_pause();
        }
}

/* Whether flushing the VCPUs of a mask concerns this one, which is not ourselves. */
static bool vm_is_other(const struct vcpu *vcpu, uint64_t mask)
{
    return vcpu && mask >> vcpu->number & 1 && vcpu != cpu_current()->running;
}

void vm_flush_vcpus(struct vm *vm, uint64_t mask)
{
    for (unsigned i = 0; i < vm->vcpu_count; i++) {
        struct vcpu *vcpu = vm->vcpus[i];
        if (!vm_is_other(vcpu, mask))
            continue;
        __atomic_fetch_or(&vcpu->requests, VCPU_REQUEST_FLUSH, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&vcpu->is_in_guest, __ATOMIC_SEQ_CST))
            cpu_kick(__atomic_load_n(&vcpu->cpu, __ATOMIC_RELAXED));
    }
    for (unsigned i = 0; i < vm->vcpu_count; i++)
        while (vm_is_other(vm->vcpus[i], mask) && vm_is_flush_pending(vm->vcpus[i]) &&
               __atomic_load_n(&vm->vcpus[i]->is_in_guest, __ATOMIC_SEQ_CST))
            x86_pause();
}

void vm_flush_guests(struct vm *vm)
{
    vm_flush_vcpus(vm, UINT64_MAX);
}

void vm_check_online(struct vm *vm)
{
    if (vm->online_vcpus || vm_is_stopped(vm))
        return;
    log_error("vm %u: every VCPU has halted with interrupts off, or waits for a start-up IPI", vm->number);
    vm_stop(vm, VM_STOP_HALTED, 0);
}

bool vm_console_input(struct vm *vm, uint8_t byte)
{
    spinlock_take(&vm->lock);
    bool is_taken = vm->io->console_input(vm, byte);
    spinlock_release(&vm->lock);
    return is_taken;
}

/* Counts bytes written to one of the serial lines. False when the quota is used up. */
static bool vm_may_write(struct vm *vm, uint64_t *written, uint64_t count, const char *where)
{
    uint64_t before = *written;
    *written += count;
    if (*written <= vm->log_quota_bytes || MUTATED(vm_log_quota))
        return true;
    if (before <= vm->log_quota_bytes) {
        log_error("vm %u is stopped: it wrote more than %lu bytes to its %s", vm->number, vm->log_quota_bytes, where);
        vm_stop(vm, VM_STOP_LOG_FLOOD, 0);
    }
    return false;
}

/* COM2 in whole lines, up to the quota. */
static void vm_log_byte(struct vm *vm, char byte)
{
    struct vm_log *log = &vm->log;
    if (!vm_may_write(vm, &log->bytes, 1, "log"))
        return;
    if (byte == '\n' || log->used == VM_LINE_BYTES) {
        log_line(log->line, log->used);
        log->used = 0;
    }
    if (byte != '\n' && byte != '\r')
        log->line[log->used++] = byte;
}

void vm_console_write(struct vm *vm, unsigned line, const char *bytes, size_t count)
{
    if (line == 0) {
        if (vm_may_write(vm, &vm->console_bytes, count, "console"))
            console_write(bytes, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        vm_log_byte(vm, bytes[i]);
}

/* The devices, on a disk that no other VM writes to. */
static int vm_create_devices(struct vm *vm, const struct vm_config *config)
{
    struct vm_config own = *config;
    if (config->disk && config->is_disk_shared) {
        coop_paddr copy = vm_memory_extra(vm, config->disk_bytes);
        if (copy == FRAME_NONE)
            return -ENOMEM;
        own.disk = frame_address(copy);
        memcpy(own.disk, config->disk, config->disk_bytes);
    }
    return vm->io->create(vm, &own);
}

static size_t vm_frames(void)
{
    size_t bytes = sizeof(struct vm) + 2 * VM_EXIT_REASONS * sizeof(struct vm_exit_row);
    return (bytes + X86_PAGE_BYTES - 1) / X86_PAGE_BYTES;
}

static const char *vm_create_parts(struct vm *vm, const struct vm_config *config)
{
    if (vm_memory_create(vm))
        return "memory";
    if (vm->mmu->vm_create(vm))
        return "page tables";
    if (vm_create_devices(vm, config))
        return "devices";
    for (unsigned i = 0; i < vm->vcpu_count; i++)
        if (vcpu_create(vm, i))
            return "VCPUs";
    return 0;
}

struct vm *vm_create(const struct vm_config *config)
{
    frame_owner owner = (frame_owner)(FRAME_OWNER_VM_FIRST + config->number);
    size_t before = frame_count_of(owner);
    coop_paddr frames = frame_allocate(vm_frames(), X86_PAGE_BYTES, owner);
    if (frames == FRAME_NONE)
        return 0;
    struct vm *vm = frame_address(frames);
    memset(vm, 0, vm_frames() * X86_PAGE_BYTES);
    vm->number = config->number;
    vm->mode = config->mode;
    vm->cpu = config->cpu;
    vm->features = mode_memory_changes(&vm->mode) ? COOP_FEATURE_MEMORY : 0;
    vm->mmu = config->mmu;
    vm->io = config->io;
    vm->vcpu_count = vm->running_vcpus = config->vcpus;
    vm->memory_bytes = config->memory_bytes;
    vm->low_bytes = config->memory_bytes < config->hole ? config->memory_bytes : config->hole;
    vm->frames_before = before;
    vm->log_quota_bytes = config->log_quota_bytes;
    vm->busy_limit = config->busy_limit;
    vm->realtime_at_start = config->realtime_at_start;
    vm->created = tsc_read();
    vm->switches = config->switches;
    unsigned targets = vm->cpu->direct->root_targets;
    vm->root_targets = vm->switches.cr3cache < targets ? vm->switches.cr3cache : targets;
    vm->lapic_khz = tsc_khz(); /* the guest's timers count TSC units */
    struct vm_exit_row *exits = (struct vm_exit_row *)(vm + 1);
    dispatch_compose(exits, &vm->mode);
    vm->shadow.has_unsync = vm->switches.unsync;
    if (vm->switches.cluster) {
        cluster_install(exits, exits + VM_EXIT_REASONS);
        vm->cluster_own = exits + VM_EXIT_REASONS;
    }
    vm->exits = exits;
    hypercall_compose(vm->hypercalls, &vm->mode);
    const char *missing = vm_create_parts(vm, config);
    if (!missing)
        return vm;
    log_error("vm %u cannot be made: no room for its %s", vm->number, missing);
    vm_destroy(vm);
    return 0;
}

void vm_destroy(struct vm *vm)
{
    unsigned number = vm->number;
    size_t before = vm->frames_before;
    if (vm->devices)
        vm->io->destroy(vm); /* before the VCPUs, which other VMs' frames wake */
    for (unsigned i = 0; i < vm->vcpu_count; i++)
        if (vm->vcpus[i])
            vcpu_destroy(vm->vcpus[i]);
    vm_memory_destroy_changed(vm);
    vm->mmu->vm_destroy(vm);
    vm_memory_destroy(vm);
    frame_free(frame_of_address(vm), vm_frames(), vm_owner(vm));
    size_t after = frame_count_of((frame_owner)(FRAME_OWNER_VM_FIRST + number));
    log_info("vm %u is gone: it owned %zu frames before its creation, %zu after its destruction", number, before,
             after);
    if (before != after)
        log_error("vm %u has lost frames", number);
}

void vm_start(struct vm *vm)
{
    vm->online_vcpus = 1;
    record_controls(vm->vcpus[0]);
    scheduler_wake(vm->vcpus[0], true);
}
