/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What System V's semaphores, messages and shared memory have in common: objects that programs find by a key and name
 * by a number, with an owner and permissions. The three kinds stand in a table each (syscall/semaphore_calls.c and its
 * like).
 */
#ifndef KERNEL_IPC_H
#define KERNEL_IPC_H

#include <stdbool.h>
#include <stdint.h>

#define IPC_OBJECTS 256u

/* flags of the get calls, and of operations */
#define IPC_CREATE    01000u
#define IPC_EXCLUSIVE 02000u
#define IPC_NO_WAIT   04000u

/* commands of the control calls */
#define IPC_REMOVE 0u
#define IPC_SET    1u
#define IPC_STAT   2u
#define IPC_INFO   3u

#define IPC_READ  0444u
#define IPC_WRITE 0222u

/* The first part of each object. */
struct ipc_object {
    int key;
    int number;
    uint32_t uid, gid, creator_uid, creator_gid;
    uint32_t mode;
    uint32_t references; /* the table's, and one of each who sleeps on it */
    int64_t changed;     /* seconds since 1970 */
    bool removed;
};

struct ipc_table {
    void (*destroy)(struct ipc_object *object); /* the last reference is gone */
    struct ipc_object *slots[IPC_OBJECTS];
    uint32_t sequence;
};

/* struct ipc64_perm */
struct ipc_permissions {
    int32_t key;
    uint32_t uid, gid, creator_uid, creator_gid;
    uint32_t mode;
    uint16_t sequence, pad;
    uint32_t pad2;
    uint64_t unused[2];
};
_Static_assert(sizeof(struct ipc_permissions) == 48, "struct ipc64_perm");

/* The get calls: the object of that key, or NULL with 0 where one has to be made, or with -errno. */
struct ipc_object *ipc_lookup(const struct ipc_table *table, int key, uint64_t flags, long *status);

/* Puts a new object, with one reference, into the table: its number, or -ENOSPC. */
int ipc_add(struct ipc_table *table, struct ipc_object *object, int key, uint64_t flags);

/* By number, or NULL; by its slot, for listing. */
struct ipc_object *ipc_find(const struct ipc_table *table, int number);
struct ipc_object *ipc_at(const struct ipc_table *table, uint64_t slot);

/* The highest slot in use (0 when there is none), and how many are. */
int ipc_highest(const struct ipc_table *table);
int ipc_count(const struct ipc_table *table);

/* May the running process do that (mode bits, in any of the three classes)? 0 or -EACCES. */
long ipc_permission(const struct ipc_object *object, uint64_t wanted);

/* Is it the owner, the creator or the superuser? 0 or -EPERM. */
long ipc_owner(const struct ipc_object *object);

/* Takes it out of the table, so that no number leads to it; the table's reference goes. */
void ipc_remove(struct ipc_table *table, struct ipc_object *object);

void ipc_reference(struct ipc_object *object);
void ipc_release(struct ipc_table *table, struct ipc_object *object);

/* IPC_STAT and IPC_SET. */
void ipc_describe(const struct ipc_object *object, struct ipc_permissions *permissions);
void ipc_change(struct ipc_object *object, const struct ipc_permissions *permissions);

int64_t ipc_now(void);

#endif
