/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shadow tables of a VM: their memory and its limit, and what a flush means for a VCPU. Where there are several, one at
 * a time is in the service, and what it takes away it takes from all of them before it leaves: shadow_backend_begin and
 * shadow_backend_end.
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

static void shadow_backend_flush_shared(void *context, enum shadow_flush why)
{
    struct vm *vm = context;
    vm->shadow_vcpu->is_flush_wanted = true;
    vm->is_shadow_unsettled |= why != SHADOW_FLUSH_ROOT; /* which is one VCPU's own affair */
}

static void shadow_backend_settle(void *context, enum shadow_settle why)
{
    struct vm *vm = context;
    (void)why;
    if (vm->is_shadow_unsettled)
        vm_flush_guests(vm);
    vm->is_shadow_unsettled = false;
}

static __attribute__((noinline)) void shadow_backend_take(struct vcpu *vcpu)
{
    spinlock_take(&vcpu->vm->shadow_lock);
    vcpu->vm->shadow_vcpu = vcpu;
}

static __attribute__((noinline)) void shadow_backend_leave(struct vcpu *vcpu)
{
    if (!MUTATED(shadow_settle_end))
        shadow_backend_settle(vcpu->vm, SHADOW_SETTLE_END);
    spinlock_release(&vcpu->vm->shadow_lock);
}

/* Whether a VCPU has to wait for others. */
static inline bool shadow_backend_has_others(const struct vcpu *vcpu)
{
    return __builtin_expect(vcpu->vm->vcpu_count > 1, 0);
}

/* Where there are others, the VCPU is in the service alone between begin and end. What every exit asks for, a fault, a
 * root, a look at the instruction, is apart for one that is alone always: it keeps fewer registers. */
static inline void shadow_backend_begin(struct vcpu *vcpu)
{
    if (shadow_backend_has_others(vcpu))
        shadow_backend_take(vcpu);
}

static inline void shadow_backend_end(struct vcpu *vcpu)
{
    if (shadow_backend_has_others(vcpu))
        shadow_backend_leave(vcpu);
}

/* To the CPU a deprivileged kernel and its user mode are the same ring: they get a root each. */
static bool shadow_backend_is_double(const struct vcpu *vcpu)
{
    return vcpu->shadow.is_ring3_kernel;
}

/* That of the mode which the exit left. */
static struct shadow_cpu *shadow_backend_cpu(struct vcpu *vcpu, bool is_user)
{
    return is_user && shadow_backend_is_double(vcpu) ? &vcpu->shadow_user : &vcpu->shadow;
}

/* What has been asked for during a call is done before the guest runs again. Within begin and end. */
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
                                 vm->vcpu_count > 1 ? shadow_backend_flush_shared : shadow_backend_flush,
                                 vm->vcpu_count > 1 ? shadow_backend_settle : 0,
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

static bool shadow_backend_load(struct vcpu *vcpu, const struct walker_state *state)
{
    struct shadow *shadow = &vcpu->vm->shadow;
    shadow_backend_begin(vcpu);
    bool is_loaded = !shadow_load(shadow, &vcpu->shadow, state) &&
                     !(shadow_backend_is_double(vcpu) && shadow_load(shadow, &vcpu->shadow_user, state));
    if (is_loaded)
        shadow_backend_apply(vcpu);
    shadow_backend_end(vcpu);
    return is_loaded;
}

static void shadow_backend_registers_changed(struct vcpu *vcpu)
{
    struct registers registers;
    struct walker_state state;
    vcpu->vm->cpu->read_registers(vcpu, &registers);
    walker_state_set(&state, &registers);
    vcpu->shadow.is_ring3_kernel = vcpu->vm->mode.cpu == MODE_CPU_DEPRIVILEGED;
    vcpu->shadow.has_smap = registers.cr4 & X86_CR4_SMAP && registers.cr0 & X86_CR0_PG;
    if (!shadow_backend_load(vcpu, &state)) {
        log_error("vm %u: no memory for shadow tables", vcpu->vm->number);
        vm_stop(vcpu->vm, VM_STOP_BAD_ACCESS, 0);
        return;
    }
    vcpu->vm->cpu->write_registers(vcpu, &registers);
    if (!(registers.cr0 & X86_CR0_PE) && vcpu->vm->cpu->lacks_real_mode)
        __atomic_fetch_or(&vcpu->requests, VCPU_REQUEST_EMULATE, __ATOMIC_RELAXED);
}

static void shadow_backend_written(struct vcpu *vcpu, coop_paddr address, uint64_t bytes)
{
    shadow_backend_begin(vcpu);
    shadow_written(&vcpu->vm->shadow, address, bytes);
    shadow_backend_apply(vcpu);
    shadow_backend_end(vcpu);
}

/* EFLAGS.AC lifts SMAP for what the kernel does, not for what the CPU does in its name: while users run, or with AC
 * set. Of the latter, accesses to descriptor tables and TSS, nothing tells but that they fault: a page that is there
 * forbids no explicit read of the kernel's then. SDM vol. 3, "Access Rights". */
static __attribute__((noinline)) void shadow_backend_see_smap(struct vcpu *vcpu)
{
    struct registers registers;
    bool is_denied_read = vcpu->exit.page_fault.error_code == X86_PF_PRESENT;
    vcpu->vm->cpu->read_registers(vcpu, &registers);
    shadow_see_smap(&vcpu->shadow, registers.cpl == 3 || !(registers.rflags & X86_FLAGS_AC) || is_denied_read);
}

static inline struct shadow_fault shadow_backend_fault_alone(struct vcpu *vcpu, uint64_t linear,
                                                             struct walker_access access)
{
    struct shadow_fault fault =
        shadow_fault_handle(&vcpu->vm->shadow, shadow_backend_cpu(vcpu, access.is_user), linear, access);
    shadow_backend_apply(vcpu);
    return fault;
}

static __attribute__((noinline)) struct shadow_fault
shadow_backend_fault_among_others(struct vcpu *vcpu, uint64_t linear, struct walker_access access)
{
    shadow_backend_take(vcpu);
    struct shadow_fault fault = shadow_backend_fault_alone(vcpu, linear, access);
    shadow_backend_leave(vcpu);
    return fault;
}

struct shadow_fault shadow_backend_fault(struct vcpu *vcpu, uint64_t linear, struct walker_access access)
{
    if (__builtin_expect(vcpu->shadow.has_smap, 0))
        shadow_backend_see_smap(vcpu);
    if (shadow_backend_has_others(vcpu))
        return shadow_backend_fault_among_others(vcpu, linear, access);
    return shadow_backend_fault_alone(vcpu, linear, access);
}

static inline bool shadow_backend_load_root_alone(struct vcpu *vcpu, uint64_t cr3)
{
    if (shadow_load_root(&vcpu->vm->shadow, &vcpu->shadow, cr3) ||
        (shadow_backend_is_double(vcpu) && shadow_load_root(&vcpu->vm->shadow, &vcpu->shadow_user, cr3)))
        return false;
    shadow_backend_apply(vcpu);
    return true;
}

static __attribute__((noinline)) bool shadow_backend_load_root_among_others(struct vcpu *vcpu, uint64_t cr3)
{
    shadow_backend_take(vcpu);
    bool is_loaded = shadow_backend_load_root_alone(vcpu, cr3);
    shadow_backend_leave(vcpu);
    return is_loaded;
}

bool shadow_backend_load_root(struct vcpu *vcpu, uint64_t cr3)
{
    if (shadow_backend_has_others(vcpu))
        return shadow_backend_load_root_among_others(vcpu, cr3);
    return shadow_backend_load_root_alone(vcpu, cr3);
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

static __attribute__((noinline)) const uint8_t *shadow_backend_peek_among_others(struct vcpu *vcpu, uint64_t linear)
{
    shadow_backend_take(vcpu);
    const uint8_t *bytes = shadow_peek(&vcpu->vm->shadow, &vcpu->shadow, linear);
    shadow_backend_leave(vcpu);
    return bytes;
}

const uint8_t *shadow_backend_peek(struct vcpu *vcpu, uint64_t linear)
{
    if (shadow_backend_has_others(vcpu))
        return shadow_backend_peek_among_others(vcpu, linear);
    return shadow_peek(&vcpu->vm->shadow, &vcpu->shadow, linear);
}

void shadow_backend_invalidate(struct vcpu *vcpu, uint64_t linear)
{
    shadow_backend_begin(vcpu);
    shadow_invalidate(&vcpu->vm->shadow, &vcpu->shadow, linear);
    if (shadow_backend_is_double(vcpu))
        shadow_invalidate(&vcpu->vm->shadow, &vcpu->shadow_user, linear);
    shadow_backend_apply(vcpu);
    shadow_backend_end(vcpu);
}

bool shadow_backend_release(struct vcpu *vcpu, coop_paddr address)
{
    shadow_backend_begin(vcpu);
    bool is_free = shadow_release(&vcpu->vm->shadow, address);
    shadow_backend_apply(vcpu);
    shadow_backend_end(vcpu);
    return is_free;
}

static bool shadow_backend_is_watched(struct vcpu *vcpu, coop_paddr address)
{
    shadow_backend_begin(vcpu);
    bool is_watched = shadow_is_watched(&vcpu->vm->shadow, address);
    shadow_backend_end(vcpu);
    return is_watched;
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
    .vcpus_most = VM_VCPUS,
    .vm_create = shadow_backend_vm_create,
    .vm_destroy = shadow_backend_vm_destroy,
    .fault = shadow_backend_second_level,
    .protect = shadow_backend_protect,
    .registers_changed = shadow_backend_registers_changed,
    .written = shadow_backend_written,
    .is_watched = shadow_backend_is_watched,
    .hold = shadow_backend_hold,
    .release = shadow_backend_release_held,
    .hides_tables = true,
};
