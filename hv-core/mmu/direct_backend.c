/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct page tables of a VM: the records of its frames, what a flush means for its VCPU, and the roots in use. A VM on
 * them has one VCPU.
 */
#include "mmu/direct_backend.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "core/vm_memory.h"
#include "cpu/cpu_backend.h"
#include "machine/cpu.h"
#include "machine/log.h"
#include "machine/tsc.h"
#include "mmu/direct_batch.h"
#include <coopvirt/error.h>
#include <coopvirt/primitives.h>

#define PATIENCE         200000 /* TSC units that a batch may go on while others might wait */
#define FLUSH_PAGES_MOST 32     /* more are cheaper flushed with everything else */

/* What the CPU that runs the VCPU does before it enters the guest again; another CPU's VCPU has to be told. */
static void direct_backend_want_flush(struct vcpu *vcpu)
{
    if (vcpu->state == VCPU_RUNNING)
        vcpu->is_flush_wanted = true;
    else
        __atomic_fetch_or(&vcpu->requests, VCPU_REQUEST_FLUSH, __ATOMIC_RELEASE);
}

static void direct_backend_flush(void *context, enum direct_flush why)
{
    struct vm *vm = context;
    (void)why;
    if (vm->vcpus[0])
        direct_backend_want_flush(vm->vcpus[0]);
}

static void direct_backend_apply(struct vcpu *vcpu)
{
    if ((vcpu->is_flush_wanted || vcpu->is_root_changed) && vcpu->state == VCPU_RUNNING)
        vcpu->vm->cpu->hold(vcpu, true);
}

static int direct_backend_batch_root(void *caller, coop_paddr kernel, coop_paddr user)
{
    return direct_root_load(caller, kernel, user);
}

/* The mask names VCPUs, of which there is one. Nothing but the guest's own view of its memory depends on this. */
static int direct_backend_guest_flush(void *caller, unsigned operation, uint64_t linear, uint64_t value)
{
    struct vcpu *vcpu = caller;
    const struct cpu_direct *cpu = vcpu->vm->cpu->direct;
    uint64_t pages = operation == COOP_MMU_FLUSH_RANGE ? value : 1;
    if (operation != COOP_MMU_FLUSH_RANGE && value & ~(1ul << vcpu->number) && !MUTATED(direct_flush_mask))
        return COOP_EINVAL;
    if (operation == COOP_MMU_FLUSH_ALL || !cpu->flush_page || pages > FLUSH_PAGES_MOST) {
        vcpu->is_root_changed = true; /* which flushes as much */
        return 0;
    }
    for (uint64_t i = 0; i < pages; i++)
        cpu->flush_page(linear + i * X86_PAGE_BYTES);
    return 0;
}

static bool direct_backend_should_yield(void *caller, uint64_t *since)
{
    const struct vcpu *vcpu = caller;
    uint64_t now = tsc_read();
    if (!*since)
        *since = now;
    return __atomic_load_n(&vcpu->requests, __ATOMIC_RELAXED) || now - *since > PATIENCE;
}

static bool direct_backend_get_root(void *context, coop_paddr root)
{
    return !direct_root_get(&((struct vm *)context)->direct, root);
}

static void direct_backend_put_root(void *context, coop_paddr root)
{
    direct_root_put(&((struct vm *)context)->direct, root);
}

/* It may still be listed for a CPU to load by itself, or be user mode's of the address space that was left last. */
static void direct_backend_forget_root(void *context, coop_paddr root)
{
    struct vm *vm = context;
    const struct root_cache_world world = {vm, direct_backend_get_root, direct_backend_put_root};
    for (unsigned i = 0; i < vm->vcpu_count && vm->vcpus[i]; i++)
        if (root_cache_holds(&vm->vcpus[i]->roots, root) &&
            root_cache_drop(&vm->vcpus[i]->roots, &world, root, vm->vcpus[i]->paging_root))
            vm->vcpus[i]->is_root_changed = true; /* so that the CPU is told before the next entry */
}

/* Whatever writes guest memory in the guest's name asks here first: no table, and known to be no zeros afterwards. */
static bool direct_backend_may_write(void *context, coop_paddr machine, uint64_t bytes)
{
    struct vm *vm = context;
    if (!direct_hold(&vm->direct, machine, bytes))
        return false;
    direct_release(&vm->direct, machine, bytes);
    if (vm->vcpus[0])
        direct_backend_apply(vm->vcpus[0]);
    return true;
}

static int direct_backend_vm_create(struct vm *vm)
{
    const struct direct_world world = {
        .context = vm,
        .flush = direct_backend_flush,
        .root = direct_backend_batch_root,
        .guest_flush = direct_backend_guest_flush,
        .should_yield = direct_backend_should_yield,
        .forget_root = direct_backend_forget_root,
        .top_slots = vm->cpu->direct->top_slots,
    };
    size_t bytes = direct_bytes(&vm->memory);
    coop_paddr area = vm_memory_extra(vm, bytes);
    if (area == FRAME_NONE)
        return -ENOMEM;
    quadwords_clear(frame_address(area), bytes / 8);
    const struct direct_config config = {
        .memory = &vm->memory,
        .map = (uintptr_t)frame_address(0),
        .frames = frame_address(area),
        .is_deprivileged = vm->mode.cpu == MODE_CPU_DEPRIVILEGED,
        .is_shared = cpu_count() > 1, /* where a device's request may hold pages at any time */
        .batch_limit = vm->switches.batch_limit,
    };
    direct_create(&vm->direct, &world, &config);
    vm->features |= COOP_FEATURE_DIRECT;
    vm->memory.may_write = direct_backend_may_write;
    vm->memory.context = vm;
    log_info("vm %u: direct page tables, %lu KiB of records for %u extents", vm->number, bytes >> 10, vm->memory.count);
    return 0;
}

static void direct_backend_vm_destroy(struct vm *vm)
{
    const struct direct_counts *counts = &vm->direct.counts;
    log_info("vm %u: %lu page-table operations; flushes: %lu for new tables, %lu for other levels, %lu for pages; "
             "%lu tables cleared",
             vm->number, counts->operations, counts->flushes[DIRECT_FLUSH_TABLE], counts->flushes[DIRECT_FLUSH_LEVEL],
             counts->flushes[DIRECT_FLUSH_WRITABLE] + counts->flushes[DIRECT_FLUSH_HELD], counts->cleared);
}

/* There are no second-level faults without a second level. */
static enum mmu_fault_outcome direct_backend_second_level(struct vm *vm, const struct vm_exit_fault *fault)
{
    (void)vm;
    (void)fault;
    return MMU_FAULT_DEVICE;
}

static int direct_backend_protect(struct vm *vm, coop_paddr start, uint64_t bytes, unsigned permissions)
{
    (void)vm;
    (void)start;
    (void)bytes;
    (void)permissions;
    return -EOPNOTSUPP;
}

/* The CPU reads the guest's registers itself, and its root is loaded by direct_root_load alone. */
static void direct_backend_registers_changed(struct vcpu *vcpu)
{
    (void)vcpu;
}

/* It was no page table, or it would not have been written. */
static void direct_backend_written(struct vcpu *vcpu, coop_paddr address, uint64_t bytes)
{
    (void)vcpu;
    (void)address;
    (void)bytes;
}

static void *direct_backend_hold(struct vm *vm, coop_paddr address, uint64_t bytes, bool is_write)
{
    void *at = guest_memory_pointer(&vm->memory, address, bytes, false);
    if (!at || (is_write && !direct_hold(&vm->direct, address, bytes)))
        return 0;
    if (vm->vcpus[0])
        direct_backend_apply(vm->vcpus[0]);
    return at;
}

static void direct_backend_release(struct vm *vm, coop_paddr address, uint64_t bytes, bool is_write)
{
    if (is_write)
        direct_release(&vm->direct, address, bytes);
}

/* The root of user mode, which only a deprivileged kernel has: a reference to the next one, none to the last. */
static int direct_backend_get_user(struct vcpu *vcpu, coop_paddr user)
{
    if (vcpu->vm->mode.cpu != MODE_CPU_DEPRIVILEGED && !MUTATED(direct_root_user))
        return COOP_EINVAL;
    return user ? direct_root_get(&vcpu->vm->direct, user) : 0;
}

static void direct_backend_put_user(struct vcpu *vcpu, coop_paddr user)
{
    if (user)
        direct_root_put(&vcpu->vm->direct, user);
}

int direct_root_load(struct vcpu *vcpu, coop_paddr kernel, coop_paddr user)
{
    struct vm *vm = vcpu->vm;
    const struct root_cache_world world = {vm, direct_backend_get_root, direct_backend_put_root};
    bool is_other_user = user != vcpu->paging_root_user;
    if (is_other_user && direct_backend_get_user(vcpu, user))
        return COOP_EINVAL;
    if (!root_cache_load(&vcpu->roots, &world, kernel)) {
        if (is_other_user)
            direct_backend_put_user(vcpu, user);
        return COOP_EINVAL;
    }
    if (is_other_user)
        direct_backend_put_user(vcpu, vcpu->paging_root_user);
    vcpu->paging_root_user = user;
    vcpu->paging_root = kernel;
    vcpu->is_root_changed = true;
    if (vcpu->state == VCPU_RUNNING)
        vm->cpu->hold(vcpu, true);
    direct_flushed(&vm->direct, false); /* this VCPU is the only one */
    return 0;
}

uint64_t direct_backend_batch(struct vcpu *vcpu, coop_paddr operations, uint64_t count)
{
    struct vm *vm = vcpu->vm;
    spinlock_take(&vm->lock);
    uint64_t result = direct_batch(&vm->direct, vcpu, operations, count);
    direct_settle(&vm->direct);
    direct_backend_apply(vcpu);
    spinlock_release(&vm->lock);
    return result;
}

uint64_t direct_backend_root(struct vcpu *vcpu, coop_paddr kernel, coop_paddr user)
{
    struct vm *vm = vcpu->vm;
    spinlock_take(&vm->lock);
    uint64_t result = -(uint64_t)direct_root_load(vcpu, kernel, user);
    spinlock_release(&vm->lock);
    return result;
}

const struct mmu_backend direct_backend = {
    .name = "direct",
    .vcpus_most = 1,
    .vm_create = direct_backend_vm_create,
    .vm_destroy = direct_backend_vm_destroy,
    .fault = direct_backend_second_level,
    .protect = direct_backend_protect,
    .registers_changed = direct_backend_registers_changed,
    .written = direct_backend_written,
    .hold = direct_backend_hold,
    .release = direct_backend_release,
    .is_direct = true,
};
