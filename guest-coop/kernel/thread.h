/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads: processes that share memory, files, signal actions and their number as a process with the first of them, the
 * leader. The leader's record outlives all its threads and holds what they share.
 */
#ifndef KERNEL_THREAD_H
#define KERNEL_THREAD_H

#include "kernel/process_private.h"

/* The next thread of the same process, beginning with the leader: for (t = leader; t; t = thread_next(t)). */
static inline struct process *thread_next(const struct process *thread)
{
    return thread == thread->private->leader ? thread->private->threads : thread->private->thread_next;
}

/* Have all threads of the leader's process ended? */
static inline bool thread_all_ended(const struct process *leader)
{
    return leader->private->thread_count == 0;
}

/* Makes a new thread known under its number. */
void thread_publish(struct process *thread, struct process *leader);

/* Takes an ended thread other than the leader out of all lists, adds its times to the leader's, and frees it. */
void thread_destroy(struct process *thread);

/* Tells one thread to end, on its way back to user mode at the latest. */
void thread_end(struct process *thread);

/* Makes all other threads of the running one's process end. */
void thread_end_others(void);

/* exec: ends all other threads and waits for that; the running thread goes on as the leader, whose number and family
 * it takes over. 0, or -EINTR when it is itself to end. process_current() may be another record afterwards. */
int thread_become_only(void);

/* The group and the session of all threads alike. */
void thread_set_group(struct process *leader, int group_id);
void thread_set_session(struct process *leader);

/* The current directory for all threads; takes over the reference. */
void thread_set_directory(struct inode *directory);
void thread_set_root(struct inode *root); /* the same for chroot(2) */
void thread_set_umask(uint32_t umask);

/* unshare(2): the running thread has its own from now on. */
void thread_unshare_places(void);

/* set_robust_list(2): marks the locks that the ending (or executing) thread holds. */
void thread_release_robust(struct process *thread);

#endif
