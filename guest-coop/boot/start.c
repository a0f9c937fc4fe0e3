/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the entry code to the first process: reads as the kernel's table of contents.
 */
#include "boot/start.h"
#include "boot/information.h"
#include "boot/multiboot.h"
#include "boot/start_info.h"
#include "drivers/loop.h"
#include "drivers/timer.h"
#include "drivers/watchdog.h"
#include "fs/file.h"
#include "kernel/clock.h"
#include "kernel/benchmark.h"
#include "kernel/cpu.h"
#include "kernel/fpu.h"
#include "kernel/init.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/scheduler.h"
#include "kernel/vdso.h"
#include "memory/address_space.h"
#include "memory/frame_internal.h"
#include "memory/kernel_map.h"
#include "memory/layout.h"
#include "pv/direct_mmu.h"
#include "pv/pv.h"
#include <coopvirt/string.h>

#define DIRECT_MAP_AT_BOOT (4ul << 30) /* boot/entry.asm maps so much */
#define TICK_DEFAULT       10000000ul
#define KHZ_UNKNOWN        1000000ul

extern const uint8_t boot_image_start[], kernel_end[]; /* guest-coop.lds */

static struct boot_information start_information;

const char *kernel_command_line(void)
{
    return start_information.command_line;
}

/* The number that a word of the command line gives; a word that is none ends the run. */
static uint64_t start_number(const char *options, const char *key, uint64_t standard)
{
    char text[32] = "";
    unsigned long value = standard;
    if (!string_option_read_number(options, key, &value)) {
        string_option(options, key, text, sizeof(text));
        panic("%s=%s: that is no number", key, text);
    }
    return value;
}

/* The same of a number that has bounds. */
static uint64_t start_number_within(const char *options, const char *key, uint64_t standard, uint64_t least,
                                    uint64_t most)
{
    uint64_t value = start_number(options, key, standard);
    if (value < least || value > most)
        panic("%s=%lu: %lu to %lu", key, value, least, most);
    return value;
}

static void start_faults(const char *options)
{
    uint64_t pages = start_number(options, "around", 1);
    if (!address_space_fault_around(pages))
        panic("around=%lu: 1, 2, 4, 8 or 16", pages);
}

static void start_memory(coop_paddr image)
{
    struct boot_extent free[BOOT_EXTENTS];
    struct frame_extent_range ranges[BOOT_EXTENTS];
    struct boot_information *information = &start_information;
    boot_information_add(information, information->reserved, &information->reserved_count, image,
                         (uint64_t)kernel_end - KERNEL_BASE - (uint64_t)boot_image_start);
    uint64_t megabytes = start_number(information->command_line, "mem", 0);
    if (information->error)
        panic("start information: %s", information->error);
    unsigned count = boot_information_free(information, megabytes << 20, free, BOOT_EXTENTS);
    for (unsigned i = 0; i < count; i++)
        ranges[i] = (struct frame_extent_range){free[i].base, free[i].bytes};
    uint64_t mapped = pv_machine.features & COOP_FEATURE_DIRECT ? DIRECT_MAP_BYTES : DIRECT_MAP_AT_BOOT;
    if (!frame_start(ranges, count, (uint8_t *)DIRECT_MAP_BASE, mapped))
        panic("no usable memory");
    if (pv_machine.features & COOP_FEATURE_DIRECT) {
        direct_mmu_limit(
            start_number_within(information->command_line, "batch", COOP_MMU_BATCH_MOST, 1, COOP_MMU_BATCH_MOST));
        kernel_map_keep(pv_machine.start_info->root);
    } else {
        kernel_map_start(information, image);
    }
}

/* The TSC's frequency in kHz by CPUID: APM vol. 3 and SDM vol. 2, leaf 15h; 0 = unknown. */
static uint64_t start_tsc_khz_by_cpuid(void)
{
    if (pv.cpu.cpuid(0, 0).eax < 0x15)
        return 0;
    struct x86_cpuid r = pv.cpu.cpuid(0x15, 0);
    return r.eax && r.ebx && r.ecx ? (uint64_t)r.ecx / 1000 * r.ebx / r.eax : 0;
}

static void start_time(const char *options)
{
    uint64_t tsc_khz = start_number(options, "tsc_khz", pv_machine.tsc_khz);
    if (!tsc_khz)
        tsc_khz = start_tsc_khz_by_cpuid();
    if (!tsc_khz) {
        tsc_khz = KHZ_UNKNOWN;
        log_line(LOG_WARNING, "nobody knows the TSC's frequency: taking 1 GHz (tsc_khz= sets it)");
    }
    clock_start(tsc_khz);
    pv.io.clock_start();
    uint64_t timer_khz = start_number(options, "lapic_khz", pv_machine.apic_timer_khz);
    if (!timer_khz) {
        timer_khz = tsc_khz;
        log_line(LOG_INFO, "nobody knows the APIC timer's frequency: taking the TSC's (lapic_khz= sets it)");
    }
    timer_start(start_number(options, "tick", TICK_DEFAULT), timer_khz);
}

static void start_record(const char *options)
{
    log_line(LOG_INFO, "guest-coop, mode %s, %lu MiB of memory", pv_machine.mode,
             frame_total_count() * FRAME_BYTES >> 20);
    log_record("{\"type\":\"guest\",\"kernel\":\"guest-coop\",\"mode\":\"%s\",\"tick\":%lu,\"memory_kib\":%lu,"
               "\"tsc_khz\":%lu,\"cpu\":\"%s\",\"mmu\":\"%s\",\"io\":\"%s\"}",
               pv_machine.mode, string_option_number(options, "tick", TICK_DEFAULT),
               frame_total_count() * FRAME_BYTES / 1024, clock_tsc_khz(), pv.cpu.name, pv.mmu.name, pv.io.name);
}

static void start_file_system(void)
{
    const struct boot_extent *initrd = &start_information.initrd;
    if (initrd->bytes == 0)
        panic("no module with role=initrd: there is no program to run");
    fs_start(frame_address(initrd->base), initrd->bytes);
    benchmark_start();
    watchdog_register();
    pv.io.devices_start();
    loop_start();
}

/* What is to be known of the machine, from whoever knows it. */
static void start_read_information(uint32_t magic, uint64_t information)
{
    const uint8_t *window = (const uint8_t *)DIRECT_MAP_BASE;
    if (magic == START_DIRECT)
        boot_start_info_read(window, pv_machine.start_info, &start_information);
    else
        boot_multiboot_read(window, magic, (uint32_t)information, &start_information);
    if (magic != START_DIRECT && pv_machine.start_info)
        boot_start_info_keep(window, pv_machine.start_info, &start_information);
}

void kernel_start(uint32_t magic, uint64_t information, coop_paddr image)
{
    pv_start(image, magic == START_DIRECT ? (const struct coop_start_info *)information : 0);
    cpu_start();
    pv.io.start();
    start_read_information(magic, information);
    const char *options = start_information.command_line;
    char level[16];
    if (string_option(options, "log", level, sizeof(level)) > 0)
        log_set_level(level);
    start_faults(options);
    if (start_number_within(options, "lazy", 0, 0, 1))
        fpu_set_lazy();
    start_memory(image);
    pv.io.interrupts_start();
    start_time(options);
    vdso_start();
    start_record(options);
    init_start_idle();
    start_file_system();
    init_start();
    scheduler_idle();
}
