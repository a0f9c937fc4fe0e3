/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nested paging as an mmu service: all of a VM's memory is mapped when it is made, with the largest pages that fit, so
 * that a second-level fault means a device, a hole or a forbidden access.
 */
#include "core/vm.h"
#include "core/vm_memory.h"
#include "machine/log.h"
#include "mmu/mmu_backend.h"

/* Once the guest has given pages back, a table is not put where one of them was: it comes again, and only in its own
 * place does it make one large page with its neighbours. */
static coop_paddr nested_backend_allocate(void *context)
{
    const struct vm *vm = context;
    if (!vm->nested_memory.range_count)
        return frame_allocate_zeroed(vm_owner(vm));
    return frame_allocate_behind(vm_memory_end(vm), vm_owner(vm));
}

static void nested_backend_release(void *context, coop_paddr frame)
{
    frame_free(frame, 1, vm_owner(context));
}

static int nested_backend_vm_create(struct vm *vm)
{
    struct nested_world world = {vm, nested_backend_allocate, nested_backend_release, frame_address};
    nested_memory_start(&vm->nested_memory, &vm->nested, &vm->memory);
    int error = nested_create(&vm->nested, vm_nested_format(vm), &world);
    for (unsigned i = 0; !error && i < vm->memory.count; i++) {
        const struct guest_memory_range *range = &vm->memory.ranges[i];
        error = nested_map(&vm->nested, range->start, range->machine, range->bytes,
                           range->is_writable ? NESTED_ALL : NESTED_READ | NESTED_EXECUTE);
    }
    if (!error)
        log_info("vm %u: nested tables in %lu frames map %lu x 1 GiB, %lu x 2 MiB, %lu x 4 KiB", vm->number,
                 vm->nested.table_frames, vm->nested.pages[2], vm->nested.pages[1], vm->nested.pages[0]);
    return error;
}

static void nested_backend_vm_destroy(struct vm *vm)
{
    if (vm->nested.format)
        nested_destroy(&vm->nested);
}

static enum mmu_fault_outcome nested_backend_fault(struct vm *vm, const struct vm_exit_fault *fault)
{
    struct nested_mapping mapping = nested_lookup(&vm->nested, fault->address);
    if (!mapping.is_present)
        return MMU_FAULT_DEVICE;
    if (fault->is_write && !(mapping.permissions & NESTED_WRITE))
        return MMU_FAULT_READ_ONLY;
    return MMU_FAULT_MAPPED;
}

static int nested_backend_protect(struct vm *vm, coop_paddr start, uint64_t bytes, unsigned permissions)
{
    int error = nested_protect(&vm->nested, start, bytes, permissions);
    vm_flush(vm);
    return error;
}

/* The CPU reads the guest's registers and tables itself. */
static void nested_backend_registers_changed(struct vcpu *vcpu)
{
    (void)vcpu;
}

static void nested_backend_written(struct vcpu *vcpu, coop_paddr address, uint64_t bytes)
{
    (void)vcpu;
    (void)address;
    (void)bytes;
}

static void *nested_backend_hold(struct vm *vm, coop_paddr address, uint64_t bytes, bool is_write)
{
    return nested_memory_hold(&vm->nested_memory, address, bytes, is_write);
}

static void nested_backend_release_held(struct vm *vm, coop_paddr address, uint64_t bytes, bool is_write)
{
    (void)is_write;
    nested_memory_unhold(&vm->nested_memory, address, bytes);
}

const struct mmu_backend nested_backend = {
    .name = "nested",
    .vcpus_most = VM_VCPUS,
    .vm_create = nested_backend_vm_create,
    .vm_destroy = nested_backend_vm_destroy,
    .fault = nested_backend_fault,
    .protect = nested_backend_protect,
    .registers_changed = nested_backend_registers_changed,
    .written = nested_backend_written,
    .hold = nested_backend_hold,
    .release = nested_backend_release_held,
};
