/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the directories of /proc: their rows, then processes or descriptors in the order of their numbers.
 */
#include "fs/directory.h"
#include "fs/proc_internal.h"
#include "kernel/process.h"
#include <coopvirt/format.h>
#include <coopvirt/string.h>

/* Positions: 0 ".", 1 "..", then the rows, then processes or descriptors by number. */
#define PROC_FIRST_ROW    2u
#define PROC_FIRST_NUMBER 1024u

static bool proc_add_number(struct directory_writer *writer, enum proc_kind kind, int pid, unsigned index,
                            uint32_t mode)
{
    char name[16];
    unsigned shown = kind == PROC_PROCESS ? (unsigned)pid : index;
    int length = format_string(name, sizeof(name), "%u", shown);

    return directory_add(writer, name, (size_t)length, proc_number(kind, pid, index), mode,
                         PROC_FIRST_NUMBER + shown + 1);
}

struct proc_search {
    int from, best;
};

static bool proc_search_visit(struct process *process, void *context)
{
    struct proc_search *search = context;
    if (process->pid >= search->from && (search->best < 0 || process->pid < search->best))
        search->best = process->pid;
    return false;
}

static void proc_fill_processes(struct directory_writer *writer, int from)
{
    for (;;) {
        struct proc_search search = {from, -1};
        process_visit(proc_search_visit, &search);
        if (search.best < 0 || !proc_add_number(writer, PROC_PROCESS, search.best, 0, ABI_S_IFDIR))
            return;
        from = search.best + 1;
    }
}

static void proc_fill_descriptors(struct directory_writer *writer, int pid, int from)
{
    const struct process *process = process_find(pid);
    struct file *file;

    if (!process || process->state == PROCESS_ZOMBIE || !process->files)
        return;
    while ((from = files_next(process->files, from, &file)) >= 0) {
        if (!proc_add_number(writer, PROC_DESCRIPTOR, pid, (unsigned)from, ABI_S_IFLNK))
            return;
        from++;
    }
}

/* The rows from `position` on: true when all fitted. */
static bool proc_fill_rows(struct directory_writer *writer, const struct proc_inode *proc, uint64_t position)
{
    const struct proc_folder *folder = proc_folder_of(proc);

    for (uint64_t i = position - PROC_FIRST_ROW; i < folder->count; i++) {
        const struct proc_row *row = &folder->rows[i];
        uint64_t number = proc_number(proc_row_kind(row), proc->pid, proc_row_index(folder, (unsigned)i));
        if (!directory_add(writer, row->name, strlen(row->name), number, row->mode, PROC_FIRST_ROW + i + 1))
            return false;
    }
    return true;
}

static int proc_fill(struct file *file, struct directory_writer *writer)
{
    const struct proc_inode *proc = proc_of(file->inode);
    uint64_t position = file->position;

    if (!directory_add_dots(file, writer))
        return 0;
    if (position < PROC_FIRST_ROW)
        position = PROC_FIRST_ROW;
    if (proc->kind != PROC_DESCRIPTORS && position < PROC_FIRST_NUMBER && !proc_fill_rows(writer, proc, position))
        return 0;
    int from = position > PROC_FIRST_NUMBER ? (int)(position - PROC_FIRST_NUMBER) : 0;
    if (proc->kind == PROC_ROOT)
        proc_fill_processes(writer, from);
    else if (proc->kind == PROC_DESCRIPTORS)
        proc_fill_descriptors(writer, proc->pid, from);
    return 0;
}

static long proc_directory_entries(struct file *file, uint64_t user_buffer, size_t bytes)
{
    return directory_read(file, user_buffer, bytes, proc_fill);
}

int proc_open_directory(struct file *file)
{
    static const struct file_operations operations = {
        .seek = directory_seek,
        .directory_entries = proc_directory_entries,
    };
    file->operations = &operations;
    return 0;
}
