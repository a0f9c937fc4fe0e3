/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls are made with the arguments in registers and the number in RAX, and keep all registers but RAX, RCX and
 * R11: a few lines of assembly make a call of C of that.
 */
#include "fake_queue_device.h"
#include "io/queue/queue_devices.h"
#include <assert.h>
#include <string.h>

uint8_t fake_disk[FAKE_DISK_BYTES];
char fake_text[2][65536];
size_t fake_text_bytes[2];
unsigned fake_kicks, fake_polled_writes, fake_hypercalls;
uint8_t fake_wire[2048];
size_t fake_wire_sent, fake_wire_waits;
bool fake_devices_lazy;

static struct queue_devices devices;
static struct coop_vcpu *shared;
static bool noted[QUEUE_DEVICES][2], raised;

void fake_hypercall_entry(void);
uint64_t fake_hypercall(uint64_t first, uint64_t second, uint64_t third, uint64_t number);
extern void (*hypercall_entry)(void);

__asm__(".globl fake_hypercall_entry\n"
        "fake_hypercall_entry:\n\t"
        "push %rbp\n\tpush %rdi\n\tpush %rsi\n\tpush %rdx\n\tpush %r8\n\tpush %r9\n\tpush %r10\n\t"
        "mov %rsp, %rbp\n\tsub $512, %rsp\n\tand $-16, %rsp\n\tfxsave (%rsp)\n\t"
        "mov %rax, %rcx\n\tcall fake_hypercall\n\t"
        "fxrstor (%rsp)\n\tmov %rbp, %rsp\n\t"
        "pop %r10\n\tpop %r9\n\tpop %r8\n\tpop %rdx\n\tpop %rsi\n\tpop %rdi\n\tpop %rbp\n\tret\n");

static void *world_hold(void *context, coop_paddr address, uint64_t bytes, bool is_write)
{
    (void)context, (void)bytes, (void)is_write;
    return (void *)(uintptr_t)address;
}

static void world_release(void *context, coop_paddr address, uint64_t bytes, bool is_write)
{
    (void)context, (void)address, (void)bytes, (void)is_write;
}

static void world_written(void *context, coop_paddr address, uint64_t bytes)
{
    (void)context, (void)address, (void)bytes;
}

static void text_add(unsigned line, const char *bytes, size_t count)
{
    assert(line < 2 && fake_text_bytes[line] + count < sizeof(fake_text[line]));
    memcpy(fake_text[line] + fake_text_bytes[line], bytes, count);
    fake_text_bytes[line] += count;
}

static void world_console_write(void *context, unsigned line, const char *bytes, size_t count)
{
    (void)context;
    text_add(line, bytes, count);
}

static bool world_raise(void *context, unsigned event)
{
    (void)context;
    shared->events |= 1ull << event;
    if (shared->events_masked >> event & 1)
        return false;
    shared->upcall_pending = 1;
    raised = true;
    return true;
}

static uint64_t world_random(void *context)
{
    static uint64_t next;
    (void)context;
    return next += 0x0101010101010101ull;
}

static void world_frame_send(void *context, const uint8_t *frame, size_t bytes)
{
    (void)context;
    memcpy(fake_wire, frame, bytes);
    fake_wire_sent = bytes;
}

static size_t world_frame_receive(void *context, uint8_t *frame)
{
    size_t bytes = fake_wire_waits;
    (void)context;
    memcpy(frame, fake_wire, bytes);
    fake_wire_waits = 0;
    return bytes;
}

bool fake_devices_run(void)
{
    for (unsigned device = 0; device < QUEUE_DEVICES; device++)
        for (unsigned queue = 0; queue < 2; queue++) {
            if (noted[device][queue])
                queue_devices_kick(&devices, device, queue);
            noted[device][queue] = false;
        }
    queue_devices_serve(&devices);
    assert(!queue_devices_broken(&devices));
    bool was_raised = raised;
    raised = false;
    return was_raised;
}

uint64_t fake_hypercall(uint64_t first, uint64_t second, uint64_t third, uint64_t number)
{
    fake_hypercalls++;
    switch (number) {
    case COOP_HYPERCALL_QUEUE:
        return (uint64_t)queue_devices_set(&devices, first, second, (const struct coop_queue *)third);
    case COOP_HYPERCALL_KICK:
        fake_kicks++;
        assert(first < devices.count && second < 2);
        noted[first][second] = true;
        if (!fake_devices_lazy)
            fake_devices_run();
        return 0;
    case COOP_HYPERCALL_WRITE:
        assert(third <= 4096);
        fake_polled_writes++;
        text_add((unsigned)first, (const char *)second, third);
        return third;
    case COOP_HYPERCALL_YIELD:
        fake_devices_run();
        return 0;
    default:
        return 0;
    }
}

void fake_devices_start(struct coop_start_info *info, struct coop_vcpu *vcpu)
{
    struct queue_world world = {.memory = {0, world_hold, world_release, world_written},
                                .console_write = world_console_write,
                                .raise = world_raise,
                                .random = world_random,
                                .frame_send = world_frame_send,
                                .frame_receive = world_frame_receive};
    struct queue_devices_config config = {0, fake_disk, sizeof(fake_disk)};
    *info = (struct coop_start_info){.size = sizeof(*info), .features = COOP_FEATURE_QUEUE};
    queue_devices_create(&devices, &config, &world);
    queue_devices_describe(&devices, info);
    memset(vcpu, 0, sizeof(*vcpu));
    memset(noted, 0, sizeof(noted));
    shared = vcpu;
    fake_devices_lazy = raised = false;
    fake_text_bytes[0] = fake_text_bytes[1] = fake_wire_sent = fake_wire_waits = 0;
    fake_kicks = fake_polled_writes = fake_hypercalls = 0;
    hypercall_entry = fake_hypercall_entry;
}

void fake_devices_stop(void)
{
    queue_devices_destroy(&devices);
}

void fake_type(const char *text)
{
    while (*text)
        assert(queue_devices_input(&devices, (uint8_t)*text++));
    fake_devices_run();
}

void fake_frame(const void *frame, size_t bytes)
{
    memcpy(fake_wire, frame, bytes);
    fake_wire_waits = bytes;
    fake_devices_run();
}
