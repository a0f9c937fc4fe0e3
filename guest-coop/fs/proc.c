/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc as a file system. An inode is made for each look-up and lives as long as it is held; it names a process by
 * number and looks for it again each time, since the process may end.
 */
#include "fs/proc.h"

#include "fs/directory.h"
#include "fs/proc_internal.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/address_space.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include <coopvirt/format.h>
#include <coopvirt/string.h>

#define PROC_DEVICE 3

static const struct inode_operations proc_directory_operations, proc_text_operations, proc_link_operations;

/* Is what it says of itself the superuser's? */
static bool proc_is_hidden(const struct process *process)
{
    return process->space && process->space->undumpable;
}

static int proc_make(struct inode *parent, enum proc_kind kind, int pid, unsigned index, uint32_t mode,
                     const struct proc_row *row, struct inode **made)
{
    struct proc_inode *proc = heap_allocate(sizeof(*proc));
    if (!proc)
        return -ENOMEM;
    const struct process *process = pid ? process_find(pid) : NULL;
    uint32_t type = mode & ABI_S_IFMT;
    const struct process *owner = process && kind != PROC_PROCESS && proc_is_hidden(process) ? NULL : process;
    uint64_t now = clock_realtime_ns();
    proc->inode = (struct inode){
        .operations = type == ABI_S_IFDIR   ? &proc_directory_operations
                      : type == ABI_S_IFLNK ? &proc_link_operations
                                            : &proc_text_operations,
        .references = 1,
        .mode = mode,
        .uid = owner ? owner->euid : 0,
        .gid = owner ? owner->egid : 0,
        .links = type == ABI_S_IFDIR ? 2 : 1,
        .file_system = PROC_DEVICE,
        .number = proc_number(kind, pid, index),
        .times = {now, now, now},
        .parent = parent,
    };
    if (parent)
        inode_reference(parent);
    proc->kind = kind;
    proc->pid = pid;
    proc->descriptor = (int)index;
    proc->row = row;
    *made = &proc->inode;
    return 0;
}

static void proc_destroy(struct inode *inode)
{
    if (inode->parent)
        inode_release(inode->parent);
    heap_free(inode);
}

/* ---- look-up ---- */

/* A decimal number without leading zeroes, or -1. */
static int proc_parse_number(struct inode_name name)
{
    int number = 0;

    if (name.length > 9 || (name.text[0] == '0' && name.length > 1))
        return -1;
    for (uint32_t i = 0; i < name.length; i++) {
        if (name.text[i] < '0' || name.text[i] > '9')
            return -1;
        number = number * 10 + (name.text[i] - '0');
    }
    return number;
}

static int proc_lookup_row(struct inode *directory, struct inode_name name, struct inode **found)
{
    const struct proc_folder *folder = proc_folder_of(proc_of(directory));
    int pid = proc_of(directory)->pid;

    for (unsigned i = 0; i < folder->count; i++) {
        const struct proc_row *row = &folder->rows[i];
        if (strlen(row->name) == name.length && memcmp(row->name, name.text, name.length) == 0) {
            unsigned index = proc_row_index(folder, i);
            return proc_make(directory, proc_row_kind(row), pid, index, row->mode, row, found);
        }
    }
    return -ENOENT;
}

static struct file *proc_descriptor_file(const struct proc_inode *proc)
{
    const struct process *process = process_find(proc->pid);
    struct file *file;

    if (!process || process->state == PROCESS_ZOMBIE || !process->files)
        return NULL;
    return files_next(process->files, proc->descriptor, &file) == proc->descriptor ? file : NULL;
}

static int proc_lookup_descriptor(struct inode *directory, int descriptor, struct inode **found)
{
    struct proc_inode wanted = {.pid = proc_of(directory)->pid, .descriptor = descriptor};

    if (descriptor < 0 || !proc_descriptor_file(&wanted))
        return -ENOENT;
    return proc_make(directory, PROC_DESCRIPTOR, wanted.pid, (unsigned)descriptor, ABI_S_IFLNK | 0700, NULL, found);
}

static int proc_lookup(struct inode *directory, struct inode_name name, struct inode **found)
{
    const struct proc_inode *proc = proc_of(directory);
    int number = proc_parse_number(name);

    if (proc->pid && !process_find(proc->pid))
        return -ENOENT;
    switch (proc->kind) {
    case PROC_ROOT:
        if (number > 0)
            return process_find(number) ? proc_make(directory, PROC_PROCESS, number, 0, ABI_S_IFDIR | 0555, NULL, found)
                                        : -ENOENT;
        return proc_lookup_row(directory, name, found);
    case PROC_PROCESS:
    case PROC_FOLDER:
        return proc_lookup_row(directory, name, found);
    default:
        return proc_lookup_descriptor(directory, number, found);
    }
}

static long proc_child_name(struct inode *directory, struct inode *child, char *text, size_t size)
{
    const struct proc_inode *proc = proc_of(child);
    int length;
    (void)directory;

    if (proc->row)
        length = format_string(text, size, "%s", proc->row->name);
    else
        length = format_string(text, size, "%d", proc->kind == PROC_PROCESS ? proc->pid : proc->descriptor);
    return (size_t)length < size ? length : -ENAMETOOLONG;
}

/* ---- links ---- */

static long proc_readlink_inode(struct inode *target, char *text, size_t size)
{
    coop_paddr frame = frame_allocate();
    if (!frame)
        return -ENOMEM;
    char *path = frame_address(frame);
    long status = inode_path(target, path, FRAME_BYTES);
    if (status == -ENOENT) {
        format_string(path, FRAME_BYTES,
                      inode_type(target) == ABI_S_IFIFO    ? "pipe:[%lu]"
                      : inode_type(target) == ABI_S_IFSOCK ? "socket:[%lu]"
                                                           : "inode:[%lu] (deleted)",
                      (unsigned long)target->number);
        status = 0;
    }
    if (status == 0) {
        status = (long)strlen(path);
        if ((size_t)status > size)
            status = (long)size;
        memcpy(text, path, (size_t)status);
    }
    frame_release(frame);
    return status;
}

/* The inode that a link stands for, no reference added; NULL when there is none. */
static struct inode *proc_target(const struct proc_inode *proc)
{
    if (proc->kind == PROC_DESCRIPTOR) {
        struct file *file = proc_descriptor_file(proc);
        return file ? file->inode : NULL;
    }
    struct process *process = process_find(proc->pid);
    return process && process->state != PROCESS_ZOMBIE && proc->row->target ? proc->row->target(process) : NULL;
}

/* A process may see all of itself. */
static int proc_check_owner(const struct inode *inode)
{
    const struct process *process = process_find(proc_of(inode)->pid);
    if (process && process->leader_pid == process_current()->leader_pid)
        return 0;
    return inode_permission_owner(inode) ? -EACCES : 0;
}

static bool proc_is_text_link(const struct proc_inode *proc)
{
    return proc->row && proc->row->print_link;
}

static long proc_readlink(struct inode *inode, char *text, size_t size)
{
    const struct proc_inode *proc = proc_of(inode);

    if (proc_is_text_link(proc))
        return proc->row->print_link(NULL, text, size);
    struct inode *target = proc_target(proc);
    if (!target)
        return -ENOENT;
    int status = proc_check_owner(inode);
    return status ? status : proc_readlink_inode(target, text, size);
}

/* -EINVAL: a link that is text. */
static int proc_follow(struct inode *inode, struct inode **target)
{
    const struct proc_inode *proc = proc_of(inode);

    if (proc_is_text_link(proc))
        return -EINVAL;
    *target = proc_target(proc);
    if (!*target)
        return -ENOENT;
    int status = proc_check_owner(inode);
    if (status == 0)
        inode_reference(*target);
    return status;
}

/* ---- texts ---- */

/* 0, or -ESRCH when the process is gone. */
static int proc_make_text(struct file *file, struct proc_text *text)
{
    const struct proc_inode *proc = proc_of(file->inode);
    struct process *process = proc->pid ? process_find(proc->pid) : NULL;
    if (proc->pid && !process)
        return -ESRCH;
    proc->row->print(text, process);
    return 0;
}

static long proc_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    return proc_text_read(file, user_buffer, bytes, position, proc_make_text);
}

static int proc_open_text(struct file *file)
{
    static const struct file_operations operations = {
        .read = proc_read,
        .seek = directory_seek,
        .release = proc_text_release,
    };
    if (proc_of(file->inode)->row->owner_only && proc_check_owner(file->inode))
        return -EACCES;
    int status = proc_text_open(file);
    if (status == 0)
        file->operations = &operations;
    return status;
}

static const struct inode_operations proc_directory_operations = {
    .lookup = proc_lookup,
    .child_name = proc_child_name,
    .open = proc_open_directory,
    .destroy = proc_destroy,
};
static const struct inode_operations proc_text_operations = {.open = proc_open_text, .destroy = proc_destroy};
static const struct inode_operations proc_link_operations = {
    .readlink = proc_readlink,
    .follow = proc_follow,
    .destroy = proc_destroy,
};

int proc_create_root(struct inode **root)
{
    return proc_make(NULL, PROC_ROOT, 0, 0, ABI_S_IFDIR | 0555, NULL, root);
}
