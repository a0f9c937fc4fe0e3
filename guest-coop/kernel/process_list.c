/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process table: a list in order of birth, a hash by number, and the tree of families.
 */
#include "kernel/process_list.h"
#include "kernel/clock.h"
#include "kernel/cpu.h"
#include "kernel/errno.h"
#include "kernel/fpu.h"
#include "kernel/limits.h"
#include "kernel/thread.h"
#include "kernel/trap.h"
#include "memory/heap.h"
#include "memory/kernel_map.h"
#include "memory/address_space.h"
#include "kernel/signal.h"
#include "kernel/exit.h"
#include "kernel/groups.h"
#include "kernel/process_handle.h"
#include <coopvirt/string.h>
#include <coopvirt/x86_instructions.h>

#define HASH_SIZE 256

/* under process_list_lock */
struct spinlock process_list_lock;
static struct process *list_first, *list_last;
static struct process *hash[HASH_SIZE];
static int pid_last;
static unsigned list_count;

struct process *process_current(void)
{
    return cpu_this()->current;
}
unsigned process_count(void)
{
    return list_count;
}

unsigned process_count_of(uint32_t uid)
{
    unsigned count = 0;
    for (const struct process *leader = list_first; leader; leader = leader->private->list_next)
        for (const struct process *thread = leader; thread; thread = thread_next(thread))
            count += thread->uid == uid && !leader->private->unwanted;
    return count;
}

struct process *process_find(int pid)
{
    struct process *process = hash[(unsigned)pid % HASH_SIZE];
    while (process && process->pid != pid)
        process = process->private->hash_next;
    return process;
}

/* Is the number in use, be it as a group's or a session's? */
static bool pid_taken(int pid)
{
    if (process_find(pid))
        return true;
    for (struct process *process = list_first; process; process = process->private->list_next)
        if (process->group_id == pid || process->session_id == pid)
            return true;
    return false;
}

static int pid_allocate(void)
{
    static bool wrapped;
    do {
        if (++pid_last >= PROCESS_PID_LIMIT) {
            pid_last = 2;
            wrapped = true;
        }
    } while (wrapped && pid_taken(pid_last));
    return pid_last;
}

static struct process *process_allocate(void)
{
    struct process_record *record = heap_allocate_cleared(sizeof(*record), PROCESS_RECORD_CLEARED);
    if (!record)
        return 0;
    record->process.private = &record->private;
    return &record->process;
}

struct process *process_create(void)
{
    struct process *process = process_allocate();
    if (!process)
        return 0;
    struct process_private *private = process->private;
    private->stack = kernel_stack_allocate();
    if (!private->stack) {
        heap_free(process);
        return 0;
    }
    uint64_t top = private->stack + KERNEL_STACK_BYTES - fpu_bytes();
    private->fpu = (void *)top;
    fpu_prepare(private->fpu);
    private->frame = (struct trap_frame *)top - 1;
    private->start_ns = clock_monotonic_ns();
    private->leader = process;
    private->thread_count = 1;
    private->actions = private->own_actions;
    process->pid = process->leader_pid = pid_allocate();
    return process;
}

struct process *process_create_idle(void)
{
    struct process *process = process_allocate();
    if (process)
        string_copy(process->name, "idle", sizeof(process->name));
    return process;
}

static void family_link(struct process *parent, struct process *child)
{
    child->private->parent = parent;
    child->parent_pid = parent->pid;
    child->private->sibling_previous = 0;
    child->private->sibling_next = parent->private->children;
    if (parent->private->children)
        parent->private->children->private->sibling_previous = child;
    parent->private->children = child;
}

static void family_unlink(struct process *child)
{
    struct process_private *private = child->private;
    if (!private->parent)
        return;
    struct process *previous = private->sibling_previous, *next = private->sibling_next;
    if (previous)
        previous->private->sibling_next = next;
    else
        child->private->parent->private->children = next;
    if (next)
        next->private->sibling_previous = previous;
    child->private->parent = 0;
}

void process_hash_add(struct process *process)
{
    process->private->hash_next = hash[process->pid % HASH_SIZE];
    hash[process->pid % HASH_SIZE] = process;
}

void process_hash_remove(struct process *process)
{
    struct process **link = &hash[process->pid % HASH_SIZE];
    while (*link != process)
        link = &(*link)->private->hash_next;
    *link = process->private->hash_next;
}

void process_publish(struct process *process, struct process *parent)
{
    struct process_private *private = process->private;
    spinlock_take(&process_list_lock);
    private->list_previous = list_last;
    if (list_last)
        list_last->private->list_next = process;
    else
        list_first = process;
    list_last = process;
    process_hash_add(process);
    list_count++;
    if (parent)
        family_link(parent, process);
    spinlock_release(&process_list_lock);
}

void process_destroy(struct process *process)
{
    struct process_private *private = process->private;
    spinlock_take(&process_list_lock);
    family_unlink(process);
    struct process *previous = private->list_previous, *next = private->list_next;
    if (previous)
        previous->private->list_next = next;
    else
        list_first = next;
    if (next)
        next->private->list_previous = previous;
    else
        list_last = previous;
    process_hash_remove(process);
    list_count--;
    spinlock_release(&process_list_lock);
    if (private->limits)
        limits_release(private->limits);
    if (private->handle)
        process_handle_forget(process);
    if (process->groups)
        groups_release(process->groups);
    heap_free(process);
}

/* prctl(2), PR_SET_CHILD_SUBREAPER: who becomes the parent of this process's orphans. */
static struct process *process_reaper(const struct process *process)
{
    struct process *ancestor = process->private->parent;
    while (ancestor && ancestor->pid != 1 && !ancestor->private->subreaper)
        ancestor = ancestor->private->parent;
    return ancestor ? ancestor : process_find(1);
}

/* prctl(2), PR_SET_PDEATHSIG. */
static void process_tell_death(const struct process *process, struct process *child)
{
    struct signal_information information = {.code = SIGNAL_CODE_USER, .pid = process->pid, .uid = process->uid};
    if (child->private->parent_death_signal)
        signal_send(child, child->private->parent_death_signal, &information);
}

void process_reparent_children(struct process *process)
{
    struct process *reaper = 0;
    struct process *child;
    if (process->private->children)
        exit_forget_unwanted(process);
    while ((child = process->private->children) != 0) {
        bool linked = child->group_id != process->group_id && child->session_id == process->session_id;
        family_unlink(child);
        reaper = reaper ? reaper : process_reaper(process);
        family_link(reaper, child);
        child->private->exit_signal = SIGNAL_CHLD;
        for (struct process *thread = child->private->threads; thread; thread = thread_next(thread))
            thread->parent_pid = reaper->pid;
        process_tell_death(process, child);
        if (linked)
            process_group_check_orphaned(child->group_id);
        if (thread_all_ended(child)) {
            exit_settle(child);
            exit_notify_parent(child, SIGNAL_CODE_CLD_EXITED, child->private->exit_status >> 8);
        }
    }
}

void process_visit(bool (*visit)(struct process *process, void *context), void *context)
{
    spinlock_take(&process_list_lock);
    for (struct process *process = list_first; process; process = process->private->list_next)
        if (visit(process, context))
            break;
    spinlock_release(&process_list_lock);
}

/* A session of 0 is any. */
static int process_list_signal(int session_id, int group_id, int signal)
{
    int found = -ESRCH;
    for (struct process *process = list_first; process; process = process->private->list_next) {
        if (process->group_id != group_id || thread_all_ended(process) ||
            (session_id && process->session_id != session_id))
            continue;
        found = process_signal(process, signal);
        if (found < 0)
            return found;
    }
    return found;
}

int process_group_signal(int group_id, int signal)
{
    return process_list_signal(0, group_id, signal);
}

int process_session_signal(int session_id, int group_id, int signal)
{
    return process_list_signal(session_id, group_id, signal);
}

bool process_group_orphaned(int group_id)
{
    for (struct process *process = list_first; process; process = process->private->list_next) {
        const struct process *parent = process->private->parent;
        if (process->group_id == group_id && !thread_all_ended(process) && parent && parent->group_id != group_id &&
            parent->session_id == process->session_id)
            return false;
    }
    return true;
}

void process_group_check_orphaned(int group_id)
{
    bool stopped = false;
    for (struct process *process = list_first; process && !stopped; process = process->private->list_next)
        stopped = process->group_id == group_id && process->state == PROCESS_STOPPED;
    if (!stopped || !process_group_orphaned(group_id))
        return;
    process_group_signal(group_id, SIGNAL_HUP);
    process_group_signal(group_id, SIGNAL_CONT);
}

static uint64_t process_thread_tsc(const struct process *process)
{
    uint64_t tsc = process->private->run_tsc;
    if (process == process_current())
        tsc += x86_rdtsc() - process->private->run_since;
    return tsc;
}

uint64_t process_thread_ns(const struct process *thread)
{
    return clock_ns_of_tsc(process_thread_tsc(thread));
}

/* The exact time on the CPU, split in the ratio of the tick's samples; without samples all counts as the user's. */
void process_times(const struct process *process, struct process_times *times)
{
    const struct process *leader = process->private->leader;
    uint64_t tsc = 0, ticks_user = 0, ticks_system = 0;
    for (const struct process *thread = leader; thread; thread = thread_next(thread)) {
        tsc += process_thread_tsc(thread);
        ticks_user += thread->private->ticks_user;
        ticks_system += thread->private->ticks_system;
    }
    uint64_t total = clock_ns_of_tsc(tsc);
    uint64_t samples = ticks_user + ticks_system;
    times->system_ns = samples ? total / samples * ticks_system : 0;
    times->user_ns = total - times->system_ns;
    times->start_ns = leader->private->start_ns;
}

long process_arguments(struct process *process, char *to, uint64_t offset, uint64_t size)
{
    struct address_space *space = process->space;
    if (!space || process->state == PROCESS_ZOMBIE)
        return 0;
    uint64_t length = space->arguments_end - space->arguments_start;
    if (offset >= length)
        return 0;
    if (size > length - offset)
        size = length - offset;
    address_space_reference(space);
    uint64_t bytes = address_space_peek(space, space->arguments_start + offset, to, size);
    address_space_release(space);
    return (long)bytes;
}

void process_memory(const struct process *process, uint64_t *mapped, uint64_t *resident)
{
    *mapped = process->space ? process->space->mapped_pages * 4096 : 0;
    *resident = process->space ? process->space->resident_pages * 4096 : 0;
}
