/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of an inotify instance: a queue of events, which the calls that cause them fill (fs/notify.c) and reads
 * take. A full queue, or no memory for an event, is told by one event more. Instances, watches and waiting events are
 * counted for the user who made the instance.
 */
#include "fs/inotify.h"

#include "fs/anonymous.h"
#include "fs/notify.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "kernel/user_count.h"
#include "kernel/wait.h"
#include "memory/heap.h"
#include "memory/user_copy.h"
#include <coopvirt/string.h>

#define INOTIFY_QUEUE_LIMIT    16384u
#define INOTIFY_USER_EVENTS    32768u /* in all of a user's queues */
#define INOTIFY_USER_INSTANCES 128u
#define INOTIFY_USER_WATCHES   8192u
#define INOTIFY_FIONREAD       0x541bu

/* struct inotify_event, whose name is filled up with zeros to a multiple of its size */
struct inotify_event {
    int32_t watch;
    uint32_t mask, cookie, length;
};
_Static_assert(sizeof(struct inotify_event) == 16, "struct inotify_event");

struct inotify_entry {
    struct inotify_entry *next;
    struct inotify_event event;
    char name[];
};

struct inotify {
    struct inotify_entry *first, *last;
    uint32_t count, bytes; /* of the events, as they are read */
    int watches_made;
    struct notify_watch *watches;
    struct user_count *user;
    struct wait_queue queue;
};

/* ---- the queue ---- */

static bool inotify_same(const struct inotify_entry *entry, const struct inotify_event *event, struct inode_name name)
{
    return entry && memcmp(&entry->event, event, sizeof(*event)) == 0 && !(event->mask & NOTIFY_IGNORED) &&
           (!name.length || (memcmp(entry->name, name.text, name.length) == 0 && !entry->name[name.length]));
}

static bool inotify_append(struct inotify *inotify, const struct inotify_event *event, struct inode_name name)
{
    if (inotify_same(inotify->last, event, name))
        return true;
    struct inotify_entry *entry = heap_allocate(sizeof(*entry) + event->length);
    if (!entry)
        return false;
    *entry = (struct inotify_entry){.event = *event};
    memset(entry->name, 0, event->length);
    if (name.length)
        memcpy(entry->name, name.text, name.length);
    if (inotify->last)
        inotify->last->next = entry;
    else
        inotify->first = entry;
    inotify->last = entry;
    inotify->count++;
    inotify->user->events++;
    inotify->bytes += (uint32_t)sizeof(*event) + event->length;
    return true;
}

void inotify_tell(struct inotify *inotify, int descriptor, uint32_t event, uint32_t cookie, struct inode_name name)
{
    static const struct inotify_event overflow = {.watch = -1, .mask = NOTIFY_OVERFLOW};
    uint32_t step = sizeof(struct inotify_event);
    uint32_t length = name.length ? (name.length + step) / step * step : 0;
    struct inotify_event told = {descriptor, event, cookie, length};

    bool full = inotify->count >= INOTIFY_QUEUE_LIMIT || inotify->user->events >= INOTIFY_USER_EVENTS;
    if (full || !inotify_append(inotify, &told, name))
        inotify_append(inotify, &overflow, (struct inode_name){NULL, 0});
    wait_queue_wake(&inotify->queue);
}

/* Takes the first event, if it is no longer than that; NULL else. */
static struct inotify_entry *inotify_take(struct inotify *inotify, size_t room)
{
    struct inotify_entry *entry = inotify->first;

    if (!entry || sizeof(entry->event) + entry->event.length > room)
        return NULL;
    inotify->first = entry->next;
    if (!inotify->first)
        inotify->last = NULL;
    inotify->count--;
    inotify->user->events--;
    inotify->bytes -= (uint32_t)sizeof(entry->event) + entry->event.length;
    return entry;
}

/* ---- watches ---- */

void inotify_drop(struct notify_watch *watch)
{
    struct inotify *inotify = watch->owner;
    struct notify_watch **link = &inotify->watches;

    while (*link != watch)
        link = &(*link)->own_next;
    *link = watch->own_next;
    inotify->user->watches--;
    notify_remove(watch);
}

/* One whose inode nobody can come to any more: it was held by others than files when its name went. */
static struct notify_mark *inotify_gone(const struct inotify *inotify)
{
    const struct notify_watch *watch = inotify->watches;

    while (watch && !notify_gone(watch->mark))
        watch = watch->own_next;
    return watch ? watch->mark : NULL;
}

static void inotify_end_gone(const struct inotify *inotify)
{
    for (struct notify_mark *mark; (mark = inotify_gone(inotify));)
        notify_end(mark);
}

/* ---- the file ---- */

static long inotify_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct inotify *inotify = file->context;
    struct inotify_entry *entry;
    size_t done = 0;
    (void)position;

    while (inotify_end_gone(inotify), !inotify->first) {
        int status = file->flags & ABI_O_NONBLOCK ? -EAGAIN : wait_queue_sleep(&inotify->queue, WAIT_FOREVER);
        if (status)
            return status;
    }
    while ((entry = inotify_take(inotify, bytes - done))) {
        size_t size = sizeof(entry->event) + entry->event.length;
        long status = user_copy_out(user_buffer + done, &entry->event, size);
        heap_free(entry);
        if (status)
            return done ? (long)done : -EFAULT;
        done += size;
    }
    return done ? (long)done : -EINVAL;
}

static long inotify_ioctl(struct file *file, uint32_t request, uint64_t argument)
{
    const struct inotify *inotify = file->context;

    return request == INOTIFY_FIONREAD ? user_copy_out(argument, &inotify->bytes, sizeof(inotify->bytes)) : -ENOTTY;
}

/* Ending a watch, which tells of it, is left to the read: it may sleep, and who polls many files must not. */
static void inotify_poll(struct file *file, struct file_poll *poll)
{
    struct inotify *inotify = file->context;

    poll->events = inotify->first || inotify_gone(inotify) ? ABI_POLLIN : 0;
    poll->queue = &inotify->queue;
}

static void inotify_release(struct file *file)
{
    struct inotify *inotify = file->context;

    while (inotify->watches)
        inotify_drop(inotify->watches);
    for (struct inotify_entry *entry; (entry = inotify_take(inotify, SIZE_MAX));)
        heap_free(entry);
    inotify->user->instances--;
    user_count_settle(inotify->user);
    heap_free(inotify);
}

static const struct file_operations inotify_operations = {
    .read = inotify_read, .ioctl = inotify_ioctl, .poll = inotify_poll, .release = inotify_release};

bool inotify_is(const struct file *file)
{
    return file->operations == &inotify_operations;
}

int inotify_open(uint32_t flags, bool close_on_exec)
{
    struct user_count *user = user_count_get(process_current()->euid);

    if (!user)
        return -ENOMEM;
    bool many = user->instances == INOTIFY_USER_INSTANCES;
    struct inotify *inotify = many ? NULL : heap_allocate(sizeof(*inotify));
    if (!inotify) {
        user_count_settle(user);
        return many ? -EMFILE : -ENOMEM;
    }
    user->instances++;
    inotify->user = user;
    return anonymous_open(&inotify_operations, inotify, flags, close_on_exec);
}

/* ---- the calls ---- */

static struct notify_watch *inotify_find(const struct inotify *inotify, const struct inode *inode, int descriptor)
{
    struct notify_watch *watch = inotify->watches;

    while (watch && watch->mark->inode != inode && watch->descriptor != descriptor)
        watch = watch->own_next;
    return watch;
}

int inotify_add(struct file *file, struct inode *inode, uint32_t mask)
{
    struct inotify *inotify = file->context;
    struct notify_watch *watch = inotify_find(inotify, inode, -1);
    uint32_t kept = mask & (NOTIFY_EVENTS | NOTIFY_ONCE);

    if (watch && (mask & INOTIFY_MASK_CREATE))
        return -EEXIST;
    if (watch) {
        watch->mask = kept | (mask & INOTIFY_MASK_ADD ? watch->mask : 0);
        return watch->descriptor;
    }
    if (inotify->user->watches == INOTIFY_USER_WATCHES || inotify->watches_made == INT32_MAX)
        return -ENOSPC;
    watch = heap_allocate(sizeof(*watch));
    if (!watch)
        return -ENOMEM;
    *watch = (struct notify_watch){.own_next = inotify->watches, .owner = inotify, .mask = kept};
    int status = notify_add(watch, inode);
    if (status) {
        heap_free(watch);
        return status;
    }
    inotify->watches = watch;
    inotify->user->watches++;
    watch->descriptor = ++inotify->watches_made;
    return watch->descriptor;
}

int inotify_remove(struct file *file, int descriptor)
{
    struct notify_watch *watch = inotify_find(file->context, NULL, descriptor);

    if (!watch)
        return -EINVAL;
    inotify_drop(watch);
    return 0;
}
