/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PC under test, what it has told the world, and the short ways to its devices.
 */
#include "platform_fixture.h"
#include "suite.h"
#include <stdlib.h>
#include <string.h>

struct platform *platform;
uint64_t now;
char console[2][256];
unsigned console_used[2], kicks[PLATFORM_VCPUS], inits, starts, nmis, markers;
uint32_t marker_value, start_vector;
bool reenter;
uint8_t disk[DISK_BYTES];

static uint64_t world_now(void *context)
{
    (void)context;
    return now;
}

static void world_console(void *context, unsigned uart, const char *bytes, size_t count)
{
    (void)context;
    memcpy(console[uart] + console_used[uart], bytes, count);
    console_used[uart] += (unsigned)count;
}

static void world_kick(void *context, unsigned vcpu)
{
    (void)context;
    kicks[vcpu]++;
    if (reenter) { /* no lock is held here */
        platform_cr8_write(platform, vcpu, 0);
        ck_assert_int_ge(platform_interrupt_pending(platform, vcpu), 0);
    }
}

static void world_start(void *context, unsigned vcpu, uint8_t vector)
{
    (void)context;
    starts |= 1u << vcpu;
    start_vector = vector;
}

static void world_init(void *context, unsigned vcpu)
{
    (void)context;
    inits |= 1u << vcpu;
}

static void world_nmi(void *context, unsigned vcpu)
{
    (void)context;
    nmis |= 1u << vcpu;
}

static void world_marker(void *context, unsigned vcpu, uint32_t value)
{
    (void)context;
    (void)vcpu;
    markers++;
    marker_value = value;
}

const struct platform_world world = {
    .now = world_now,
    .console_write = world_console,
    .kick = world_kick,
    .start_vcpu = world_start,
    .init_vcpu = world_init,
    .marker = world_marker,
    .nmi = world_nmi,
};

const struct platform_config config = {
    .vcpus = 4,
    .memory_bytes = 64 << 20,
    .tsc_khz = TSC_KHZ,
    .lapic_khz = TSC_KHZ,
    .disk = disk,
    .disk_bytes = DISK_BYTES,
    .realtime_at_start = 1767225600,
};

void setup(void)
{
    free(platform);
    platform = calloc(1, platform_size());
    now = 123456789;
    reenter = false;
    for (unsigned i = 0; i < DISK_BYTES; i++)
        disk[i] = (uint8_t)(i / 512);
    ck_assert_int_eq(platform_init(platform, &config, &world), 0);
}

enum io_result access_by(unsigned vcpu, enum io_space space, uint64_t address, unsigned bytes, bool write,
                         uint64_t *value)
{
    struct io_access access = {
        .address = address, .value = *value, .bytes = (uint8_t)bytes, .is_write = write, .vcpu = (uint8_t)vcpu};
    enum io_result result = io_registry_access(platform_registry(platform), space, &access);
    *value = access.value;
    return result;
}

enum io_result out(unsigned port, unsigned bytes, uint64_t value)
{
    return access_by(0, IO_PORT, port, bytes, true, &value);
}

uint64_t in(unsigned port, unsigned bytes)
{
    uint64_t value = 0xdeadbeefdeadbeef;
    access_by(0, IO_PORT, port, bytes, false, &value);
    return value;
}

void lapic_put(unsigned vcpu, unsigned offset, uint64_t value)
{
    access_by(vcpu, IO_MEMORY, LAPIC + offset, 4, true, &value);
}

uint32_t lapic_get(unsigned vcpu, unsigned offset)
{
    uint64_t value = 0;
    access_by(vcpu, IO_MEMORY, LAPIC + offset, 4, false, &value);
    return (uint32_t)value;
}

void ioapic_put(unsigned index, uint64_t value)
{
    uint64_t selected = index;
    access_by(0, IO_MEMORY, IOAPIC, 4, true, &selected);
    access_by(0, IO_MEMORY, IOAPIC + 0x10, 4, true, &value);
}

void pic_init(uint8_t master_masks, uint8_t slave_masks)
{
    static const uint8_t words[2][4] = {{0x11, 0x20, 4, 1}, {0x11, 0x28, 2, 1}};
    for (unsigned chip = 0; chip < 2; chip++)
        for (unsigned i = 0; i < 4; i++)
            out((chip ? 0xa0 : 0x20) + (i > 0), 1, words[chip][i]);
    out(0x21, 1, master_masks);
    out(0xa1, 1, slave_masks);
}

void pit_program(unsigned mode, unsigned count)
{
    out(0x43, 1, 0x30 | mode << 1);
    out(0x40, 1, count & 0xff);
    out(0x40, 1, count >> 8);
}

int pending(unsigned vcpu)
{
    return platform_interrupt_pending(platform, vcpu);
}
int acknowledge(unsigned vcpu)
{
    return platform_interrupt_acknowledge(platform, vcpu);
}

void pass_deadline(void)
{
    uint64_t deadline = platform_next_deadline(platform);
    ck_assert_uint_ne(deadline, UINT64_MAX);
    platform_advance(platform, deadline - 1);
    ck_assert_uint_eq(platform_next_deadline(platform), deadline);
    now = deadline;
    platform_advance(platform, now);
}
