/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list, its lock, and the verdict at the end. Locks: the list's before a VM's.
 */
#include "core/vm_list.h"
#include "core/record.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "machine/panic.h"
#include <coopvirt/abi.h>
#include <coopvirt/format.h>

static struct spinlock vm_list_lock = SPINLOCK_INITIALISER;
static struct vm *vm_list[VM_LIMIT];
static unsigned vm_list_count; /* VMs that exist */
static bool vm_list_has_failed;
static char vm_list_reason[96] = "every VM ended by itself";

void vm_list_add(struct vm *vm)
{
    spinlock_take(&vm_list_lock);
    vm_list[vm->number] = vm;
    vm_list_count++;
    spinlock_release(&vm_list_lock);
}

bool vm_list_console_input(uint8_t byte)
{
    spinlock_take(&vm_list_lock);
    bool is_taken = !vm_list[0] || vm_console_input(vm_list[0], byte);
    spinlock_release(&vm_list_lock);
    return is_taken;
}

static bool vm_list_has_vcpu_on(const struct vm *vm, unsigned cpu)
{
    for (unsigned i = 0; i < vm->vcpu_count; i++)
        if (__atomic_load_n(&vm->vcpus[i]->cpu, __ATOMIC_RELAXED) == cpu)
            return true;
    return false;
}

uint64_t vm_list_advance(unsigned cpu, uint64_t now)
{
    uint64_t next = UINT64_MAX;
    spinlock_take(&vm_list_lock);
    for (unsigned i = 0; i < VM_LIMIT; i++) {
        struct vm *vm = vm_list[i];
        if (!vm || vm_is_stopped(vm) || !vm_list_has_vcpu_on(vm, cpu))
            continue;
        vm_advance(vm, now);
        if (vm->deadline < next)
            next = vm->deadline;
    }
    spinlock_release(&vm_list_lock);
    return next;
}

/* A run is good when every guest said so. */
static bool vm_list_is_good(const struct vm *vm)
{
    return vm->stop == VM_STOP_POWER_OFF || (vm->stop == VM_STOP_EXIT_PORT && vm->stop_status == COOP_EXIT_OK);
}

void vm_list_vcpu_left(struct vm *vm)
{
    if (__atomic_sub_fetch(&vm->running_vcpus, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    spinlock_take(&vm_list_lock);
    vm_list[vm->number] = 0;
    spinlock_release(&vm_list_lock);

    record_stop(vm);
    bool is_good = vm_list_is_good(vm);
    spinlock_take(&vm_list_lock);
    if (!is_good && !vm_list_has_failed) {
        vm_list_has_failed = true;
        format_string(vm_list_reason, sizeof(vm_list_reason), "vm %u: %s", vm->number, vm_stop_name(vm->stop));
    }
    spinlock_release(&vm_list_lock);
    vm_destroy(vm);
    if (__atomic_sub_fetch(&vm_list_count, 1, __ATOMIC_ACQ_REL) == 0)
        machine_end(!vm_list_has_failed, vm_list_reason);
}
