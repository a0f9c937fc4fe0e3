/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device of measured programs. In a region: counters, marker | work | marker, counters; what the kernel does
 * besides stands outside the markers.
 */
#include "kernel/benchmark.h"
#include "coopbench.h"
#include "drivers/irq.h"
#include "drivers/timer.h"
#include "fs/device.h"
#include "fs/linux_abi.h"
#include "kernel/benchmark_nano.h"
#include "kernel/benchmark_space.h"
#include "kernel/cpu.h"
#include "kernel/errno.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include "memory/kernel_map.h"
#include "memory/layout.h"
#include "memory/page_table.h"
#include "memory/user_copy.h"
#include "pv/hypercall.h"
#include "pv/pv.h"
#include <coopvirt/abi.h>

#define DEVICE_MAJOR  10
#define DEVICE_MINOR  203
#define RECORD_BYTES  8192u
#define REGION_LIMIT  (1ul << 31)
#define TIMER_TSC     20000ul
#define PTEMOD_PAGE   (STACK_WINDOW_BASE + (1ul << 38)) /* far above any stack, same top-level slot */
#define UNMAPPED_PAGE STACK_WINDOW_BASE                 /* the first stack's guard page */

static struct coopbench_counters benchmark_begin; /* this CPU's counters at the last begin */
static uint64_t *benchmark_slot;                  /* of PTEMOD_PAGE */
static coop_paddr benchmark_frame;

static struct coopbench_counters benchmark_now(void)
{
    const struct cpu_counters *c = &cpu_this()->counters;
    return (struct coopbench_counters){
        c->idle, c->ticks, c->context_switches, c->page_faults, c->system_calls, c->fpu_loads};
}

static struct coopbench_counters benchmark_difference(void)
{
    struct coopbench_counters now = benchmark_now(), *then = &benchmark_begin;
    return (struct coopbench_counters){now.idle - then->idle, now.ticks - then->ticks,
                                       now.context_switches - then->context_switches,
                                       now.page_faults - then->page_faults, now.system_calls - then->system_calls,
                                       now.fpu_loads - then->fpu_loads};
}

static uint32_t benchmark_marker(uint64_t region, uint32_t side)
{
    return (uint32_t)(region << 1) | side;
}

static long benchmark_region_begin(uint64_t region)
{
    if (region >= REGION_LIMIT)
        return -EINVAL;
    pv.io.text_flush();
    benchmark_begin = benchmark_now();
    benchmark_marker_begin(benchmark_marker(region, COOP_MARKER_BEGIN));
    return 0;
}

static long benchmark_region_end(uint64_t address)
{
    struct coopbench_region_end end;
    if (user_copy_in(&end, address, sizeof(end)))
        return -EFAULT;
    if (end.region >= REGION_LIMIT)
        return -EINVAL;
    benchmark_marker_end(benchmark_marker(end.region, COOP_MARKER_END));
    end.counted = benchmark_difference();
    return user_copy_out(address, &end, sizeof(end));
}

/* One round of the timer operation: the interrupt's own handler ends it. */
static void benchmark_timer_round(void)
{
    struct cpu *cpu = cpu_this();
    uint64_t ticks = cpu->counters.ticks;
    timer_once(TIMER_TSC);
    while (cpu->counters.ticks == ticks) {
        cpu->idle_since = x86_rdtsc();
        pv.cpu.idle();
    }
}

/* AMD CPUs, and those that copy them, have VMMCALL. */
static bool benchmark_is_amd(void)
{
    uint32_t vendor = pv.cpu.cpuid(0, 0).ebx;
    return vendor == 0x68747541 || vendor == 0x6f677948; /* "Auth", "Hygo" */
}

static const struct benchmark_nano_row {
    benchmark_nano_loop *loop;
} benchmark_nano_rows[COOPBENCH_NANO_OPERATIONS] = {
    [COOPBENCH_NANO_EMPTY] = {benchmark_nano_empty},     [COOPBENCH_NANO_IN] = {benchmark_nano_in},
    [COOPBENCH_NANO_CR8WR] = {benchmark_nano_cr8wr},     [COOPBENCH_NANO_PGFAULT] = {benchmark_nano_pgfault},
    [COOPBENCH_NANO_DIVZERO] = {benchmark_nano_divzero}, [COOPBENCH_NANO_PTEMOD] = {benchmark_nano_ptemod},
    [COOPBENCH_NANO_CPUID] = {benchmark_nano_cpuid},     [COOPBENCH_NANO_HYPERCALL] = {benchmark_nano_vmmcall},
    [COOPBENCH_NANO_RDMSR] = {benchmark_nano_rdmsr},     [COOPBENCH_NANO_TIMER] = {benchmark_nano_call},
    [COOPBENCH_NANO_SPACE] = {benchmark_nano_call},
};

static void benchmark_nano_run(struct coopbench_nano *nano)
{
    benchmark_nano_loop *loop = benchmark_nano_rows[nano->operation].loop;
    uint64_t argument = 0, argument2 = 0;
    void *function = 0;
    switch (nano->operation) {
    case COOPBENCH_NANO_PGFAULT:
        argument = UNMAPPED_PAGE;
        break;
    case COOPBENCH_NANO_PTEMOD:
        argument = (uint64_t)benchmark_slot;
        argument2 = page_entry(benchmark_frame, PAGE_KERNEL_RW);
        function = (void *)pv.mmu.pte_set;
        break;
    case COOPBENCH_NANO_HYPERCALL:
        if (pv_machine.features & COOP_FEATURE_DEPRIVILEGED)
            loop = benchmark_nano_hypercall_page;
        else if (!benchmark_is_amd())
            loop = benchmark_nano_vmcall;
        function = (void *)hypercall_entry;
        break;
    case COOPBENCH_NANO_TIMER:
        function = (void *)benchmark_timer_round;
        break;
    case COOPBENCH_NANO_SPACE:
        function = (void *)benchmark_space_round;
        break;
    default:
        break;
    }
    benchmark_begin = benchmark_now();
    nano->tsc = loop(nano->iterations, benchmark_marker(nano->region, COOP_MARKER_BEGIN),
                     benchmark_marker(nano->region, COOP_MARKER_END), argument, argument2, function);
    nano->counted = benchmark_difference();
    if (nano->operation == COOPBENCH_NANO_TIMER)
        timer_resume();
    if (nano->operation == COOPBENCH_NANO_PTEMOD) {
        page_set(benchmark_slot, 0);
        pv.mmu.flush_page(PTEMOD_PAGE);
    }
}

/* What this machine has nothing for: no APIC where devices are queues or page tables direct, no CR8 in ring 3. */
static bool benchmark_nano_is_possible(uint32_t operation)
{
    switch (operation) {
    case COOPBENCH_NANO_HYPERCALL:
        return pv_machine.hypervisor || pv_machine.start_info;
    case COOPBENCH_NANO_CR8WR:
        return !(pv_machine.features & COOP_FEATURE_DEPRIVILEGED);
    case COOPBENCH_NANO_RDMSR:
        return !(pv_machine.features & (COOP_FEATURE_QUEUE | COOP_FEATURE_DIRECT));
    case COOPBENCH_NANO_TIMER:
        return (pv_machine.features & COOP_FEATURE_QUEUE) || irq_apic_present();
    default:
        return true;
    }
}

static long benchmark_nano(uint64_t address)
{
    struct coopbench_nano nano;
    if (user_copy_in(&nano, address, sizeof(nano)))
        return -EFAULT;
    if (nano.operation >= COOPBENCH_NANO_OPERATIONS || nano.reserved || nano.region >= REGION_LIMIT ||
        nano.iterations == 0)
        return -EINVAL;
    if (!benchmark_nano_is_possible(nano.operation))
        return -ENODEV;
    if (nano.operation == COOPBENCH_NANO_RDMSR && pv_machine.features & COOP_FEATURE_QUEUE)
        return -ENODEV; /* no APIC, and no MSR of one */
    benchmark_nano_run(&nano);
    return user_copy_out(address, &nano, sizeof(nano));
}

static long benchmark_ioctl(struct file *file, uint32_t request, uint64_t argument)
{
    (void)file;
    switch (request) {
    case COOPBENCH_REGION_BEGIN:
        return benchmark_region_begin(argument);
    case COOPBENCH_REGION_END:
        return benchmark_region_end(argument);
    case COOPBENCH_NANO:
        return benchmark_nano(argument);
    default:
        return -ENOTTY;
    }
}

/* Whole lines to the record channel: an unfinished last line is ended. */
static long benchmark_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    (void)file, (void)position;
    if (bytes == 0)
        return 0;
    if (bytes > RECORD_BYTES)
        return -EINVAL;
    char *text = heap_allocate(bytes + 1);
    if (!text)
        return -ENOMEM;
    long status = user_copy_in(text, user_buffer, bytes);
    if (status == 0) {
        size_t length = bytes;
        if (text[length - 1] != '\n')
            text[length++] = '\n';
        log_raw(text, length);
        status = (long)bytes;
    }
    heap_free(text);
    return status;
}

static const struct device_operations benchmark_device = {
    .file = {.ioctl = benchmark_ioctl, .write = benchmark_write},
};

void benchmark_start(void)
{
    benchmark_slot = page_table_make(kernel_root, PTEMOD_PAGE);
    benchmark_frame = frame_allocate();
    if (!benchmark_slot || !benchmark_frame)
        panic("out of memory for the measurement device");
    benchmark_space_start(benchmark_frame);
    device_register("coopbench", DEVICE_MAJOR << 8 | DEVICE_MINOR, ABI_S_IFCHR | 0666, &benchmark_device);
}
