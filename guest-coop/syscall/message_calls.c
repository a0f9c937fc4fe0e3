/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System V messages: queues of typed messages, taken by type.
 */
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "kernel/ipc.h"
#include "kernel/process.h"
#include "kernel/wait.h"
#include "memory/heap.h"
#include "memory/user_copy.h"
#include "syscall/kernel_calls.h"

#define MESSAGE_MOST 8192u  /* bytes of one */
#define QUEUE_BYTES  16384u /* of all in a queue, unless IPC_SET says otherwise */

/* msgrcv(2) */
#define RECEIVE_CUT    010000u
#define RECEIVE_EXCEPT 020000u
#define RECEIVE_COPY   040000u

#define COMMAND_STAT     11u
#define COMMAND_INFO     12u
#define COMMAND_STAT_ANY 13u

struct message {
    struct message *next;
    int64_t type;
    uint64_t bytes;
    uint8_t text[];
};

struct message_queue {
    struct ipc_object object; /* first: the two are converted by a cast */
    struct wait_queue changes;
    struct message *first;
    struct message **end; /* where the next is linked */
    uint64_t count, bytes, bytes_most;
    int64_t sent, received;
    int sender, receiver;
};

/* struct msqid64_ds */
struct message_status {
    struct ipc_permissions permissions;
    int64_t sent, received, changed;
    uint64_t bytes, count, bytes_most;
    int32_t sender, receiver;
    uint64_t unused[2];
};
_Static_assert(sizeof(struct message_status) == 120, "struct msqid64_ds");

/* struct msginfo */
struct message_limits {
    int32_t pool, map, message, queue, queues, segment_bytes, messages;
    uint16_t segments;
};
_Static_assert(sizeof(struct message_limits) == 32, "struct msginfo");

static void message_destroy(struct ipc_object *object)
{
    struct message_queue *queue = (struct message_queue *)object;
    while (queue->first) {
        struct message *message = queue->first;
        queue->first = message->next;
        heap_free(message);
    }
    heap_free(queue);
}

static struct ipc_table message_table = {.destroy = message_destroy};

static struct message_queue *message_queue_find(uint64_t number)
{
    return (struct message_queue *)ipc_find(&message_table, (int)number);
}

long kernel_sys_msgget(const struct syscall_arguments *a)
{
    long status;
    struct ipc_object *object = ipc_lookup(&message_table, (int)a->a0, a->a1, &status);
    if (object || status < 0)
        return object ? object->number : status;
    struct message_queue *queue = heap_allocate(sizeof(*queue));
    if (!queue)
        return -ENOMEM;
    queue->end = &queue->first;
    queue->bytes_most = QUEUE_BYTES;
    status = ipc_add(&message_table, &queue->object, (int)a->a0, a->a1);
    if (status < 0)
        heap_free(queue);
    return status;
}

/* Sleeps until the queue changes, with a reference held: 0 or -errno. */
static long message_wait(struct message_queue *queue, uint64_t flags, long nothing)
{
    if (flags & IPC_NO_WAIT)
        return nothing;
    int status = wait_queue_sleep(&queue->changes, WAIT_FOREVER);
    if (queue->object.removed)
        return -EIDRM;
    return status < 0 ? -ERESTARTNOHAND : 0;
}

/* ---- sending ---- */

static long message_in(const struct syscall_arguments *a, struct message **made)
{
    int64_t type;
    if (user_copy_in(&type, a->a1, sizeof(type)))
        return -EFAULT;
    if (a->a2 > MESSAGE_MOST || (int)a->a0 < 0 || type < 1)
        return -EINVAL;
    struct message *message = heap_allocate(sizeof(*message) + a->a2);
    if (!message)
        return -ENOMEM;
    message->type = type;
    message->bytes = a->a2;
    *made = message;
    if (user_copy_in(message->text, a->a1 + sizeof(type), a->a2) == 0)
        return 0;
    heap_free(message);
    return -EFAULT;
}

static bool message_fits(const struct message_queue *queue, uint64_t bytes)
{
    return queue->bytes + bytes <= queue->bytes_most && queue->count < queue->bytes_most;
}

static void message_append(struct message_queue *queue, struct message *message)
{
    *queue->end = message;
    queue->end = &message->next;
    queue->count++;
    queue->bytes += message->bytes;
    queue->sent = ipc_now();
    queue->sender = process_current()->leader_pid;
    wait_queue_wake(&queue->changes);
}

static long message_send(struct message_queue *queue, struct message *message, uint64_t flags)
{
    long status = 0;
    ipc_reference(&queue->object);
    while (status == 0) {
        status = ipc_permission(&queue->object, IPC_WRITE);
        if (status < 0 || message_fits(queue, message->bytes))
            break;
        status = message_wait(queue, flags, -EAGAIN);
    }
    if (status == 0)
        message_append(queue, message);
    ipc_release(&message_table, &queue->object);
    return status;
}

long kernel_sys_msgsnd(const struct syscall_arguments *a)
{
    struct message *message;
    long status = message_in(a, &message);
    if (status < 0)
        return status;
    struct message_queue *queue = message_queue_find(a->a0);
    status = queue ? message_send(queue, message, a->a3) : -EINVAL;
    if (status < 0)
        heap_free(message);
    return status;
}

/* ---- receiving ---- */

/* Where the wanted message is linked, or NULL. Below 0: the lowest type up to that; 0: the first of all. */
static struct message **message_wanted(struct message_queue *queue, int64_t type, bool except)
{
    uint64_t most = type < 0 ? 0 - (uint64_t)type : 0;
    struct message **best = 0;
    for (struct message **link = &queue->first; *link; link = &(*link)->next) {
        int64_t have = (*link)->type;
        if (type == 0 || (type > 0 && (have == type) != except))
            return link;
        if (type < 0 && (uint64_t)have <= most && (!best || have < (*best)->type))
            best = link;
    }
    return best;
}

static struct message *message_unlink(struct message_queue *queue, struct message **link)
{
    struct message *message = *link;
    *link = message->next;
    if (queue->end == &message->next)
        queue->end = link;
    queue->count--;
    queue->bytes -= message->bytes;
    queue->received = ipc_now();
    queue->receiver = process_current()->leader_pid;
    wait_queue_wake(&queue->changes);
    return message;
}

/* The message, or NULL with -errno. */
static struct message *message_receive(struct message_queue *queue, const struct syscall_arguments *a, long *status)
{
    struct message *message = 0;
    *status = 0;
    ipc_reference(&queue->object);
    while (*status == 0 && !message) {
        *status = ipc_permission(&queue->object, IPC_READ);
        if (*status < 0)
            break;
        struct message **link = message_wanted(queue, (int64_t)a->a3, a->a4 & RECEIVE_EXCEPT);
        if (!link)
            *status = message_wait(queue, a->a4, -ENOMSG);
        else if ((*link)->bytes > a->a2 && !(a->a4 & RECEIVE_CUT))
            *status = -E2BIG;
        else
            message = message_unlink(queue, link);
    }
    ipc_release(&message_table, &queue->object);
    return message;
}

long kernel_sys_msgrcv(const struct syscall_arguments *a)
{
    long status;
    if ((int64_t)a->a2 < 0 || (int)a->a0 < 0)
        return -EINVAL;
    if (a->a4 & RECEIVE_COPY)
        return -ENOSYS;
    struct message_queue *queue = message_queue_find(a->a0);
    if (!queue)
        return -EINVAL;
    struct message *message = message_receive(queue, a, &status);
    if (!message)
        return status;
    uint64_t bytes = message->bytes < a->a2 ? message->bytes : a->a2;
    if (user_copy_out(a->a1, &message->type, sizeof(message->type)) ||
        user_copy_out(a->a1 + sizeof(message->type), message->text, bytes))
        status = -EFAULT;
    heap_free(message);
    return status < 0 ? status : (long)bytes;
}

/* ---- control ---- */

static long message_stat(const struct message_queue *queue, uint64_t address)
{
    struct message_status status = {.sent = queue->sent,
                                    .received = queue->received,
                                    .changed = queue->object.changed,
                                    .bytes = queue->bytes,
                                    .count = queue->count,
                                    .bytes_most = queue->bytes_most,
                                    .sender = queue->sender,
                                    .receiver = queue->receiver};
    ipc_describe(&queue->object, &status.permissions);
    return user_copy_out(address, &status, sizeof(status));
}

static long message_info(uint64_t address, bool used)
{
    struct message_limits limits = {.pool = QUEUE_BYTES * IPC_OBJECTS / 1024,
                                    .map = QUEUE_BYTES,
                                    .message = MESSAGE_MOST,
                                    .queue = QUEUE_BYTES,
                                    .queues = IPC_OBJECTS,
                                    .segment_bytes = 16,
                                    .messages = QUEUE_BYTES,
                                    .segments = UINT16_MAX};
    if (used) {
        limits.pool = ipc_count(&message_table);
        limits.map = limits.messages = 0;
        for (unsigned slot = 0; slot < IPC_OBJECTS; slot++) {
            const struct message_queue *queue = (struct message_queue *)ipc_at(&message_table, slot);
            limits.map += queue ? (int)queue->count : 0;
            limits.messages += queue ? (int)queue->bytes : 0;
        }
    }
    return user_copy_out(address, &limits, sizeof(limits)) ? -EFAULT : ipc_highest(&message_table);
}

static long message_set(struct message_queue *queue, const struct message_status *wanted)
{
    if (wanted->bytes_most > QUEUE_BYTES && !capability_held(CAPABILITY_SYS_RESOURCE))
        return -EPERM;
    queue->bytes_most = wanted->bytes_most;
    ipc_change(&queue->object, &wanted->permissions);
    wait_queue_wake(&queue->changes);
    return 0;
}

static long message_owner_command(struct message_queue *queue, uint64_t command, uint64_t address)
{
    struct message_status wanted;
    if (command == IPC_SET && user_copy_in(&wanted, address, sizeof(wanted)))
        return -EFAULT;
    long status = queue->object.removed ? -EIDRM : ipc_owner(&queue->object);
    if (status < 0)
        return status;
    if (command == IPC_SET)
        return message_set(queue, &wanted);
    wait_queue_wake(&queue->changes);
    ipc_remove(&message_table, &queue->object);
    return 0;
}

static long message_command(struct message_queue *queue, const struct syscall_arguments *a)
{
    bool by_slot = a->a1 == COMMAND_STAT || a->a1 == COMMAND_STAT_ANY;
    if (a->a1 == IPC_REMOVE || a->a1 == IPC_SET)
        return message_owner_command(queue, a->a1, a->a2);
    if (a->a1 != IPC_STAT && !by_slot)
        return -EINVAL;
    long status = a->a1 == COMMAND_STAT_ANY ? 0 : ipc_permission(&queue->object, IPC_READ);
    if (status == 0)
        status = message_stat(queue, a->a2);
    return status < 0 || !by_slot ? status : queue->object.number;
}

long kernel_sys_msgctl(const struct syscall_arguments *a)
{
    if ((int)a->a0 < 0)
        return -EINVAL;
    if (a->a1 == IPC_INFO || a->a1 == COMMAND_INFO)
        return message_info(a->a2, a->a1 == COMMAND_INFO);
    bool by_slot = a->a1 == COMMAND_STAT || a->a1 == COMMAND_STAT_ANY;
    struct message_queue *queue =
        by_slot ? (struct message_queue *)ipc_at(&message_table, a->a0) : message_queue_find(a->a0);
    if (!queue)
        return -EINVAL;
    ipc_reference(&queue->object); /* copies to and from the user may sleep */
    long status = message_command(queue, a);
    ipc_release(&message_table, &queue->object);
    return status;
}
