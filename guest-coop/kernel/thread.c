/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What threads of one process do to one another. Threads other than the leader stand in the hash by number and in the
 * leader's list, not in the list of processes.
 */
#include "kernel/thread.h"
#include "fs/file.h"
#include "kernel/capability.h"
#include "kernel/cpu.h"
#include "kernel/errno.h"
#include "kernel/futex.h"
#include "kernel/process_list.h"
#include "kernel/scheduler.h"
#include "kernel/signal.h"
#include "memory/heap.h"
#include "memory/user_copy.h"
#include <coopvirt/string.h>

#define ROBUST_LIMIT  2048u
#define ROBUST_PI     1ul /* in an entry's address */
#define FUTEX_WAITERS 0x80000000u
#define FUTEX_DIED    0x40000000u
#define FUTEX_TID     0x3fffffffu

void thread_publish(struct process *thread, struct process *leader)
{
    spinlock_take(&process_list_lock);
    process_hash_add(thread);
    thread->private->thread_next = leader->private->threads;
    leader->private->threads = thread;
    leader->private->thread_count++;
    spinlock_release(&process_list_lock);
}

static void thread_unlink(struct process *thread)
{
    struct process **link = &thread->private->leader->private->threads;
    spinlock_take(&process_list_lock);
    while (*link != thread)
        link = &(*link)->private->thread_next;
    *link = thread->private->thread_next;
    process_hash_remove(thread);
    spinlock_release(&process_list_lock);
}

void thread_destroy(struct process *thread)
{
    struct process_private *from = thread->private, *to = from->leader->private;
    thread_unlink(thread);
    to->run_tsc += from->run_tsc;
    to->ticks_user += from->ticks_user;
    to->ticks_system += from->ticks_system;
    to->faults_minor += from->faults_minor;
    to->faults_major += from->faults_major;
    to->switches += from->switches;
    groups_release(thread->groups);
    heap_free(thread);
}

void thread_end(struct process *thread)
{
    thread->private->ending = true;
    thread->private->signal_pending |= signal_bit(SIGNAL_KILL);
    signal_update(thread);
    if (thread->state == PROCESS_STOPPED || (thread->state == PROCESS_SLEEPING && !thread->private->uninterruptible))
        scheduler_wake(thread);
}

void thread_end_others(void)
{
    struct process *current = process_current();
    for (struct process *thread = current->private->leader; thread; thread = thread_next(thread))
        if (thread != current && thread->state != PROCESS_ZOMBIE)
            thread_end(thread);
}

/* The leader's record, whose own thread has ended, goes on on the running thread's stack. */
static void thread_take_over(struct process *thread, struct process *leader)
{
    struct process_private *from = thread->private, *to = leader->private;
    to->stack = from->stack;
    to->frame = from->frame;
    to->fpu = from->fpu;
    to->attention = from->attention;
    to->fs_base = from->fs_base;
    to->gs_base = from->gs_base;
    to->run_since = from->run_since;
    to->signal_pending = from->signal_pending;
    to->signal_given = from->signal_given;
    signal_queue_move(&from->signal_queue, &to->signal_queue, ~0ul);
    to->signal_queue.plain = from->signal_queue.plain;
    memcpy(to->information, from->information, sizeof(to->information));
    to->signal_blocked = from->signal_blocked;
    to->signal_saved_blocked = from->signal_saved_blocked;
    to->signal_restore_blocked = from->signal_restore_blocked;
    to->clear_tid = 0;
    to->rules = from->rules;
    to->places = from->places;
    to->ending = false;
    groups_release(leader->groups);
    capability_copy(leader, thread);
    leader->umask = thread->umask;
    leader->nice = thread->nice;
    leader->space = thread->space;
    leader->files = thread->files;
    leader->held = thread->held;
    leader->directory = thread->directory;
    leader->root = thread->root;
    leader->executable = thread->executable;
    leader->state = PROCESS_RUNNABLE;
    cpu_this()->current = leader;
    thread_destroy(thread);
}

int thread_become_only(void)
{
    struct process *current = process_current();
    struct process *leader = current->private->leader;
    while (leader->private->thread_count > 1) {
        if (current->private->ending)
            return -EINTR;
        thread_end_others();
        current->private->only_killable = true;
        int status = wait_queue_sleep(&leader->private->thread_events, WAIT_FOREVER);
        current->private->only_killable = false;
        if (status == -ERESTARTSYS)
            return -EINTR; /* killed: it could not sleep again to let the others end */
    }
    if (current != leader)
        thread_take_over(current, leader);
    return 0;
}

void thread_set_group(struct process *leader, int group_id)
{
    for (struct process *thread = leader; thread; thread = thread_next(thread))
        thread->group_id = group_id;
}

void process_set_terminal(struct process *process, struct tty *terminal)
{
    for (struct process *thread = process->private->leader; thread; thread = thread_next(thread))
        thread->terminal = terminal;
}

void thread_set_session(struct process *leader)
{
    for (struct process *thread = leader; thread; thread = thread_next(thread)) {
        thread->group_id = thread->session_id = leader->pid;
        thread->terminal = 0;
    }
}

/* Has it the running thread's directories and umask? */
static bool thread_shares_places(const struct process *thread)
{
    return thread->private->places == process_current()->private->places;
}

void thread_unshare_places(void)
{
    static uint32_t last;
    process_current()->private->places = ++last;
}

/* A member that is a reference to an inode, in all threads; takes over the caller's reference. */
static void thread_set_inode(size_t member, struct inode *inode)
{
    for (struct process *thread = process_current()->private->leader; thread; thread = thread_next(thread)) {
        struct inode **slot = (struct inode **)((uint8_t *)thread + member);
        if (thread->state == PROCESS_ZOMBIE || !thread_shares_places(thread))
            continue;
        if (*slot)
            inode_release(*slot);
        *slot = inode;
        inode_reference(inode);
    }
    inode_release(inode);
}

void thread_set_directory(struct inode *directory)
{
    thread_set_inode(offsetof(struct process, directory), directory);
}

void thread_set_root(struct inode *root)
{
    thread_set_inode(offsetof(struct process, root), root);
}

void thread_set_umask(uint32_t umask)
{
    for (struct process *thread = process_current()->private->leader; thread; thread = thread_next(thread))
        if (thread_shares_places(thread))
            thread->umask = umask;
}

/* A lock that its owner left: the next one to take it is told. */
static void thread_release_lock(uint64_t address, int owner)
{
    uint32_t word, dead;
    if ((address & 3) || user_copy_in(&word, address, sizeof(word)) || (word & FUTEX_TID) != (uint32_t)owner)
        return;
    dead = (word & FUTEX_WAITERS) | FUTEX_DIED;
    if (user_copy_out(address, &dead, sizeof(dead)) == 0 && (word & FUTEX_WAITERS))
        futex_wake(address, 1, FUTEX_ANY_BITS, false);
}

void thread_release_robust(struct process *thread)
{
    struct {
        uint64_t next;
        int64_t offset;
        uint64_t pending;
    } head;
    uint64_t list = thread->private->robust_list;
    thread->private->robust_list = 0;
    if (!list || user_copy_in(&head, list, sizeof(head)))
        return;
    uint64_t entry = head.next & ~ROBUST_PI, pending = head.pending & ~ROBUST_PI;
    for (unsigned i = 0; entry != list && i < ROBUST_LIMIT; i++) {
        uint64_t next;
        bool more = user_copy_in(&next, entry, sizeof(next)) == 0;
        if (entry != pending)
            thread_release_lock(entry + (uint64_t)head.offset, thread->pid);
        if (!more)
            return;
        entry = next & ~ROBUST_PI;
    }
    if (pending)
        thread_release_lock(pending + (uint64_t)head.offset, thread->pid);
}
