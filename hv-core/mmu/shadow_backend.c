/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shadow tables of a VM: their memory and its limit, and what a flush means for a VCPU. A VM on them has one VCPU.
 */
#include "mmu/shadow_backend.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "core/vm_memory.h"
#include "cpu/cpu_backend.h"
#include "machine/log.h"
#include "mmu/shadow_fault.h"
#include <coopvirt/error.h>
#include <coopvirt/primitives.h>
#include <coopvirt/x86.h>

#define QUOTA_SHARE 16 /* of the guest's memory, in frames for shadow tables */
#define QUOTA_LEAST 256
#define PAGE_FRAMES 3

static coop_paddr shadow_backend_allocate(void *context)
{
    return frame_allocate_zeroed(vm_owner(context));
}

static void shadow_backend_release_frame(void *context, coop_paddr frame)
{
    frame_free(frame, 1, vm_owner(context));
}

static void shadow_backend_flush(void *context, enum shadow_flush why)
{
    struct vm *vm = context;
    (void)why;
    vm->vcpus[0]->is_flush_wanted = true;
}

/* To the CPU a deprivileged kernel and its user mode are the same ring: they get a root each. */
static bool shadow_backend_is_double(const struct vcpu *vcpu)
{
    return vcpu->vm->mode.cpu == MODE_CPU_DEPRIVILEGED;
}

/* That of the mode which the exit left. */
static struct shadow_cpu *shadow_backend_cpu(struct vcpu *vcpu, bool is_user)
{
    return is_user && shadow_backend_is_double(vcpu) ? &vcpu->shadow_user : &vcpu->shadow;
}

/* What has been asked for during a call is done before the guest runs again. */
static void shadow_backend_apply(struct vcpu *vcpu)
{
    if (!vcpu->is_flush_wanted)
        return;
    vcpu->paging_root = shadow_root(&vcpu->shadow);
    if (shadow_backend_is_double(vcpu))
        vcpu->paging_root_user = shadow_root(&vcpu->shadow_user);
    if (vcpu->roots_gone != vcpu->vm->shadow.counts.zapped_roots) {
        vcpu->roots_gone = vcpu->vm->shadow.counts.zapped_roots;
        for (unsigned i = 0; i < VCPU_LENGTHS; i++) /* remembered by root: another may get the same frame */
            vcpu->lengths[i].bytes = 0;
    }
    if (vcpu->state == VCPU_RUNNING)
        vcpu->vm->cpu->hold(vcpu, true);
}

static int shadow_backend_vm_create(struct vm *vm)
{
    struct shadow_world world = {vm,
                                 shadow_backend_allocate,
                                 shadow_backend_release_frame,
                                 frame_address,
                                 shadow_backend_flush,
                                 vm->cpu->direct->top_slots};
    uint32_t pages = (uint32_t)(vm->memory_bytes / X86_PAGE_BYTES / QUOTA_SHARE / PAGE_FRAMES) + QUOTA_LEAST;
    size_t bytes = shadow_bytes(&vm->memory, pages);
    coop_paddr area = vm_memory_extra(vm, bytes);
    if (area == FRAME_NONE)
        return -ENOMEM;
    quadwords_clear(frame_address(area), (bytes + 7) / 8);
    log_info("vm %u: at most %u shadow tables in %u frames", vm->number, pages, pages * PAGE_FRAMES);
    return shadow_create(&vm->shadow, &world, &vm->memory, pages, frame_address(area));
}

static void shadow_backend_vm_destroy(struct vm *vm)
{
    const struct shadow_counts *counts = &vm->shadow.counts;
    log_info(
        "vm %u: %lu shadow tables at most, %lu reclaimed; faults: %lu filled, %lu the guest's own, %lu table writes",
        vm->number, counts->pages_peak, counts->reclaims, counts->faults[SHADOW_MAPPED], counts->faults[SHADOW_INJECT],
        counts->faults[SHADOW_TABLE_WRITE]);
    shadow_destroy(&vm->shadow);
}

/* There are no second-level faults without a second level. */
static enum mmu_fault_outcome shadow_backend_second_level(struct vm *vm, const struct vm_exit_fault *fault)
{
    (void)vm;
    (void)fault;
    return MMU_FAULT_DEVICE;
}

static int shadow_backend_protect(struct vm *vm, coop_paddr start, uint64_t bytes, unsigned permissions)
{
    (void)vm;
    (void)start;
    (void)bytes;
    (void)permissions;
    return -EOPNOTSUPP;
}

static void shadow_backend_registers_changed(struct vcpu *vcpu)
{
    struct registers registers;
    struct walker_state state;
    vcpu->vm->cpu->read_registers(vcpu, &registers);
    walker_state_set(&state, &registers);
    vcpu->shadow.is_ring3_kernel = shadow_backend_is_double(vcpu);
    if (shadow_load(&vcpu->vm->shadow, &vcpu->shadow, &state) ||
        (shadow_backend_is_double(vcpu) && shadow_load(&vcpu->vm->shadow, &vcpu->shadow_user, &state))) {
        log_error("vm %u: no memory for shadow tables", vcpu->vm->number);
        vm_stop(vcpu->vm, VM_STOP_BAD_ACCESS, 0);
        return;
    }
    shadow_backend_apply(vcpu);
    vcpu->vm->cpu->write_registers(vcpu, &registers);
}

static void shadow_backend_written(struct vcpu *vcpu, coop_paddr address, uint64_t bytes)
{
    shadow_written(&vcpu->vm->shadow, address, bytes);
    shadow_backend_apply(vcpu);
}

struct shadow_fault shadow_backend_fault(struct vcpu *vcpu, uint64_t linear, struct walker_access access)
{
    struct shadow_fault fault =
        shadow_fault_handle(&vcpu->vm->shadow, shadow_backend_cpu(vcpu, access.is_user), linear, access);
    shadow_backend_apply(vcpu);
    return fault;
}

bool shadow_backend_load_root(struct vcpu *vcpu, uint64_t cr3)
{
    if (shadow_load_root(&vcpu->vm->shadow, &vcpu->shadow, cr3) ||
        (shadow_backend_is_double(vcpu) && shadow_load_root(&vcpu->vm->shadow, &vcpu->shadow_user, cr3)))
        return false;
    shadow_backend_apply(vcpu);
    return true;
}

bool shadow_backend_store(struct vcpu *vcpu, coop_paddr address, uint64_t value)
{
    uint64_t *at = guest_memory_pointer(&vcpu->vm->memory, address, sizeof(value), true);
    if (!at)
        return false;
    __atomic_store_n(at, value, __ATOMIC_SEQ_CST);
    shadow_backend_written(vcpu, address, sizeof(value));
    return true;
}

const uint8_t *shadow_backend_peek(const struct vcpu *vcpu, uint64_t linear)
{
    return shadow_peek(&vcpu->vm->shadow, &vcpu->shadow, linear);
}

void shadow_backend_invalidate(struct vcpu *vcpu, uint64_t linear)
{
    shadow_invalidate(&vcpu->vm->shadow, &vcpu->shadow, linear);
    if (shadow_backend_is_double(vcpu))
        shadow_invalidate(&vcpu->vm->shadow, &vcpu->shadow_user, linear);
    shadow_backend_apply(vcpu);
}

bool shadow_backend_release(struct vcpu *vcpu, coop_paddr address)
{
    bool is_free = shadow_release(&vcpu->vm->shadow, address);
    shadow_backend_apply(vcpu);
    return is_free;
}

static void *shadow_backend_hold(struct vm *vm, coop_paddr address, uint64_t bytes, bool is_write)
{
    return guest_memory_pointer(&vm->memory, address, bytes, is_write);
}

static void shadow_backend_release_held(struct vm *vm, coop_paddr address, uint64_t bytes, bool is_write)
{
    (void)vm;
    (void)address;
    (void)bytes;
    (void)is_write;
}

const struct mmu_backend shadow_backend = {
    .name = "shadow",
    .vcpus_most = 1,
    .vm_create = shadow_backend_vm_create,
    .vm_destroy = shadow_backend_vm_destroy,
    .fault = shadow_backend_second_level,
    .protect = shadow_backend_protect,
    .registers_changed = shadow_backend_registers_changed,
    .written = shadow_backend_written,
    .hold = shadow_backend_hold,
    .release = shadow_backend_release_held,
};
