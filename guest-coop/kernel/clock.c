/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time: the TSC since boot, scaled by a fixed-point factor, or what a hypervisor says.
 */
#include "kernel/clock.h"
#include "kernel/wait.h"
#include "vdso/vdso_clock.h"
#include <coopvirt/x86_instructions.h>

#define SCALE_SHIFT VDSO_CLOCK_SHIFT

static uint64_t clock_khz = 1000000;
static uint64_t clock_boot_tsc;
static uint64_t clock_ns_scale = 1ul << SCALE_SHIFT;  /* ns for one TSC unit */
static uint64_t clock_tsc_scale = 1ul << SCALE_SHIFT; /* TSC units for one ns */
static uint64_t clock_realtime_offset;
static uint64_t (*clock_source)(void) = clock_counter_ns;
static bool clock_is_counter = true;
static struct wait_queue clock_set_queue;
static struct vdso_clock *clock_shared; /* what processes read, or NULL */

static uint64_t clock_scale(uint64_t value, uint64_t scale)
{
    return (uint64_t)((unsigned __int128)value * scale >> SCALE_SHIFT);
}

static void clock_publish(void)
{
    struct vdso_clock *page = clock_shared;
    __atomic_store_n(&page->version, page->version + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    page->is_counter = clock_is_counter;
    page->base_tsc = clock_boot_tsc;
    page->ns_scale = clock_ns_scale;
    page->realtime_offset = clock_realtime_offset;
    __atomic_store_n(&page->version, page->version + 1, __ATOMIC_RELEASE);
}

void clock_start(uint64_t tsc_khz)
{
    clock_khz = tsc_khz;
    clock_boot_tsc = x86_rdtsc();
    clock_ns_scale = (1000000ul << SCALE_SHIFT) / tsc_khz;
    clock_tsc_scale = (tsc_khz << SCALE_SHIFT) / 1000000ul;
}

uint64_t clock_start_shared(const struct coop_clock *clock)
{
    uint32_t version;
    uint64_t scale, base_tsc, base_ns;
    do {
        version = __atomic_load_n(&clock->version, __ATOMIC_ACQUIRE);
        int shift = clock->tsc_shift;
        scale = shift < 0 ? clock->tsc_to_system_mul >> -shift : (uint64_t)clock->tsc_to_system_mul << shift;
        base_tsc = clock->tsc_timestamp;
        base_ns = clock->system_time;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while ((version & 1) || version != clock->version);
    if (scale)
        clock_ns_scale = scale;
    return base_ns + clock_ns_of_tsc(x86_rdtsc() - base_tsc);
}

void clock_start_source(uint64_t (*source)(void), bool is_counter)
{
    clock_source = source;
    clock_is_counter = is_counter;
}

uint64_t clock_tsc_khz(void)
{
    return clock_khz;
}
uint64_t clock_ns_of_tsc(uint64_t tsc)
{
    return clock_scale(tsc, clock_ns_scale);
}
uint64_t clock_tsc_of_ns(uint64_t ns)
{
    return clock_scale(ns, clock_tsc_scale);
}
uint64_t clock_counter_ns(void)
{
    return clock_ns_of_tsc(x86_rdtsc() - clock_boot_tsc);
}
uint64_t clock_monotonic_ns(void)
{
    return clock_source();
}
uint64_t clock_realtime_ns(void)
{
    return clock_realtime_offset + clock_monotonic_ns();
}
void clock_set_realtime_ns(uint64_t now_ns)
{
    clock_realtime_offset = now_ns - clock_monotonic_ns();
    if (clock_shared)
        clock_publish();
    wait_queue_wake(&clock_set_queue);
}
struct wait_queue *clock_changes(void)
{
    return &clock_set_queue;
}
void clock_share(struct vdso_clock *page)
{
    clock_shared = page;
    clock_publish();
}
