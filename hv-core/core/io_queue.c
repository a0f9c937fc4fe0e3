/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * io/queue behind struct io_backend: queue devices on the VM's memory, one interrupt a VCPU (the upcall of its
 * channel), and no device at any port or address.
 *
 * Guest memory is touched in the name of a VCPU of the VM only, at a hypercall or by VCPU_REQUEST_DEVICES: whoever has
 * something for a VM (a frame, a typed byte) leaves it in a bounded queue and asks.
 */
#include "core/io_queue.h"
#include "core/report.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "core/vm_memory.h"
#include "io/io_backend.h"
#include "io/queue/queue_switch.h"
#include "machine/cpu.h"
#include "machine/log.h"
#include "machine/tsc.h"
#include "mmu/mmu_backend.h"
#include <coopvirt/error.h>
#include <coopvirt/format.h>
#include <coopvirt/string.h>

static struct queue_switch io_queue_switch;

static void *io_queue_hold(void *context, coop_paddr address, uint64_t bytes, bool is_write)
{
    struct vm *vm = context;
    return vm->mmu->hold(vm, address, bytes, is_write);
}

static void io_queue_release(void *context, coop_paddr address, uint64_t bytes, bool is_write)
{
    struct vm *vm = context;
    vm->mmu->release(vm, address, bytes, is_write);
}

static void io_queue_written(void *context, coop_paddr address, uint64_t bytes)
{
    struct vm *vm = context;
    struct io_queue *io = vm->devices;
    vm->mmu->written(io->current, address, bytes);
}

static void io_queue_console_write(void *context, unsigned line, const char *bytes, size_t count)
{
    vm_console_write(context, line, bytes, count);
}

/* Events go to VCPU 0. */
static bool io_queue_raise(void *context, unsigned event)
{
    struct vcpu *vcpu = ((struct vm *)context)->vcpus[0];
    bool is_due = channel_raise(&vcpu->channel, event);
    if (is_due && vcpu != cpu_current()->running)
        vcpu_kick(vcpu);
    return is_due;
}

static uint64_t io_queue_random(void *context)
{
    return entropy_next(&((struct io_queue *)((struct vm *)context)->devices)->entropy);
}

static void io_queue_frame_send(void *context, const uint8_t *frame, size_t bytes)
{
    queue_switch_send(&io_queue_switch, ((struct vm *)context)->number, frame, bytes);
}

static size_t io_queue_frame_receive(void *context, uint8_t *frame)
{
    return queue_switch_receive(&io_queue_switch, ((struct vm *)context)->number, frame);
}

/* A frame waits for the VM; called with the switch's lock held, by the VCPU of another VM. */
static void io_queue_frame_arrived(void *context)
{
    struct vm *vm = context;
    if (vm->vcpus[0])
        vcpu_request(vm->vcpus[0], VCPU_REQUEST_DEVICES);
}

static int io_queue_create(struct vm *vm, const struct vm_config *config)
{
    struct queue_devices_config devices = {vm->number, config->disk, config->disk_bytes};
    struct queue_world world = {
        .context = vm,
        .memory = {vm, io_queue_hold, io_queue_release, io_queue_written},
        .console_write = io_queue_console_write,
        .raise = io_queue_raise,
        .random = io_queue_random,
        .frame_send = io_queue_frame_send,
        .frame_receive = io_queue_frame_receive,
    };
    coop_paddr frames = vm_memory_extra(vm, sizeof(struct io_queue));
    if (frames == FRAME_NONE)
        return -ENOMEM;
    struct io_queue *io = vm->devices = frame_address(frames);
    memset(io, 0, sizeof(*io));
    queue_devices_create(&io->devices, &devices, &world);
    entropy_start(&io->entropy, tsc_read() + vm->number);
    queue_switch_attach(&io_queue_switch, vm->number, io_queue_frame_arrived, vm);
    vm->features |= COOP_FEATURE_QUEUE | (vm->switches.clock ? COOP_FEATURE_CLOCK : 0) |
                    (vm->switches.eoi ? 0 : COOP_FEATURE_UPCALL_END);
    vm->deadline = CHANNEL_NEVER;
    return 0;
}

static void io_queue_destroy(struct vm *vm)
{
    struct io_queue *io = vm->devices;
    queue_switch_detach(&io_queue_switch, vm->number);
    queue_devices_destroy(&io->devices);
    if (io->absent)
        log_info("vm %u: %lu accesses to devices of a PC, which it has not", vm->number, io->absent);
}

static void io_queue_describe(const struct vm *vm, struct coop_start_info *info)
{
    queue_devices_describe(&((const struct io_queue *)vm->devices)->devices, info);
}

static const int32_t *io_queue_interrupt(struct vcpu *vcpu)
{
    channel_reset(&vcpu->channel, vcpu->vm->mode.cpu == MODE_CPU_DEPRIVILEGED ? CHANNEL_VECTOR_TO_TRAP : 0);
    vcpu->channel.needs_end = !vcpu->vm->switches.eoi;
    return &vcpu->channel.interrupt;
}

static int io_queue_acknowledge(struct vcpu *vcpu)
{
    return channel_take(&vcpu->channel);
}

static int io_queue_masked(const struct vm *vm, unsigned vcpu)
{
    (void)vm;
    (void)vcpu;
    return -1;
}

static void io_queue_set_deadline(struct vm *vm)
{
    uint64_t deadline = CHANNEL_NEVER;
    for (unsigned i = 0; i < vm->vcpu_count; i++)
        if (vm->vcpus[i] && vm->vcpus[i]->channel.timer < deadline)
            deadline = vm->vcpus[i]->channel.timer;
    __atomic_store_n(&vm->deadline, deadline, __ATOMIC_RELAXED);
}

static void io_queue_advance(struct vm *vm, uint64_t now)
{
    for (unsigned i = 0; i < vm->vcpu_count; i++)
        if (channel_advance(&vm->vcpus[i]->channel, now) && vm->vcpus[i] != cpu_current()->running)
            vcpu_kick(vm->vcpus[i]);
    io_queue_set_deadline(vm);
}

void io_queue_set_timer(struct vcpu *vcpu, uint64_t tsc)
{
    struct vm *vm = vcpu->vm;
    spinlock_take(&vm->lock);
    vcpu->channel.timer = tsc;
    if (tsc <= tsc_read())
        channel_advance(&vcpu->channel, tsc);
    io_queue_set_deadline(vm);
    spinlock_release(&vm->lock);
}

/* After work on queues: a broken one stops the VM; what is left is done before the guest goes on, but after others have
 * had their turn. */
static void io_queue_settle(struct vcpu *vcpu)
{
    struct io_queue *io = vcpu->vm->devices;
    const char *broken = queue_devices_broken(&io->devices);
    if (__builtin_expect(broken != 0, 0))
        report_stop(vcpu, VM_STOP_QUEUE, broken);
    else if (__builtin_expect(queue_devices_is_unfinished(&io->devices), 0))
        __atomic_fetch_or(&vcpu->requests, VCPU_REQUEST_DEVICES | VCPU_REQUEST_YIELD, __ATOMIC_RELEASE);
}

static void io_queue_serve(struct vcpu *vcpu)
{
    struct io_queue *io = vcpu->vm->devices;
    io->current = vcpu;
    queue_devices_serve(&io->devices);
    io_queue_settle(vcpu);
}

int io_queue_kick(struct vcpu *vcpu, uint64_t device, uint64_t queue)
{
    struct io_queue *io = vcpu->vm->devices;
    spinlock_take(&vcpu->vm->lock);
    io->current = vcpu;
    int error = queue_devices_kick(&io->devices, device, queue);
    io_queue_settle(vcpu);
    spinlock_release(&vcpu->vm->lock);
    return error;
}

int io_queue_set(struct vcpu *vcpu, uint64_t device, uint64_t queue, const struct coop_queue *shape)
{
    struct io_queue *io = vcpu->vm->devices;
    spinlock_take(&vcpu->vm->lock);
    io->current = vcpu;
    int error = queue_devices_set(&io->devices, device, queue, shape);
    spinlock_release(&vcpu->vm->lock);
    return error;
}

/* Nothing is there. */
static void io_queue_access(struct vcpu *vcpu, enum io_space space, struct io_access *access)
{
    struct io_queue *io = vcpu->vm->devices;
    (void)space;
    io->absent++;
    if (!access->is_write)
        access->value = UINT64_MAX >> (64 - 8 * access->bytes);
}

static uint64_t io_queue_access_string(struct vcpu *vcpu, struct io_access *access, uint8_t *values, uint64_t count)
{
    struct io_queue *io = vcpu->vm->devices;
    io->absent += count;
    if (!access->is_write)
        memset(values, 0xff, count * access->bytes);
    return count;
}

/* No interrupt controller: CR8 is the CPU's alone. */
static uint8_t io_queue_task_priority(const struct vcpu *vcpu)
{
    return vcpu->task_priority;
}

static void io_queue_set_task_priority(struct vcpu *vcpu, uint8_t priority)
{
    (void)vcpu;
    (void)priority;
}

static bool io_queue_msr_access(struct vcpu *vcpu, uint32_t msr, bool is_write, uint64_t *value)
{
    (void)vcpu;
    (void)msr;
    (void)is_write;
    (void)value;
    return false;
}

static bool io_queue_console_input(struct vm *vm, uint8_t byte)
{
    struct io_queue *io = vm->devices;
    bool is_taken = queue_devices_input(&io->devices, byte);
    vcpu_request(vm->vcpus[0], VCPU_REQUEST_DEVICES);
    return is_taken;
}

void io_queue_region_begin(struct vm *vm)
{
    struct io_queue *io = vm->devices;
    spinlock_take(&vm->lock);
    for (unsigned i = 0; i < io->devices.count; i++)
        io->begun[i] = io->devices.devices[i].counts;
    spinlock_release(&vm->lock);
}

static bool io_queue_count(const struct vm *vm, unsigned index, struct io_count *count)
{
    const struct io_queue *io = vm->devices;
    if (index >= io->devices.count)
        return false;
    const struct queue_device *device = &io->devices.devices[index];
    const struct queue_counts *now = &device->counts, *begun = &io->begun[index];
    format_string(count->name, sizeof(count->name), "%s%u", device->kind->name, device->index);
    count->requests = now->requests - begun->requests;
    count->kicks = now->kicks - begun->kicks;
    count->events = now->events - begun->events;
    count->upcalls = now->upcalls - begun->upcalls;
    return true;
}

const struct io_backend queue_io = {
    .name = "queue",
    .create = io_queue_create,
    .destroy = io_queue_destroy,
    .describe = io_queue_describe,
    .interrupt = io_queue_interrupt,
    .acknowledge = io_queue_acknowledge,
    .masked = io_queue_masked,
    .advance = io_queue_advance,
    .serve = io_queue_serve,
    .access = io_queue_access,
    .access_string = io_queue_access_string,
    .task_priority = io_queue_task_priority,
    .set_task_priority = io_queue_set_task_priority,
    .msr_access = io_queue_msr_access,
    .console_input = io_queue_console_input,
    .count = io_queue_count,
};
