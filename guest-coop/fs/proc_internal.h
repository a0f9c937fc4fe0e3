/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of /proc: proc.c walks and opens them, proc_directory.c lists them, proc_system.c and proc_process.c write
 * their texts.
 */
#ifndef FS_PROC_INTERNAL_H
#define FS_PROC_INTERNAL_H

#include "fs/inode.h"
#include "fs/proc_text.h"

struct process;

/* One name in /proc or below. Exactly one of the members from `print` on is set, but for the directory fd. */
struct proc_row {
    const char *name;
    uint32_t mode;
    bool owner_only; /* whatever the mode says, others may not open it */
    void (*print)(struct proc_text *text, struct process *process); /* process: NULL in /proc itself */
    long (*print_link)(struct process *process, char *text, size_t size);
    struct inode *(*target)(struct process *process); /* a link that is followed to an inode; no reference added */
    const struct proc_folder *folder;                 /* a directory of rows */
};

struct proc_folder {
    const struct proc_row *rows;
    unsigned count;
    unsigned level; /* apart from other folders of the same process, for the inodes' numbers */
};

extern const struct proc_folder proc_system_folder, proc_process_folder, proc_settings_folder, proc_net_folder;

/* The texts of /proc/PID/maps and limits. */
void proc_print_maps(struct proc_text *text, struct process *process);
void proc_print_limits(struct proc_text *text, struct process *process);

/* The texts of /proc/PID/mounts and /proc/PID/mountinfo, the same for all (proc_mounts.c). */
void proc_print_mounts(struct proc_text *text, struct process *process);
void proc_print_mountinfo(struct proc_text *text, struct process *process);

/* The text of /proc/net/unix (socket_local.c). */
void proc_print_local_sockets(struct proc_text *text, struct process *process);

enum proc_kind { PROC_ROOT, PROC_ROW, PROC_FOLDER, PROC_PROCESS, PROC_DESCRIPTORS, PROC_DESCRIPTOR };

struct proc_inode {
    struct inode inode; /* first */
    enum proc_kind kind;
    int pid;        /* 0: the system's */
    int descriptor; /* PROC_DESCRIPTOR */
    const struct proc_row *row;
};

static inline const struct proc_folder *proc_folder_of(const struct proc_inode *proc)
{
    return proc->kind == PROC_ROOT ? &proc_system_folder : proc->kind == PROC_PROCESS ? &proc_process_folder
                                                                                      : proc->row->folder;
}

static inline const struct proc_inode *proc_of(const struct inode *inode)
{
    return (const struct proc_inode *)inode;
}

/* Inode numbers: the process, what it is, and the row or descriptor. */
static inline uint64_t proc_number(enum proc_kind kind, int pid, unsigned index)
{
    return (uint64_t)(unsigned)pid << 32 | (uint64_t)kind << 16 | (index + 1);
}

/* A row's index in those numbers. */
static inline unsigned proc_row_index(const struct proc_folder *folder, unsigned row)
{
    return folder->level << 8 | row;
}

static inline enum proc_kind proc_row_kind(const struct proc_row *row)
{
    bool listed = (row->mode & ABI_S_IFMT) == ABI_S_IFDIR;
    return row->folder ? PROC_FOLDER : listed ? PROC_DESCRIPTORS : PROC_ROW;
}

/* inode_operations.open of the directories. */
int proc_open_directory(struct file *file);

/* Clock ticks of /proc (USER_HZ) are 10 ms. */
#define PROC_TICK_NS 10000000ull

#endif
