/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process: an address space, a thread of control, its files and its place among other
 * processes. A thread that shares all that with another is one of these as well (kernel/thread.h). The members are
 * grouped by who may touch them. What other rooms need of scheduling and signals is declared here.
 */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

struct address_space;
struct file;
struct files;
struct groups;
struct inode;
struct tty;

#define PROCESS_NAME_BYTES 16

enum process_state { PROCESS_RUNNABLE, PROCESS_SLEEPING, PROCESS_STOPPED, PROCESS_ZOMBIE };

struct process {
    /* constant after creation */
    int pid;        /* of a thread: its own number */
    int leader_pid; /* the number of the process that it is a thread of, mostly the same */

    /* changed by the process itself, read by others under process_list_lock */
    int parent_pid;
    int group_id;
    int session_id;
    uint32_t uid, gid, euid, egid;
    uint32_t suid, sgid;   /* saved: what the effective ones may become again */
    uint32_t fsuid, fsgid; /* for access to files: they follow the effective ones but for setfsuid(2) */
    struct groups *groups; /* supplementary ones, one reference held, or NULL: kernel/groups.h */
    int hung_up_group;   /* a session leader's: the foreground group of a terminal that hung up, or 0 */
    uint64_t effective, permitted, inheritable, bounding, ambient; /* capabilities: kernel/capability.h */
    char name[PROCESS_NAME_BYTES]; /* of the program, for ps */
    enum process_state state;
    struct tty *terminal; /* controlling terminal or NULL */

    /* this process only (fs/) */
    struct files *files;      /* descriptor table */
    struct file **held;       /* borrowed from a shared table until the system call's end, 0 at the end; or NULL */
    struct inode *directory;  /* current directory, one reference held */
    struct inode *root;       /* of chroot(2), one reference held; NULL: everybody's */
    struct inode *executable; /* program image, one reference held, or NULL */
    uint32_t umask;
    int nice; /* -20 to 19: kernel/scheduler.c */

    /* this process only (memory/) */
    struct address_space *space;

    /* scheduler, signals, registers, accounting: kernel/process_private.h */
    struct process_private *private;
};

/* The running process of this CPU. */
struct process *process_current(void);

/* Calls visit for each process that is not yet reaped, under the list's lock; stops when it returns true. */
void process_visit(bool (*visit)(struct process *process, void *context), void *context);

/* The process of that number, or NULL; only valid while the caller does not sleep. */
struct process *process_find(int pid);

/* Sends a signal: 0 or -errno. To a group: -ESRCH when it has no member. */
int process_signal(struct process *process, int signal);
int process_group_signal(int group_id, int signal);

/* The same to members of that session only: who remembers a number for long may mean a group that is no more. */
int process_session_signal(int session_id, int group_id, int signal);

/* Its controlling terminal, and that of all its threads. */
void process_set_terminal(struct process *process, struct tty *terminal);

/* True when a signal that would interrupt a sleep is pending for the running process. */
bool process_signal_pending(void);

/* Is `signal` blocked or ignored by the running process (the terminal's job-control rule asks)? */
bool process_signal_ineffective(int signal);

/* True when no member of the group has a parent in another group of the same session (POSIX: orphaned). */
bool process_group_orphaned(int group_id);

/* Figures for /proc/PID/stat and times(2). */
struct process_times {
    uint64_t user_ns, system_ns, start_ns;
};
void process_times(const struct process *process, struct process_times *times);

/* Time on the CPU of one thread alone. */
uint64_t process_thread_ns(const struct process *thread);

/* Argument strings, each terminated, for /proc/PID/cmdline: bytes copied, at most size. May sleep. */
long process_arguments(struct process *process, char *to, uint64_t offset, uint64_t size);

/* Bytes mapped and bytes resident. */
void process_memory(const struct process *process, uint64_t *mapped, uint64_t *resident);

#endif
