/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System V semaphores: sets of counters that are changed together or not at all, and what a process's end undoes.
 */
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/ipc.h"
#include "kernel/process_private.h"
#include "kernel/semaphore_undo.h"
#include "memory/heap.h"
#include "memory/user_copy.h"
#include "syscall/kernel_calls.h"
#include "syscall/time_values.h"

#define SET_MOST        250 /* counters in a set */
#define OPERATIONS_MOST 128 /* in one call */
#define VALUE_MOST      32767

#define OPERATION_UNDO 0x1000

#define COMMAND_GETPID    11u
#define COMMAND_GETVAL    12u
#define COMMAND_GETALL    13u
#define COMMAND_GETNCNT   14u
#define COMMAND_GETZCNT   15u
#define COMMAND_SETVAL    16u
#define COMMAND_SETALL    17u
#define COMMAND_STAT      18u
#define COMMAND_INFO      19u
#define COMMAND_STAT_ANY  20u

struct semaphore {
    uint16_t value;
    uint16_t waiting_more, waiting_zero; /* who sleeps for it to grow, or to be 0 */
    int pid;                             /* of the last operation */
};

struct semaphore_set {
    struct ipc_object object; /* first: the two are converted by a cast */
    struct wait_queue changes;
    int64_t operated;
    uint16_t count;
    struct semaphore semaphores[];
};

/* struct sembuf */
struct semaphore_operation {
    uint16_t number;
    int16_t change;
    int16_t flags;
};

/* What a process's end gives back to one set. */
struct semaphore_undo {
    struct semaphore_undo *next;
    struct semaphore_set *set; /* one reference held */
    int16_t changes[];
};

/* struct semid64_ds */
struct semaphore_status {
    struct ipc_permissions permissions;
    int64_t operated, unused1, changed, unused2;
    uint64_t count, unused3, unused4;
};
_Static_assert(sizeof(struct semaphore_status) == 104, "struct semid64_ds");

/* struct seminfo */
struct semaphore_limits {
    int32_t map, sets, semaphores, undos, in_set, in_call, undo_entries, used_sets, value, used_semaphores;
};

static void semaphore_destroy(struct ipc_object *object)
{
    heap_free(object);
}

static struct ipc_table semaphore_table = {.destroy = semaphore_destroy};

static struct semaphore_set *semaphore_find(uint64_t number)
{
    return (struct semaphore_set *)ipc_find(&semaphore_table, (int)number);
}

long kernel_sys_semget(const struct syscall_arguments *a)
{
    int count = (int)a->a1;
    long status;
    if (count < 0 || count > SET_MOST)
        return -EINVAL;
    struct ipc_object *object = ipc_lookup(&semaphore_table, (int)a->a0, a->a2, &status);
    if (status < 0)
        return status;
    if (object)
        return count > ((struct semaphore_set *)object)->count ? -EINVAL : object->number;
    if (count == 0)
        return -EINVAL;
    struct semaphore_set *set = heap_allocate(sizeof(*set) + (size_t)count * sizeof(set->semaphores[0]));
    if (!set)
        return -ENOMEM;
    set->count = (uint16_t)count;
    status = ipc_add(&semaphore_table, &set->object, (int)a->a0, a->a2);
    if (status < 0)
        heap_free(set);
    return status;
}

/* ---- what a process's end undoes ---- */

static void semaphore_undo_free(struct semaphore_undo *undo)
{
    ipc_release(&semaphore_table, &undo->set->object);
    heap_free(undo);
}

/* The running process's for a set, made if need be; NULL: no memory. Those of sets that are gone go on the way. */
static struct semaphore_undo *semaphore_undo_of(struct semaphore_set *set)
{
    struct semaphore_undo **link = &process_current()->private->leader->private->semaphore_undo, *undo;
    while ((undo = *link) != 0) {
        if (undo->set == set)
            return undo;
        if (undo->set->object.removed) {
            *link = undo->next;
            semaphore_undo_free(undo);
        } else {
            link = &undo->next;
        }
    }
    undo = heap_allocate(sizeof(*undo) + set->count * sizeof(undo->changes[0]));
    if (!undo)
        return 0;
    undo->set = set;
    ipc_reference(&set->object);
    *link = undo;
    return undo;
}

static void semaphore_undo_apply(const struct semaphore_undo *undo)
{
    struct semaphore_set *set = undo->set;
    for (unsigned i = 0; i < set->count; i++) {
        int value = set->semaphores[i].value + undo->changes[i];
        if (undo->changes[i])
            set->semaphores[i].pid = process_current()->leader_pid;
        set->semaphores[i].value = (uint16_t)(value < 0 ? 0 : value > VALUE_MOST ? VALUE_MOST : value);
    }
    set->operated = ipc_now();
    wait_queue_wake(&set->changes);
}

void semaphore_undo_all(struct process_private *leader)
{
    struct semaphore_undo *undo;
    while ((undo = leader->semaphore_undo) != 0) {
        leader->semaphore_undo = undo->next;
        if (!undo->set->object.removed)
            semaphore_undo_apply(undo);
        semaphore_undo_free(undo);
    }
}

/* SETVAL and SETALL: what was to be undone of these counters is not any more. */
struct semaphore_forget {
    const struct semaphore_set *set;
    unsigned first, last;
};

static bool semaphore_forget_visit(struct process *process, void *context)
{
    const struct semaphore_forget *forget = context;
    struct semaphore_undo *undo = process->private->semaphore_undo;
    for (; undo; undo = undo->next)
        for (unsigned i = forget->first; undo->set == forget->set && i <= forget->last; i++)
            undo->changes[i] = 0;
    return false;
}

/* ---- operations ---- */

struct semaphore_call {
    struct semaphore_operation operations[OPERATIONS_MOST];
    unsigned count;
    unsigned blocked_at; /* the operation that has to wait */
    bool alters, undoes;
};

static long semaphore_try_one(struct semaphore *semaphore, const struct semaphore_operation *operation, int16_t *undo)
{
    int value = semaphore->value + operation->change;
    bool wait = operation->change == 0 ? semaphore->value != 0 : value < 0;
    if (wait)
        return operation->flags & (int)IPC_NO_WAIT ? -EAGAIN : 1;
    if (value > VALUE_MOST)
        return -ERANGE;
    if (operation->flags & OPERATION_UNDO) {
        int back = *undo - operation->change;
        if (back < -VALUE_MOST - 1 || back > VALUE_MOST)
            return -ERANGE;
        *undo = (int16_t)back;
    }
    semaphore->value = (uint16_t)value;
    return 0;
}

/* All operations or none: 0, 1 where it has to wait, -errno. */
static long semaphore_try(struct semaphore_set *set, struct semaphore_call *call, struct semaphore_undo *undo)
{
    int16_t nothing = 0;
    unsigned i = 0;
    long status = 0;
    for (; i < call->count && status == 0; i++) {
        unsigned number = call->operations[i].number;
        status =
            semaphore_try_one(&set->semaphores[number], &call->operations[i], undo ? &undo->changes[number] : &nothing);
    }
    if (status == 0)
        return 0;
    call->blocked_at = --i;
    while (i-- > 0) {
        const struct semaphore_operation *done = &call->operations[i];
        set->semaphores[done->number].value = (uint16_t)(set->semaphores[done->number].value - done->change);
        if (done->flags & OPERATION_UNDO)
            undo->changes[done->number] = (int16_t)(undo->changes[done->number] + done->change);
    }
    return status;
}

static void semaphore_done(struct semaphore_set *set, const struct semaphore_call *call)
{
    for (unsigned i = 0; i < call->count; i++)
        set->semaphores[call->operations[i].number].pid = process_current()->leader_pid;
    set->operated = ipc_now();
    if (call->alters)
        wait_queue_wake(&set->changes);
}

/* Sleeps until the set changes: 0 or -errno. */
static long semaphore_wait(struct semaphore_set *set, const struct semaphore_call *call, uint64_t deadline)
{
    const struct semaphore_operation *operation = &call->operations[call->blocked_at];
    struct semaphore *semaphore = &set->semaphores[operation->number];
    uint16_t *waiting = operation->change == 0 ? &semaphore->waiting_zero : &semaphore->waiting_more;
    (*waiting)++;
    int status = wait_queue_sleep(&set->changes, deadline);
    (*waiting)--;
    if (set->object.removed)
        return -EIDRM;
    return status == -ETIMEDOUT ? -EAGAIN : status < 0 ? -EINTR : 0;
}

static long semaphore_operate(struct semaphore_set *set, struct semaphore_call *call, uint64_t deadline)
{
    struct semaphore_undo *undo = 0;
    if (call->undoes && !(undo = semaphore_undo_of(set)))
        return -ENOMEM;
    ipc_reference(&set->object);
    long status;
    while ((status = semaphore_try(set, call, undo)) == 1) {
        status = semaphore_wait(set, call, deadline);
        if (status < 0)
            break;
    }
    if (status == 0)
        semaphore_done(set, call);
    ipc_release(&semaphore_table, &set->object);
    return status;
}

static long semaphore_call_in(struct semaphore_call *call, const struct syscall_arguments *a)
{
    call->count = (unsigned)a->a2;
    call->alters = call->undoes = false;
    if (user_copy_in(call->operations, a->a1, call->count * sizeof(call->operations[0])))
        return -EFAULT;
    for (unsigned i = 0; i < call->count; i++) {
        call->alters |= call->operations[i].change != 0;
        call->undoes |= (call->operations[i].flags & OPERATION_UNDO) != 0;
    }
    return 0;
}

static long semaphore_timed(const struct syscall_arguments *a, uint64_t deadline)
{
    struct semaphore_call call;
    if (a->a2 < 1 || (int)a->a0 < 0)
        return -EINVAL;
    if (a->a2 > OPERATIONS_MOST)
        return -E2BIG;
    long status = semaphore_call_in(&call, a);
    if (status < 0)
        return status;
    struct semaphore_set *set = semaphore_find(a->a0);
    if (!set)
        return -EINVAL;
    for (unsigned i = 0; i < call.count; i++)
        if (call.operations[i].number >= set->count)
            return -EFBIG;
    status = ipc_permission(&set->object, call.alters ? IPC_WRITE : IPC_READ);
    return status < 0 ? status : semaphore_operate(set, &call, deadline);
}

long kernel_sys_semop(const struct syscall_arguments *a)
{
    return semaphore_timed(a, WAIT_FOREVER);
}

long kernel_sys_semtimedop(const struct syscall_arguments *a)
{
    uint64_t ns;
    if (!a->a3)
        return semaphore_timed(a, WAIT_FOREVER);
    long status = time_span_in(a->a3, &ns);
    return status < 0 ? status : semaphore_timed(a, clock_monotonic_ns() + ns);
}

/* ---- control ---- */

static long semaphore_stat(const struct semaphore_set *set, uint64_t address)
{
    struct semaphore_status status = {.operated = set->operated, .changed = set->object.changed, .count = set->count};
    ipc_describe(&set->object, &status.permissions);
    return user_copy_out(address, &status, sizeof(status));
}

static long semaphore_info(uint64_t address, bool used)
{
    struct semaphore_limits limits = {.map = SET_MOST * (int)IPC_OBJECTS,
                                      .sets = IPC_OBJECTS,
                                      .semaphores = SET_MOST * (int)IPC_OBJECTS,
                                      .undos = SET_MOST * (int)IPC_OBJECTS,
                                      .in_set = SET_MOST,
                                      .in_call = OPERATIONS_MOST,
                                      .undo_entries = OPERATIONS_MOST,
                                      .used_sets = 20,
                                      .value = VALUE_MOST,
                                      .used_semaphores = VALUE_MOST};
    if (used) {
        limits.used_sets = ipc_count(&semaphore_table);
        limits.used_semaphores = 0;
        for (unsigned slot = 0; slot < IPC_OBJECTS; slot++)
            if (ipc_at(&semaphore_table, slot))
                limits.used_semaphores += ((struct semaphore_set *)ipc_at(&semaphore_table, slot))->count;
    }
    return user_copy_out(address, &limits, sizeof(limits)) ? -EFAULT : ipc_highest(&semaphore_table);
}

static long semaphore_get_all(const struct semaphore_set *set, uint64_t address)
{
    uint16_t values[SET_MOST];
    for (unsigned i = 0; i < set->count; i++)
        values[i] = set->semaphores[i].value;
    return user_copy_out(address, values, set->count * sizeof(values[0])) ? -EFAULT : 0;
}

static long semaphore_set_range(struct semaphore_set *set, unsigned first, unsigned last, const uint16_t *values)
{
    struct semaphore_forget forget = {set, first, last};
    for (unsigned i = first; i <= last; i++)
        if (values[i - first] > VALUE_MOST)
            return -ERANGE;
    for (unsigned i = first; i <= last; i++) {
        set->semaphores[i].value = values[i - first];
        set->semaphores[i].pid = process_current()->leader_pid;
    }
    process_visit(semaphore_forget_visit, &forget);
    set->object.changed = ipc_now();
    wait_queue_wake(&set->changes);
    return 0;
}

static long semaphore_set_all(struct semaphore_set *set, uint64_t address)
{
    uint16_t values[SET_MOST];
    if (user_copy_in(values, address, set->count * sizeof(values[0])))
        return -EFAULT;
    if (set->object.removed)
        return -EIDRM;
    return semaphore_set_range(set, 0, set->count - 1u, values);
}

static long semaphore_owner_command(struct semaphore_set *set, uint64_t command, uint64_t address)
{
    struct semaphore_status wanted;
    if (command == IPC_SET && user_copy_in(&wanted, address, sizeof(wanted)))
        return -EFAULT;
    long status = set->object.removed ? -EIDRM : ipc_owner(&set->object);
    if (status < 0)
        return status;
    if (command == IPC_SET) {
        ipc_change(&set->object, &wanted.permissions);
        return 0;
    }
    wait_queue_wake(&set->changes);
    ipc_remove(&semaphore_table, &set->object);
    return 0;
}

/* The commands on one counter. */
static long semaphore_one_command(struct semaphore_set *set, uint64_t number, uint64_t command, uint64_t value)
{
    const struct semaphore *semaphore = &set->semaphores[number];
    switch (command) {
    case COMMAND_GETPID:
        return semaphore->pid;
    case COMMAND_GETVAL:
        return semaphore->value;
    case COMMAND_GETNCNT:
        return semaphore->waiting_more;
    case COMMAND_GETZCNT:
        return semaphore->waiting_zero;
    default: {
        uint16_t wanted = (uint16_t)value;
        if ((int)value < 0 || (int)value > VALUE_MOST)
            return -ERANGE;
        return semaphore_set_range(set, (unsigned)number, (unsigned)number, &wanted);
    }
    }
}

static long semaphore_command(struct semaphore_set *set, const struct syscall_arguments *a)
{
    bool writes = a->a2 == COMMAND_SETVAL || a->a2 == COMMAND_SETALL;
    long status = a->a2 == COMMAND_STAT_ANY ? 0 : ipc_permission(&set->object, writes ? IPC_WRITE : IPC_READ);
    if (status < 0)
        return status;
    switch (a->a2) {
    case IPC_STAT:
        return semaphore_stat(set, a->a3);
    case COMMAND_STAT:
    case COMMAND_STAT_ANY:
        status = semaphore_stat(set, a->a3);
        return status < 0 ? status : set->object.number;
    case COMMAND_GETALL:
        return semaphore_get_all(set, a->a3);
    case COMMAND_SETALL:
        return semaphore_set_all(set, a->a3);
    case COMMAND_GETPID:
    case COMMAND_GETVAL:
    case COMMAND_GETNCNT:
    case COMMAND_GETZCNT:
    case COMMAND_SETVAL:
        return (uint32_t)a->a1 < set->count ? semaphore_one_command(set, (uint32_t)a->a1, a->a2, a->a3) : -EINVAL;
    default:
        return -EINVAL;
    }
}

long kernel_sys_semctl(const struct syscall_arguments *a)
{
    if ((int)a->a0 < 0)
        return -EINVAL;
    if (a->a2 == IPC_INFO || a->a2 == COMMAND_INFO)
        return semaphore_info(a->a3, a->a2 == COMMAND_INFO);
    struct semaphore_set *set = semaphore_find(a->a0);
    if (a->a2 == COMMAND_STAT || a->a2 == COMMAND_STAT_ANY)
        set = (struct semaphore_set *)ipc_at(&semaphore_table, a->a0);
    if (!set)
        return -EINVAL;
    ipc_reference(&set->object); /* copies to and from the user may sleep */
    long status = a->a2 == IPC_REMOVE || a->a2 == IPC_SET ? semaphore_owner_command(set, a->a2, a->a3)
                                                          : semaphore_command(set, a);
    ipc_release(&semaphore_table, &set->object);
    return status;
}
