/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The io service of full virtualization: the emulated PC behind struct io_backend, and what it needs of the VM.
 */
#include "core/vcpu.h"
#include "core/vm.h"
#include "core/vm_memory.h"
#include "cpu/cpu_backend.h"
#include "io/emulated/platform.h"
#include "io/io_backend.h"
#include "machine/cpu.h"
#include "machine/tsc.h"
#include <coopvirt/error.h>
#include <coopvirt/x86.h>

/* vm->devices: the platform lies behind it. What every access needs is reached without a call. */
struct io_emulated {
    struct platform *platform;
    struct io_registry *registry;
    const uint64_t *deadline;
};

static struct platform *io_emulated_platform(const struct vm *vm)
{
    return ((const struct io_emulated *)vm->devices)->platform;
}

/* What a device has done may have set a timer. */
static void io_emulated_set_deadline(struct vm *vm)
{
    const struct io_emulated *devices = vm->devices;
    __atomic_store_n(&vm->deadline, __atomic_load_n(devices->deadline, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
}

static uint64_t io_emulated_now(void *context)
{
    (void)context;
    return tsc_read();
}

static void io_emulated_console_write(void *context, unsigned uart, const char *bytes, size_t count)
{
    vm_console_write(context, uart, bytes, count);
}

static void io_emulated_kick(void *context, unsigned vcpu)
{
    struct vm *vm = context;
    if (vm->vcpus[vcpu] != cpu_current()->running)
        vcpu_kick(vm->vcpus[vcpu]);
}

static void io_emulated_start_vcpu(void *context, unsigned number, uint8_t vector)
{
    struct vm *vm = context;
    if (life_start(&vm->vcpus[number]->life, vector, &vm->online_vcpus))
        vcpu_request(vm->vcpus[number], VCPU_REQUEST_LIFE);
}

static void io_emulated_init_vcpu(void *context, unsigned number)
{
    struct vm *vm = context;
    if (life_init(&vm->vcpus[number]->life, &vm->online_vcpus))
        vcpu_request(vm->vcpus[number], VCPU_REQUEST_LIFE);
    vm_check_online(vm);
}

static void io_emulated_nmi(void *context, unsigned number)
{
    struct vm *vm = context;
    if (life_nmi(&vm->vcpus[number]->life, &vm->online_vcpus))
        vcpu_request(vm->vcpus[number], VCPU_REQUEST_LIFE);
}

static void io_emulated_marker(void *context, unsigned vcpu, uint32_t value)
{
    vcpu_marker(((struct vm *)context)->vcpus[vcpu], value);
}

/* The tables of the BIOS area, where the VM has one. */
static void io_emulated_write_tables(struct vm *vm)
{
    uint8_t *area = guest_memory_pointer(&vm->memory, VM_MEMORY_BIOS, VM_MEMORY_HIGH_START - VM_MEMORY_BIOS, false);
    if (area)
        platform_write_tables(io_emulated_platform(vm), area);
    uint8_t *low = guest_memory_pointer(&vm->memory, 0, X86_PAGE_BYTES, true);
    if (low)
        platform_write_low_memory(io_emulated_platform(vm), low);
}

static int io_emulated_create(struct vm *vm, const struct vm_config *config)
{
    struct platform_config platform = {
        .vcpus = vm->vcpu_count,
        .memory_bytes = vm->low_bytes,
        .tsc_khz = tsc_khz(),
        .lapic_khz = vm->lapic_khz,
        .disk = config->disk,
        .disk_bytes = config->disk_bytes,
        .realtime_at_start = config->realtime_at_start,
    };
    vcpu_signature(vm, &platform.cpu_signature, &platform.cpu_features);
    struct platform_world world = {
        .context = vm,
        .now = io_emulated_now,
        .console_write = io_emulated_console_write,
        .kick = io_emulated_kick,
        .start_vcpu = io_emulated_start_vcpu,
        .init_vcpu = io_emulated_init_vcpu,
        .nmi = io_emulated_nmi,
        .marker = io_emulated_marker,
    };
    coop_paddr frames = vm_memory_extra(vm, sizeof(struct io_emulated) + platform_size());
    if (frames == FRAME_NONE)
        return -ENOMEM;
    struct io_emulated *devices = vm->devices = frame_address(frames);
    devices->platform = (struct platform *)(devices + 1);
    devices->registry = platform_registry(devices->platform);
    devices->deadline = platform_deadline_word(devices->platform);
    int error = platform_init(devices->platform, &platform, &world);
    if (error)
        return error;
    io_emulated_set_deadline(vm);
    io_emulated_write_tables(vm);
    return 0;
}

static void io_emulated_destroy(struct vm *vm)
{
    (void)vm; /* the platform lies in frames that go with the VM's memory */
}

/* A PC's devices are where they always were. */
static void io_emulated_describe(const struct vm *vm, struct coop_start_info *info)
{
    (void)vm;
    (void)info;
}

static const int32_t *io_emulated_interrupt(struct vcpu *vcpu)
{
    return platform_interrupt_word(io_emulated_platform(vcpu->vm), vcpu->number);
}

static int io_emulated_acknowledge(struct vcpu *vcpu)
{
    return platform_interrupt_acknowledge(io_emulated_platform(vcpu->vm), vcpu->number);
}

static int io_emulated_masked(const struct vm *vm, unsigned vcpu)
{
    return platform_interrupt_masked(io_emulated_platform(vm), vcpu);
}

static void io_emulated_advance(struct vm *vm, uint64_t now)
{
    platform_advance(io_emulated_platform(vm), now);
    io_emulated_set_deadline(vm);
}

/* These devices reach guest memory through registers only. */
static void io_emulated_serve(struct vcpu *vcpu)
{
    (void)vcpu;
}

static void io_emulated_stop(struct vm *vm)
{
    static const enum vm_stop reasons[] = {
        [PLATFORM_RUNNING] = VM_STOP_BAD_STATE,
        [PLATFORM_STOP_EXIT_PORT] = VM_STOP_EXIT_PORT,
        [PLATFORM_STOP_POWER_OFF] = VM_STOP_POWER_OFF,
        [PLATFORM_STOP_RESET] = VM_STOP_RESET,
    };
    uint8_t status = 0;
    enum platform_stop stop = platform_stopped(io_emulated_platform(vm), &status);
    vm_stop(vm, reasons[stop], status);
}

static void io_emulated_access(struct vcpu *vcpu, enum io_space space, struct io_access *access)
{
    struct vm *vm = vcpu->vm;
    if (io_registry_access(((const struct io_emulated *)vm->devices)->registry, space, access) == IO_STOP_VM)
        io_emulated_stop(vm);
    io_emulated_set_deadline(vm);
}

static uint64_t io_emulated_access_string(struct vcpu *vcpu, struct io_access *access, uint8_t *values, uint64_t count)
{
    enum io_result result;
    uint64_t done = io_registry_access_string(((const struct io_emulated *)vcpu->vm->devices)->registry, access, values,
                                              count, &result);
    if (result == IO_STOP_VM)
        io_emulated_stop(vcpu->vm);
    io_emulated_set_deadline(vcpu->vm);
    return done;
}

static uint8_t io_emulated_task_priority(const struct vcpu *vcpu)
{
    return platform_cr8_read(io_emulated_platform(vcpu->vm), vcpu->number);
}

static void io_emulated_set_task_priority(struct vcpu *vcpu, uint8_t priority)
{
    platform_cr8_write(io_emulated_platform(vcpu->vm), vcpu->number, priority);
}

static bool io_emulated_msr_access(struct vcpu *vcpu, uint32_t msr, bool is_write, uint64_t *value)
{
    return is_write ? platform_msr_write(io_emulated_platform(vcpu->vm), vcpu->number, msr, *value)
                    : platform_msr_read(io_emulated_platform(vcpu->vm), vcpu->number, msr, value);
}

static bool io_emulated_console_input(struct vm *vm, uint8_t byte)
{
    return platform_console_input(io_emulated_platform(vm), byte);
}

/* Every access is an exit of its own, counted there. */
static bool io_emulated_count(const struct vm *vm, unsigned index, struct io_count *count)
{
    (void)vm;
    (void)index;
    (void)count;
    return false;
}

const struct io_backend emulated_io = {
    .name = "emulated",
    .create = io_emulated_create,
    .destroy = io_emulated_destroy,
    .describe = io_emulated_describe,
    .interrupt = io_emulated_interrupt,
    .acknowledge = io_emulated_acknowledge,
    .masked = io_emulated_masked,
    .advance = io_emulated_advance,
    .serve = io_emulated_serve,
    .access = io_emulated_access,
    .access_string = io_emulated_access_string,
    .task_priority = io_emulated_task_priority,
    .set_task_priority = io_emulated_set_task_priority,
    .msr_access = io_emulated_msr_access,
    .console_input = io_emulated_console_input,
    .count = io_emulated_count,
};
