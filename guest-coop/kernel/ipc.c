/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of System V objects: keys, numbers, owners, permissions.
 */
#include "kernel/capability.h"
#include "kernel/ipc.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/groups.h"
#include "kernel/process.h"

#define SEQUENCE_SHIFT 15 /* a number is the slot below, and above how often anything was made, so that it is new */
#define SEQUENCE_MASK  0xffffu
#define MODE_MASK      0777u
#define NS_PER_SECOND  1000000000ul

int64_t ipc_now(void)
{
    return (int64_t)(clock_realtime_ns() / NS_PER_SECOND);
}

struct ipc_object *ipc_lookup(const struct ipc_table *table, int key, uint64_t flags, long *status)
{
    *status = 0;
    if (key == 0) /* IPC_PRIVATE: always a new one */
        return 0;
    for (unsigned slot = 0; slot < IPC_OBJECTS; slot++) {
        struct ipc_object *object = table->slots[slot];
        if (!object || object->key != key)
            continue;
        *status = flags & IPC_CREATE && flags & IPC_EXCLUSIVE ? -EEXIST : ipc_permission(object, flags);
        return *status < 0 ? 0 : object;
    }
    *status = flags & IPC_CREATE ? 0 : -ENOENT;
    return 0;
}

int ipc_add(struct ipc_table *table, struct ipc_object *object, int key, uint64_t flags)
{
    const struct process *process = process_current();
    unsigned slot = 0;
    while (slot < IPC_OBJECTS && table->slots[slot])
        slot++;
    if (slot == IPC_OBJECTS)
        return -ENOSPC;
    object->key = key;
    object->uid = object->creator_uid = process->euid;
    object->gid = object->creator_gid = process->egid;
    object->mode = flags & MODE_MASK;
    object->references = 1;
    object->changed = ipc_now();
    object->number = (int)((table->sequence++ & SEQUENCE_MASK) << SEQUENCE_SHIFT | slot);
    table->slots[slot] = object;
    return object->number;
}

struct ipc_object *ipc_at(const struct ipc_table *table, uint64_t slot)
{
    return slot < IPC_OBJECTS ? table->slots[slot] : 0;
}

struct ipc_object *ipc_find(const struct ipc_table *table, int number)
{
    struct ipc_object *object = ipc_at(table, (uint32_t)number & ((1u << SEQUENCE_SHIFT) - 1));
    return object && object->number == number ? object : 0;
}

int ipc_highest(const struct ipc_table *table)
{
    int highest = 0;
    for (unsigned slot = 0; slot < IPC_OBJECTS; slot++)
        if (table->slots[slot])
            highest = (int)slot;
    return highest;
}

int ipc_count(const struct ipc_table *table)
{
    int count = 0;
    for (unsigned slot = 0; slot < IPC_OBJECTS; slot++)
        count += table->slots[slot] != 0;
    return count;
}

long ipc_permission(const struct ipc_object *object, uint64_t wanted)
{
    const struct process *process = process_current();
    uint64_t granted = object->mode, asked = (wanted >> 6 | wanted >> 3 | wanted) & 7;
    if (capability_held(CAPABILITY_IPC_OWNER))
        return 0;
    if (process->euid == object->uid || process->euid == object->creator_uid)
        granted >>= 6;
    else if (groups_member(object->gid) || groups_member(object->creator_gid))
        granted >>= 3;
    return asked & ~granted ? -EACCES : 0;
}

long ipc_owner(const struct ipc_object *object)
{
    uint32_t uid = process_current()->euid;
    return uid == object->uid || uid == object->creator_uid || capability_held(CAPABILITY_SYS_ADMIN) ? 0 : -EPERM;
}

void ipc_reference(struct ipc_object *object)
{
    object->references++;
}

void ipc_release(struct ipc_table *table, struct ipc_object *object)
{
    if (--object->references == 0)
        table->destroy(object);
}

void ipc_remove(struct ipc_table *table, struct ipc_object *object)
{
    table->slots[(uint32_t)object->number & ((1u << SEQUENCE_SHIFT) - 1)] = 0;
    object->removed = true;
    ipc_release(table, object);
}

void ipc_describe(const struct ipc_object *object, struct ipc_permissions *permissions)
{
    *permissions = (struct ipc_permissions){.key = object->key,
                                            .uid = object->uid,
                                            .gid = object->gid,
                                            .creator_uid = object->creator_uid,
                                            .creator_gid = object->creator_gid,
                                            .mode = object->mode,
                                            .sequence = (uint16_t)(object->number >> SEQUENCE_SHIFT)};
}

void ipc_change(struct ipc_object *object, const struct ipc_permissions *permissions)
{
    object->uid = permissions->uid;
    object->gid = permissions->gid;
    object->mode = (object->mode & ~MODE_MASK) | (permissions->mode & MODE_MASK);
    object->changed = ipc_now();
}
