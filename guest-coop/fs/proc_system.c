/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The texts in /proc itself: the machine and the kernel as a whole.
 */
#include "fs/proc_internal.h"

#include "drivers/block.h"
#include "fs/mount.h"
#include "fs/ramfs.h"
#include "kernel/clock.h"
#include "kernel/command_line.h"
#include "kernel/cpu.h"
#include "kernel/process.h"
#include "memory/frame.h"
#include "memory/swap_area.h"
#include <coopvirt/format.h>

#define PROC_SWAP_WIDTH 40 /* where a line of /proc/swaps says what kind of area it is */

struct proc_totals {
    uint64_t user_ns, system_ns;
    unsigned processes, runnable;
    int last_pid;
};

static bool proc_total(struct process *process, void *context)
{
    struct proc_totals *totals = context;
    struct process_times times;

    process_times(process, &times);
    totals->user_ns += times.user_ns;
    totals->system_ns += times.system_ns;
    totals->processes++;
    totals->runnable += process->state == PROCESS_RUNNABLE;
    if (process->pid > totals->last_pid)
        totals->last_pid = process->pid;
    return false;
}

static struct proc_totals proc_totals(void)
{
    struct proc_totals totals = {0};
    process_visit(proc_total, &totals);
    return totals;
}

/* What the machine did not spend in processes that still exist. */
static uint64_t proc_idle_ns(const struct proc_totals *totals)
{
    uint64_t busy = totals->user_ns + totals->system_ns, now = clock_monotonic_ns();
    return now > busy ? now - busy : 0;
}

static void proc_print_meminfo(struct proc_text *text, struct process *process)
{
    unsigned long unit = FRAME_BYTES / 1024, free = frame_free_count() * unit, cached = ramfs_usage.frames * unit;
    (void)process;

    proc_print(text, "MemTotal:       %8lu kB\nMemFree:        %8lu kB\n", frame_total_count() * unit, free);
    proc_print(text, "MemAvailable:   %8lu kB\nBuffers:        %8u kB\n", free, 0);
    proc_print(text, "Cached:         %8lu kB\nSwapCached:     %8u kB\n", cached, 0);
    proc_print(text, "Shmem:          %8lu kB\nSReclaimable:   %8u kB\n", cached, 0);
    proc_print(text, "SwapTotal:      %8lu kB\nSwapFree:       %8lu kB\n", swap_area_total() * unit,
               swap_area_free() * unit);
}

static void proc_print_swaps(struct proc_text *text, struct process *process)
{
    unsigned long unit = FRAME_BYTES / 1024;
    (void)process;

    proc_print(text, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
    for (const struct swap_area *area = swap_areas; area < swap_areas + SWAP_AREAS; area++) {
        if (!area->file || area->is_closing)
            continue;
        bool is_device = inode_type(area->file->inode) == ABI_S_IFBLK;
        unsigned long size = area->good * unit, used = area->used * unit;
        int priority = area->priority;
        size_t start = text->used;
        struct file *file = area->file;
        char path[ABI_PATH_BYTES / 16];
        file_reference(file);
        if (inode_path(file->inode, path, sizeof(path)) == 0)
            proc_print(text, "%s", path);
        file_release(file);
        do
            proc_print(text, " ");
        while (text->used - start < PROC_SWAP_WIDTH && text->used + 1 < text->size);
        proc_print(text, "%s\t%lu%s\t%lu%s\t%d\n", is_device ? "partition" : "file\t", size,
                   size < 10000000 ? "\t" : "", used, used < 10000000 ? "\t" : "", priority);
    }
}

static void proc_print_uptime(struct proc_text *text, struct process *process)
{
    struct proc_totals totals = proc_totals();
    unsigned long up = clock_monotonic_ns() / PROC_TICK_NS, idle = proc_idle_ns(&totals) / PROC_TICK_NS;
    (void)process;
    proc_print(text, "%lu.%02lu %lu.%02lu\n", up / 100, up % 100, idle / 100, idle % 100);
}

/* Load averages are not kept: the three figures are the processes that are runnable now. */
static void proc_print_loadavg(struct proc_text *text, struct process *process)
{
    struct proc_totals totals = proc_totals();
    unsigned load = totals.runnable;
    (void)process;
    proc_print(text, "%u.00 %u.00 %u.00 %u/%u %d\n", load, load, load, totals.runnable, totals.processes,
               totals.last_pid);
}

static void proc_print_stat(struct proc_text *text, struct process *process)
{
    struct proc_totals totals = proc_totals();
    unsigned long user = totals.user_ns / PROC_TICK_NS, system = totals.system_ns / PROC_TICK_NS;
    unsigned long idle = proc_idle_ns(&totals) / PROC_TICK_NS;
    unsigned long boot = (clock_realtime_ns() - clock_monotonic_ns()) / 1000000000;
    (void)process;

    proc_print(text, "cpu  %lu 0 %lu %lu 0 0 0 0 0 0\ncpu0 %lu 0 %lu %lu 0 0 0 0 0 0\n", user, system, idle, user,
               system, idle);
    proc_print(text, "btime %lu\nprocesses %d\nprocs_running %u\nprocs_blocked 0\n", boot, totals.last_pid,
               totals.runnable);
}

/* Features by the names that programs look for; each a bit of CPUID leaf 1, EDX below 32 and ECX from there on. */
static void proc_print_features(struct proc_text *text, struct x86_cpuid features)
{
    static const struct {
        uint8_t bit;
        const char *name;
    } names[] = {{0, "fpu"},     {3, "pse"},   {4, "tsc"},    {5, "msr"},     {6, "pae"},     {8, "cx8"},
                 {9, "apic"},    {11, "sep"},  {13, "pge"},   {15, "cmov"},   {16, "pat"},    {19, "clflush"},
                 {23, "mmx"},    {24, "fxsr"}, {25, "sse"},   {26, "sse2"},   {32, "pni"},    {33, "pclmulqdq"},
                 {41, "ssse3"},  {44, "fma"},  {45, "cx16"},  {51, "sse4_1"}, {52, "sse4_2"}, {54, "movbe"},
                 {55, "popcnt"}, {57, "aes"},  {58, "xsave"}, {60, "avx"},    {62, "rdrand"}, {63, "hypervisor"}};
    uint64_t bits = (uint64_t)features.ecx << 32 | features.edx;
    proc_print(text, "flags\t\t:");
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (bits >> names[i].bit & 1)
            proc_print(text, " %s", names[i].name);
    proc_print(text, "\n");
}

/* APM vol. 3, "CPUID Fn8000_0001 Family, Model, Stepping Identifiers". */
static void proc_print_cpuinfo(struct proc_text *text, struct process *process)
{
    struct x86_cpuid vendor = cpu_identify(0), features = cpu_identify(1);
    unsigned family = features.eax >> 8 & 15, model = features.eax >> 4 & 15;
    unsigned long khz = clock_tsc_khz();
    uint32_t words[13] = {vendor.ebx, vendor.edx, vendor.ecx};
    (void)process;

    if (family == 6 || family == 15)
        model |= features.eax >> 12 & 0xf0;
    if (family == 15)
        family += features.eax >> 20 & 0xff;
    proc_print(text, "processor\t: 0\nvendor_id\t: %.12s\n", (const char *)words);
    proc_print(text, "cpu family\t: %u\nmodel\t\t: %u\n", family, model);
    for (unsigned i = 0; i < 3; i++) {
        struct x86_cpuid part = cpu_identify(0x80000002 + i);
        words[4 * i] = part.eax, words[4 * i + 1] = part.ebx, words[4 * i + 2] = part.ecx, words[4 * i + 3] = part.edx;
    }
    words[12] = 0;
    proc_print(text, "model name\t: %s\nstepping\t: %u\n", (const char *)words, features.eax & 15);
    proc_print(text, "cpu MHz\t\t: %lu.%03lu\nclflush size\t: %u\n", khz / 1000, khz % 1000,
               (features.ebx >> 8 & 0xff) * 8);
    proc_print_features(text, features);
    proc_print(text, "\n");
}

static void proc_print_version(struct proc_text *text, struct process *process)
{
    (void)process;
    proc_print(text, "guest-coop (Coopvirt), Linux x86-64 system-call ABI\n");
}

static void proc_print_cmdline(struct proc_text *text, struct process *process)
{
    (void)process;
    proc_print(text, "%s\n", kernel_command_line());
}

static void proc_print_filesystems(struct proc_text *text, struct process *process)
{
    (void)process;
    const struct mount_type *type;
    for (unsigned i = 0; (type = mount_type(i)); i++)
        proc_print(text, "%s\t%s\n", type->needs_device ? "" : "nodev", type->name);
}

static void proc_print_devices(struct proc_text *text, struct process *process)
{
    (void)process;
    proc_print(text, "Character devices:\n  1 mem\n  4 ttyS\n  5 tty\n 10 misc\n136 pts\n254 rtc\n\n"
                     "Block devices:\n  3 hd\n  7 loop\n259 blkext\n");
}

/* There are none. */
static void proc_print_modules(struct proc_text *text, struct process *process)
{
    (void)text, (void)process;
}

static void proc_print_partitions(struct proc_text *text, struct process *process)
{
    (void)process;
    proc_print(text, "major minor  #blocks  name\n\n");
    for (const struct block_device *device = block_next(NULL); device; device = block_next(device))
        if (device->sectors)
            proc_print(text, "%4u  %7u %10lu %s\n", ABI_DEVICE_MAJOR(device->number), ABI_DEVICE_MINOR(device->number),
                       device->sectors / 2, device->name);
}

static long proc_link_self(struct process *process, char *text, size_t size)
{
    (void)process;
    int length = format_string(text, size, "%d", process_current()->leader_pid);
    return (size_t)length < size ? length : (long)size;
}

static long proc_link_mounts(struct process *process, char *text, size_t size)
{
    (void)process;
    int length = format_string(text, size, "self/mounts");
    return (size_t)length < size ? length : (long)size;
}

static const struct proc_row proc_system_rows[] = {
    {.name = "cmdline", .mode = ABI_S_IFREG | 0444, .print = proc_print_cmdline},
    {.name = "cpuinfo", .mode = ABI_S_IFREG | 0444, .print = proc_print_cpuinfo},
    {.name = "devices", .mode = ABI_S_IFREG | 0444, .print = proc_print_devices},
    {.name = "partitions", .mode = ABI_S_IFREG | 0444, .print = proc_print_partitions},
    {.name = "filesystems", .mode = ABI_S_IFREG | 0444, .print = proc_print_filesystems},
    {.name = "loadavg", .mode = ABI_S_IFREG | 0444, .print = proc_print_loadavg},
    {.name = "swaps", .mode = ABI_S_IFREG | 0444, .print = proc_print_swaps},
    {.name = "meminfo", .mode = ABI_S_IFREG | 0444, .print = proc_print_meminfo},
    {.name = "modules", .mode = ABI_S_IFREG | 0444, .print = proc_print_modules},
    {.name = "mounts", .mode = ABI_S_IFLNK | 0777, .print_link = proc_link_mounts},
    {.name = "self", .mode = ABI_S_IFLNK | 0777, .print_link = proc_link_self},
    {.name = "stat", .mode = ABI_S_IFREG | 0444, .print = proc_print_stat},
    {.name = "net", .mode = ABI_S_IFDIR | 0555, .folder = &proc_net_folder},
    {.name = "sys", .mode = ABI_S_IFDIR | 0555, .folder = &proc_settings_folder},
    {.name = "uptime", .mode = ABI_S_IFREG | 0444, .print = proc_print_uptime},
    {.name = "version", .mode = ABI_S_IFREG | 0444, .print = proc_print_version},
};
const struct proc_folder proc_system_folder = {proc_system_rows, sizeof(proc_system_rows) / sizeof(proc_system_rows[0]),
                                               0};
