/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The io part for a hypervisor that offers virtqueues, events, a timer and a clock of its own (include/coopvirt/abi.h):
 * no port, no interrupt controller, no end of interrupt.
 */
#include "drivers/balloon.h"
#include "drivers/queue_block.h"
#include "drivers/queue_console.h"
#include "drivers/queue_entropy.h"
#include "drivers/queue_net.h"
#include "drivers/rtc_device.h"
#include "drivers/upcall.h"
#include "kernel/clock.h"
#include "pv/hypercall.h"
#include "pv/pv.h"

#define NS_PER_SECOND 1000000000ul

static uint64_t queue_io_tick_tsc, queue_io_next_tsc; /* periodic, and when next */

/* Text goes by hypercall at once. */
static void queue_io_start(void) {}

static void queue_io_timer_set(uint64_t tsc, bool periodic)
{
    queue_io_tick_tsc = periodic ? tsc : 0;
    queue_io_next_tsc = x86_rdtsc() + tsc;
    hypercall(COOP_HYPERCALL_TIMER, queue_io_next_tsc, 0, 0);
}

/* The hypervisor's timer does once: a tick asks for the next, from when it was due. */
static void queue_io_timer_event(void)
{
    if (!queue_io_tick_tsc)
        return;
    uint64_t now = x86_rdtsc();
    queue_io_next_tsc += queue_io_tick_tsc;
    if (queue_io_next_tsc <= now)
        queue_io_next_tsc = now + queue_io_tick_tsc;
    hypercall(COOP_HYPERCALL_TIMER, queue_io_next_tsc, 0, 0);
}

static void queue_io_interrupts_start(void)
{
    upcall_start(pv_machine.vcpu, pv_machine.features);
}

static uint64_t queue_io_timer_start(uint64_t tick_tsc, uint64_t timer_khz)
{
    (void)timer_khz;
    upcall_register(COOP_EVENT_TIMER, queue_io_timer_event);
    return tick_tsc;
}

static uint64_t queue_io_clock_read(void)
{
    pv_machine.vcpu->clock_reads++;
    return clock_counter_ns();
}

static uint64_t queue_io_clock_ask(void)
{
    return (uint64_t)hypercall(COOP_HYPERCALL_CLOCK, 0, 0, 0);
}

/* The clock that a machine of ports would have: it starts as the hypervisor's and is kept by this kernel. */
static uint64_t queue_io_wall_start_ns;

static uint64_t queue_io_wall_seconds(void)
{
    return (queue_io_wall_start_ns + clock_monotonic_ns()) / NS_PER_SECOND;
}

static void queue_io_wall_set(uint64_t seconds)
{
    queue_io_wall_start_ns = seconds * NS_PER_SECOND - clock_monotonic_ns();
}

static void queue_io_clock_start(void)
{
    static const struct rtc_clock wall = {.seconds = queue_io_wall_seconds, .set = queue_io_wall_set};
    bool is_shared = pv_machine.features & COOP_FEATURE_CLOCK;
    uint64_t now = is_shared ? clock_start_shared(&pv_machine.vcpu->clock) : queue_io_clock_ask();
    clock_start_source(is_shared ? queue_io_clock_read : queue_io_clock_ask, is_shared);
    clock_set_realtime_ns(pv_machine.start_info->wall_seconds * NS_PER_SECOND + now);
    queue_io_wall_start_ns = clock_realtime_ns() - clock_monotonic_ns();
    rtc_device_start(&wall);
}

static void queue_io_devices_start(void)
{
    queue_console_start();
    queue_block_start();
    queue_net_start();
    queue_entropy_start();
    balloon_start();
}

static void queue_io_power_off(bool ok)
{
    hypercall(COOP_HYPERCALL_STOP, COOP_STOP_EXIT, ok ? COOP_EXIT_OK : COOP_EXIT_FAILED, 0);
}

static uint8_t queue_io_port_read8(uint16_t port)
{
    (void)port;
    return 0xff;
}
static void queue_io_port_write8(uint16_t port, uint8_t value)
{
    (void)port, (void)value;
}
static void queue_io_port_write16(uint16_t port, uint16_t value)
{
    (void)port, (void)value;
}
static void queue_io_port_read16_many(uint16_t port, void *to, size_t count)
{
    (void)port, (void)to, (void)count;
}
static void queue_io_port_write16_many(uint16_t port, const void *from, size_t count)
{
    (void)port, (void)from, (void)count;
}

const struct pv_io_operations pv_queue_io = {
    .name = "queue",
    .start = queue_io_start,
    .text_write = queue_console_write,
    .text_flush = queue_console_flush,
    .text_drain = queue_console_drain,
    .interrupts_start = queue_io_interrupts_start,
    .clock_start = queue_io_clock_start,
    .timer_start = queue_io_timer_start,
    .timer_set = queue_io_timer_set,
    .devices_start = queue_io_devices_start,
    .power_off = queue_io_power_off,
    .port_read8 = queue_io_port_read8,
    .port_write8 = queue_io_port_write8,
    .port_write16 = queue_io_port_write16,
    .port_read16_many = queue_io_port_read16_many,
    .port_write16_many = queue_io_port_write16_many,
};
