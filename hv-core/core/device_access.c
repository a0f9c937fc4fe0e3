/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One access to the registry and its consequences.
 */
#include "core/device_access.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/cpu_backend.h"
#include "io/emulated/platform.h"

static void device_stop(struct vm *vm)
{
    static const enum vm_stop reasons[] = {
        [PLATFORM_RUNNING] = VM_STOP_BAD_STATE,
        [PLATFORM_STOP_EXIT_PORT] = VM_STOP_EXIT_PORT,
        [PLATFORM_STOP_POWER_OFF] = VM_STOP_POWER_OFF,
        [PLATFORM_STOP_RESET] = VM_STOP_RESET,
    };
    uint8_t status = 0;
    enum platform_stop stop = platform_stopped(vm->platform, &status);
    vm_stop(vm, reasons[stop], status);
}

bool device_access(struct vcpu *vcpu, enum io_space space, struct io_access *access)
{
    struct vm *vm = vcpu->vm;
    spinlock_take(&vm->lock);
    enum io_result result = io_registry_access(platform_registry(vm->platform), space, access);
    __atomic_store_n(&vm->deadline, platform_next_deadline(vm->platform), __ATOMIC_RELAXED);
    if (space == IO_MEMORY && access->is_write) {
        vcpu->task_priority = platform_cr8_read(vm->platform, vcpu->number);
        vm->cpu->set_task_priority(vcpu, vcpu->task_priority);
    }
    spinlock_release(&vm->lock);
    if (result == IO_STOP_VM)
        device_stop(vm);
    return !vm_is_stopped(vm);
}

uint64_t device_access_string(struct vcpu *vcpu, struct io_access *access, uint8_t *values, uint64_t count)
{
    struct vm *vm = vcpu->vm;
    enum io_result result;
    spinlock_take(&vm->lock);
    uint64_t done = io_registry_access_string(platform_registry(vm->platform), access, values, count, &result);
    __atomic_store_n(&vm->deadline, platform_next_deadline(vm->platform), __ATOMIC_RELAXED);
    spinlock_release(&vm->lock);
    if (result == IO_STOP_VM)
        device_stop(vm);
    return done;
}
