/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One access to a device and its consequences.
 */
#include "core/device_access.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/cpu_backend.h"
#include "io/io_backend.h"

bool device_access(struct vcpu *vcpu, enum io_space space, struct io_access *access)
{
    struct vm *vm = vcpu->vm;
    spinlock_take(&vm->lock);
    vm->io->access(vcpu, space, access);
    if (space == IO_MEMORY && access->is_write) {
        vcpu->task_priority = vm->io->task_priority(vcpu);
        vm->cpu->write_control(vcpu, 8, vcpu->task_priority);
    }
    spinlock_release(&vm->lock);
    return !vm_is_stopped(vm);
}

uint64_t device_access_string(struct vcpu *vcpu, struct io_access *access, uint8_t *values, uint64_t count)
{
    struct vm *vm = vcpu->vm;
    spinlock_take(&vm->lock);
    uint64_t done = vm->io->access_string(vcpu, access, values, count);
    spinlock_release(&vm->lock);
    return done;
}
