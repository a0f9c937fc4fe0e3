/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the emulated PC: the input is a program of port and memory accesses, MSR and CR8 writes, acknowledgements
 * and leaps of time by several VCPUs. After every step what is cached must be what the devices say, deadlines lie
 * ahead, and nothing but the disk's sectors was written.
 */
#include "io/emulated/platform_state.h"

#include <stdlib.h>
#include <string.h>

#define VCPUS        3
#define DISK_SECTORS 40
#define DISK_BYTES   (DISK_SECTORS * ATA_SECTOR_BYTES + 100) /* the tail is no whole sector */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct program {
    const uint8_t *data;
    size_t size, at;
};

static uint64_t now;
static struct platform *platform;

static void require(bool holds)
{
    if (!holds)
        abort();
}

static uint64_t take(struct program *program, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)(program->at < program->size ? program->data[program->at++] : 0) << (8 * i);
    return value;
}

static uint64_t world_now(void *context)
{
    (void)context;
    return now;
}

static void world_console(void *context, unsigned uart, const char *bytes, size_t count)
{
    (void)context;
    require(uart < PLATFORM_UARTS && bytes && count == 1);
}

/* The world may come back in at once. */
static void world_vcpu(void *context, unsigned vcpu)
{
    (void)context;
    require(vcpu < VCPUS);
    platform_cr8_read(platform, vcpu);
    platform_console_has_room(platform);
}

static void world_start(void *context, unsigned vcpu, uint8_t vector)
{
    (void)vector;
    world_vcpu(context, vcpu);
}

static void world_marker(void *context, unsigned vcpu, uint32_t value)
{
    (void)value;
    world_vcpu(context, vcpu);
}

static const struct platform_world world = {
    .now = world_now,
    .console_write = world_console,
    .kick = world_vcpu,
    .start_vcpu = world_start,
    .init_vcpu = world_vcpu,
    .marker = world_marker,
    .nmi = world_vcpu,
};

static uint64_t minimum(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void check_deadline(void)
{
    uint64_t board = minimum(ratio_back(platform->pit_ratio, pit_deadline(&platform->pit)),
                             minimum(ratio_back(platform->rtc_ratio, rtc_deadline(&platform->rtc)),
                                     ratio_back(platform->power_ratio, power_deadline(&platform->power))));
    require(board == platform->board_deadline);
    uint64_t cached = platform_next_deadline(platform);
    platform_update_deadline(platform);
    require(platform_next_deadline(platform) == cached);
}

static void check_vcpu(unsigned vcpu)
{
    const struct lapic *lapic = &platform->lapics[vcpu];
    int pending = platform_interrupt_pending(platform, vcpu), masked = platform_interrupt_masked(platform, vcpu);

    require(pending == -1 || pending == masked);
    if (platform_takes_external(platform, vcpu)) {
        require(pending == pic_vector(&platform->pic));
        return;
    }
    require(pending == lapic_deliverable(lapic, lapic->task_priority) && masked == lapic_deliverable(lapic, 0));
    require(pending == -1 || (pending >= 16 && pending <= 255));
    require((lapic->requested[0] & 0xffff) == 0 && (lapic->in_service[0] & 0xffff) == 0);
}

static void check_registry(const struct io_range *ranges, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        require(ranges[i].first <= ranges[i].last && (i == 0 || ranges[i - 1].last < ranges[i].first));
}

static void check_platform(void)
{
    for (unsigned vcpu = 0; vcpu < VCPUS; vcpu++)
        check_vcpu(vcpu);
    require(platform->pic_output == pic_output(&platform->pic));
    require(platform->ata.at <= platform->ata.length && platform->ata.length <= sizeof platform->ata.buffer);
    require(platform->uarts[0].receive_count <= UART_FIFO_BYTES && platform->uarts[0].receive_head < UART_FIFO_BYTES);
    require(!platform->outbox.is_filled);
    require(platform->lock.next == platform->lock.serving);
    check_deadline();
}

static void do_access(struct program *program, enum io_space space, uint64_t address)
{
    uint8_t shape = (uint8_t)take(program, 1);
    struct io_access access = {
        .address = address,
        .bytes = (uint8_t)(1 << (shape & (space == IO_PORT ? 1 : 3))),
        .is_write = shape & 4,
        .vcpu = (shape >> 3) % VCPUS,
    };
    if (space == IO_PORT && shape & 0x80)
        access.bytes = 4;
    unsigned repeat = shape & 0x40 ? 256 : 1; /* a block of disk data */
    access.value = access.is_write ? take(program, access.bytes) : 0;
    while (repeat--) {
        struct io_access copy = access;
        enum io_result result = io_registry_access(platform_registry(platform), space, &copy);
        require(result == IO_DONE || platform_stopped(platform, NULL) != PLATFORM_RUNNING);
        require(access.bytes == 8 || copy.value >> (8 * access.bytes) == 0);
    }
}

/* Ports where somebody listens, so that most accesses do something. */
static unsigned choose_port(struct program *program)
{
    const struct io_registry *registry = platform_registry(platform);
    const struct io_range *range = &registry->ports[take(program, 1) % registry->port_count];
    return (unsigned)(range->first + take(program, 1) % (range->last - range->first + 1));
}

static void do_string(struct program *program)
{
    static uint8_t values[4096];
    uint8_t shape = (uint8_t)take(program, 1);
    struct io_access access = {.address = choose_port(program), .bytes = 1 << shape % 3, .is_write = shape & 0x80};
    uint64_t count = (shape >> 2 & 31) * 32;
    enum io_result result;

    require(io_registry_access_string(platform_registry(platform), &access, values, count, &result) <= count);
}

static void do_step(struct program *program)
{
    uint8_t step = (uint8_t)take(program, 1), vcpu = (step >> 4) % VCPUS;
    uint64_t value;

    switch (step & 15) {
    case 0 ... 5:
        do_access(program, IO_PORT, choose_port(program));
        break;
    case 6:
        do_access(program, IO_PORT, take(program, 2));
        break;
    case 7 ... 8:
        do_access(program, IO_MEMORY, 0xfee00000 + take(program, 2) % 0x400);
        break;
    case 9:
        do_access(program, IO_MEMORY, 0xfec00000 + take(program, 1) % 0x24);
        break;
    case 10: /* to the next deadline, or a leap */
        value = platform_next_deadline(platform);
        if (value != UINT64_MAX && value > now)
            now = value;
        platform_advance(platform, now);
        require(platform_next_deadline(platform) > now);
        break;
    case 11:
        value = take(program, 1);
        now += now < 1ull << 63 ? 1ull << value % 60 : 1; /* the TSC does not wrap in a lifetime */
        platform_advance(platform, now);
        require(platform_next_deadline(platform) > now);
        break;
    case 12:
        value = (uint64_t)platform_interrupt_pending(platform, vcpu);
        require(platform_interrupt_acknowledge(platform, vcpu) == (int)value);
        break;
    case 13:
        platform_cr8_write(platform, vcpu, (uint8_t)take(program, 1));
        require(platform_cr8_read(platform, vcpu) <= 15);
        break;
    case 14:
        platform_msr_write(platform, vcpu, step & 0x80 ? 0x1b : 0x800 + (uint32_t)take(program, 1), take(program, 5));
        platform_msr_read(platform, vcpu, 0x800 + (uint32_t)take(program, 1), &value);
        break;
    default:
        if (step & 0x80)
            do_string(program);
        platform_console_input(platform, (uint8_t)take(program, 1));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct program program = {data, size, 0};
    uint8_t *disk = malloc(DISK_BYTES);
    const uint8_t settings = (uint8_t)take(&program, 1);
    const struct platform_config config = {
        .vcpus = VCPUS,
        .memory_bytes = 128 << 20,
        .tsc_khz = settings & 1 ? 2893299 : 1000000,
        .lapic_khz = settings & 2 ? 24000 : 1000000,
        .disk = disk,
        .disk_bytes = DISK_BYTES,
        .realtime_at_start = settings & 4 ? 1767225600 : -62135596800,
    };

    memset(disk, 0x5a, DISK_BYTES);
    platform = calloc(1, platform_size());
    now = settings & 8 ? 1ull << 62 : 1000;
    require(platform_init(platform, &config, &world) == 0);
    check_registry(platform->registry.ports, platform->registry.port_count);
    check_registry(platform->registry.memory, platform->registry.memory_count);
    while (program.at < program.size) {
        do_step(&program);
        check_platform();
    }
    for (unsigned i = DISK_SECTORS * ATA_SECTOR_BYTES; i < DISK_BYTES; i++)
        require(disk[i] == 0x5a);
    free(platform);
    free(disk);
    return 0;
}
