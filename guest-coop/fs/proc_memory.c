/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The texts /proc/PID/maps and /proc/PID/limits: what a process has mapped, and what it may use.
 */
#include "fs/file.h"
#include "fs/proc_internal.h"
#include "kernel/limits.h"
#include "kernel/process.h"
#include "kernel/vdso.h"
#include "memory/address_space.h"
#include "memory/frame.h"
#include "syscall/vsyscall.h"
#include <coopvirt/format.h>

#define PROC_MAP_WIDTH 73 /* where a line names what is mapped */

static const char *proc_map_label(const struct address_space *space, const struct area *area)
{
    if (area->file && !area->file->inode)
        return vdso_label(area->file);
    if (area->flags & AREA_STACK)
        return "[stack]";
    return area->flags & AREA_HEAP && space->break_end > area->start ? "[heap]" : NULL;
}

/* The name of a mapped file, in a frame's memory. It may sleep. */
static void proc_print_map_name(struct proc_text *text, struct inode *inode)
{
    coop_paddr frame = frame_allocate();
    if (!frame)
        return;
    char *path = frame_address(frame);
    if (inode_path(inode, path, FRAME_BYTES) == 0)
        proc_print(text, "%s", path);
    frame_release(frame);
}

static void proc_print_map(struct proc_text *text, const struct address_space *space, const struct area *area)
{
    struct file *file = area->file;
    const struct inode *inode = file ? file->inode : NULL;
    const char *label = proc_map_label(space, area);
    uint64_t offset = file ? area->page_index * FRAME_BYTES : 0, device = inode ? inode->file_system : 0;
    size_t line = text->used;

    proc_print(text, "%08lx-%08lx %c%c%c%c %08lx %02lx:%02lx %lu ", (unsigned long)area->start,
               (unsigned long)area->end, area->protection & AREA_READ ? 'r' : '-',
               area->protection & AREA_WRITE ? 'w' : '-', area->protection & AREA_EXEC ? 'x' : '-',
               area->flags & AREA_SHARED ? 's' : 'p', (unsigned long)offset, (unsigned long)(device >> 8),
               (unsigned long)(device & 0xff), inode ? (unsigned long)inode->number : 0);
    while ((label || inode) && text->used - line < PROC_MAP_WIDTH && text->used + 1 < text->size)
        proc_print(text, " ");
    if (label)
        proc_print(text, "%s", label);
    else if (inode && file->inode->operations)
        proc_print_map_name(text, file->inode);
    proc_print(text, "\n");
}

/* By address, for the process may go on while a name is looked for: its space, and the file, are held meanwhile. */
void proc_print_maps(struct proc_text *text, struct process *process)
{
    struct address_space *space = process->space;
    const struct area *area;

    if (!space || process->state == PROCESS_ZOMBIE)
        return;
    address_space_reference(space);
    vdso_settle(space); /* short of memory, they are not shown */
    for (uint64_t at = 0; (area = area_find_from(&space->areas, at)) != NULL;) {
        struct file *file = area->file;
        at = area->end;
        if (file)
            file_reference(file);
        proc_print_map(text, space, area);
        if (file)
            file_release(file);
    }
    address_space_release(space);
    proc_print(text, "%lx-%lx --xp 00000000 00:00 0 %17s[vsyscall]\n", VSYSCALL_START, VSYSCALL_END, "");
}

void proc_print_limits(struct proc_text *text, struct process *process)
{
    static const struct {
        const char *name, *unit;
    } names[LIMIT_COUNT] = {
        {"Max cpu time", "seconds"},     {"Max file size", "bytes"},         {"Max data size", "bytes"},
        {"Max stack size", "bytes"},     {"Max core file size", "bytes"},    {"Max resident set", "bytes"},
        {"Max processes", "processes"},  {"Max open files", "files"},        {"Max locked memory", "bytes"},
        {"Max address space", "bytes"},  {"Max file locks", "locks"},        {"Max pending signals", "signals"},
        {"Max msgqueue size", "bytes"},  {"Max nice priority", ""},          {"Max realtime priority", ""},
        {"Max realtime timeout", "us"},
    };

    proc_print(text, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (unsigned i = 0; i < LIMIT_COUNT; i++) {
        const struct limit *limit = limits_of(process, i);
        char soft[24] = "unlimited", hard[24] = "unlimited";
        if (limit->soft != LIMIT_INFINITE)
            format_string(soft, sizeof(soft), "%lu", (unsigned long)limit->soft);
        if (limit->hard != LIMIT_INFINITE)
            format_string(hard, sizeof(hard), "%lu", (unsigned long)limit->hard);
        proc_print(text, "%-25s %-20s %-20s %-10s\n", names[i].name, soft, hard, names[i].unit);
    }
}
