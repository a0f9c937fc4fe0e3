/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fork, vfork, and clone where it makes a process that shares nothing but perhaps its memory, or a thread, which
 * shares everything. What lies in between is refused.
 */
#include "kernel/fork.h"
#include "fs/file.h"
#include "fs/process_file.h"
#include "kernel/capability.h"
#include "kernel/cpu.h"
#include "kernel/errno.h"
#include "kernel/fpu.h"
#include "kernel/limits.h"
#include "kernel/process_handle.h"
#include "kernel/process_list.h"
#include "kernel/scheduler.h"
#include "kernel/signal.h"
#include "kernel/thread.h"
#include "kernel/trap.h"
#include "memory/address_space.h"
#include "memory/heap.h"
#include "memory/kernel_map.h"
#include "memory/swap.h"
#include "memory/user_copy.h"
#include "pv/pv.h"
#include <coopvirt/primitives.h>
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

#define FORK_IDS                                                                                                       \
    (FORK_SETTLS | FORK_PARENT_SETTID | FORK_CHILD_CLEARTID | FORK_CHILD_SETTID | FORK_SYSVSEM | FORK_DETACHED |       \
     FORK_UNTRACED)
#define FORK_STORES        (FORK_PARENT_SETTID | FORK_CHILD_CLEARTID | FORK_CHILD_SETTID | FORK_PIDFD)
#define FORK_PROCESS_FLAGS (FORK_PIDFD | FORK_VM | FORK_VFORK | FORK_CLEAR_SIGHAND | FORK_IDS)

static void fork_copy_identity(struct process *child, const struct process *parent)
{
    child->group_id = parent->group_id;
    child->session_id = parent->session_id;
    capability_copy(child, parent);
    child->umask = parent->umask;
    child->nice = parent->nice;
    child->terminal = parent->terminal;
    __builtin_memcpy(child->name, parent->name, sizeof(child->name)); /* without a call */
}

static void fork_copy_registers(struct process *child, const struct process *parent,
                                const struct fork_arguments *arguments)
{
    struct process_private *to = child->private;
    const struct process_private *from = parent->private;
    *to->frame = *from->frame;
    to->frame->rax = 0;
    if (arguments->stack)
        to->frame->rsp = arguments->stack;
    fpu_copy(from->fpu, to->fpu);
    to->fs_base = arguments->flags & FORK_SETTLS ? arguments->tls : from->fs_base;
    to->gs_base = pv.cpu.msr_read(X86_MSR_KERNEL_GS_BASE);
    scheduler_prepare(child, 0);
}

static void fork_copy_signals(struct process_private *to, const struct process_private *from)
{
    quadwords_copy(to->own_actions, from->actions, sizeof(to->own_actions) / 8);
    to->signal_blocked = from->signal_blocked;
    to->signal_stack = from->signal_stack;
}

/* Tries again with more memory, as long as there is any to be had: 0 or -errno. */
static __attribute__((noinline)) int fork_copy_short(struct process *child, struct process *parent)
{
    while (!child->space && swap_make_more()) {
        if (process_signal_pending())
            return -ERESTARTNOINTR;
        child->space = address_space_clone(parent->space);
    }
    return child->space ? 0 : -ENOMEM;
}

/* Memory and files: 0 or -errno; what was made stays in the child for fork_undo. */
static int fork_copy_resources(struct process *child, struct process *parent, uint64_t flags)
{
    if (flags & FORK_VM) {
        address_space_reference(parent->space);
        child->space = parent->space;
    } else {
        child->space = address_space_clone(parent->space);
        int status = child->space ? 0 : fork_copy_short(child, parent);
        if (status < 0)
            return status;
        child->private->rseq = parent->private->rseq;
    }
    child->files = files_clone(parent->files);
    if (!child->files)
        return -ENOMEM;
    child->directory = parent->directory;
    if (child->directory)
        inode_reference(child->directory);
    child->root = parent->root;
    if (child->root)
        inode_reference(child->root);
    child->executable = parent->executable;
    if (child->executable)
        inode_reference(child->executable);
    return 0;
}

static void fork_undo(struct process *child)
{
    if (child->files)
        files_release(child->files);
    if (child->directory)
        inode_release(child->directory);
    if (child->root)
        inode_release(child->root);
    if (child->executable)
        inode_release(child->executable);
    if (child->private->handle)
        process_handle_forget(child);
    if (child->space)
        address_space_release(child->space);
    kernel_stack_free(child->private->stack);
    heap_free(child);
}

/* The child runs first in its parent's memory; only its exec or end lets the parent go on, or the parent's
 * own end by SIGKILL. */
static void fork_wait_vfork(struct process *child)
{
    struct process_private *own = process_current()->private;
    int status = 0;
    own->only_killable = true;
    while (child->private->vfork_child && status == 0)
        status = wait_queue_sleep(&child->private->vfork_done, WAIT_FOREVER);
    own->only_killable = false;
    /* Another thread may have come for the child meanwhile, and waits. */
    if (own->leader->private->thread_count > 1)
        wait_queue_wake(&own->leader->private->child_events);
}

static void fork_store_ids(struct process *child, const struct fork_arguments *arguments)
{
    uint32_t pid = (uint32_t)child->pid;
    if (arguments->flags & FORK_PARENT_SETTID)
        user_copy_out(arguments->parent_tid, &pid, sizeof(pid));
    if (arguments->flags & FORK_CHILD_CLEARTID)
        child->private->clear_tid = arguments->child_tid;
    if ((arguments->flags & FORK_CHILD_SETTID) && (arguments->flags & FORK_VM))
        user_copy_out(arguments->child_tid, &pid, sizeof(pid));
    else if (arguments->flags & FORK_CHILD_SETTID)
        address_space_poke(child->space, arguments->child_tid, &pid, sizeof(pid));
}

/* A descriptor cannot be where the number is to be put, and was once what FORK_DETACHED is the bit of. */
static bool fork_may_open(const struct fork_arguments *arguments)
{
    bool both = arguments->flags & FORK_PARENT_SETTID && arguments->parent_tid == arguments->pidfd;
    return !both && !(arguments->flags & FORK_DETACHED);
}

/*
 * All that may sleep, before anybody knows the child: 0 or -errno. A signal that the parent's group got meanwhile must
 * find the child as well: the call begins anew when the parent has taken it. A descriptor of the child is last, and
 * told when the child is known: until then nobody can do anything with it.
 */
static int fork_store(struct process *child, const struct fork_arguments *arguments, int *descriptor)
{
    bool opens = arguments->flags & FORK_PIDFD;
    if (opens && user_copy_out(arguments->pidfd, descriptor, sizeof(*descriptor)))
        return -EFAULT;
    fork_store_ids(child, arguments);
    if (process_current()->private->signal_pending && process_signal_pending())
        return -ERESTARTNOINTR;
    if (opens)
        *descriptor = process_file_open(child, 0);
    return opens && *descriptor < 0 ? *descriptor : 0;
}

static void fork_start(struct process *child)
{
    if (child->private->rules.reset_on_fork)
        scheduler_reset_class(child);
    scheduler_wake(child);
}

/* The directory and the program are held once for each thread: each gives its own reference back. */
static void fork_share_resources(struct process *thread, struct process *parent)
{
    address_space_reference(parent->space);
    thread->space = parent->space;
    thread->files = files_share(parent->files);
    thread->directory = parent->directory;
    if (thread->directory)
        inode_reference(thread->directory);
    thread->root = parent->root;
    if (thread->root)
        inode_reference(thread->root);
    thread->executable = parent->executable;
    if (thread->executable)
        inode_reference(thread->executable);
}

/* What is left to do for a parent whose child may already run. */
static void fork_tell(struct process *child, const struct fork_arguments *arguments, int descriptor)
{
    if (arguments->flags & FORK_VFORK)
        fork_wait_vfork(child);
    if (arguments->flags & FORK_PIDFD)
        user_copy_out(arguments->pidfd, &descriptor, sizeof(descriptor));
}

__attribute__((noinline)) static long fork_thread(const struct fork_arguments *arguments)
{
    struct process *current = process_current();
    struct process *leader = current->private->leader;
    if (current->private->ending || (current->uid && limits_processes_reached()))
        return -EAGAIN;
    struct process *thread = process_create();
    if (!thread)
        return -EAGAIN;
    fork_store_ids(thread, arguments); /* may sleep: what is copied behind it is still so when it is published */
    thread->leader_pid = leader->pid;
    thread->parent_pid = leader->parent_pid;
    thread->private->leader = leader;
    thread->private->thread_count = 0;
    thread->private->actions = leader->private->own_actions;
    thread->private->places = current->private->places;
    thread->private->rules = current->private->rules;
    fork_share_resources(thread, current);
    fork_copy_identity(thread, current);
    fork_copy_registers(thread, current, arguments);
    thread->private->signal_blocked = current->private->signal_blocked;
    /* What a process of one thread has pending was sent to the process. */
    if (leader->private->thread_count == 1)
        current->private->signal_given |= current->private->signal_pending;
    int number = thread->pid;
    thread_publish(thread, leader);
    /* Whoever ended the process meanwhile has not seen this thread. */
    if (current->private->ending)
        thread_end(thread);
    fork_start(thread);
    return number;
}

long fork_process(const struct fork_arguments *arguments)
{
    struct process *parent = process_current();
    uint64_t flags = arguments->flags;
    if ((flags & FORK_THREAD_FLAGS) == FORK_THREAD_FLAGS && !(flags & ~(FORK_THREAD_FLAGS | FORK_IDS)))
        return fork_thread(arguments);
    if (flags & ~FORK_PROCESS_FLAGS || (flags & FORK_PIDFD && !fork_may_open(arguments)))
        return -EINVAL;
    if (parent->uid && limits_processes_reached())
        return -EAGAIN;
    struct process *child = process_create();
    if (!child)
        return -EAGAIN;
    int descriptor = -1, status = fork_copy_resources(child, parent, flags);
    if (status == 0 && flags & FORK_STORES)
        status = fork_store(child, arguments, &descriptor);
    if (status < 0) {
        fork_undo(child);
        return status;
    }
    fork_copy_identity(child, parent);
    fork_copy_registers(child, parent, arguments);
    struct process_private *to = child->private, *from = parent->private;
    fork_copy_signals(to, from);
    to->exit_signal = arguments->exit_signal;
    to->rules = from->rules;
    if (flags & FORK_CLEAR_SIGHAND)
        signal_reset_actions(to);
    if (from->leader->private->limits)
        limits_inherit(child, from->leader->private->limits);
    to->vfork_child = flags & FORK_VFORK;
    int pid = child->pid;
    process_publish(child, from->leader);
    fork_start(child);
    if (flags & (FORK_PIDFD | FORK_VFORK))
        fork_tell(child, arguments, descriptor);
    return pid;
}
