/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * epoll. An item stands permanently in the wait queues of its file; a wake-up there makes it active, and only active
 * items are asked for their events. A level-triggered item stays active while it is ready, an edge-triggered one waits
 * for the next wake-up.
 */
#include "fs/epoll.h"

#include "fs/anonymous.h"
#include "fs/linux_abi.h"
#include "kernel/errno.h"
#include "kernel/wait.h"
#include "memory/heap.h"

#define EPOLL_ONESHOT (1u << 30)
#define EPOLL_EDGE    (1u << 31)
#define EPOLL_WAKEUP  (1u << 29) /* about suspending the machine */
#define EPOLL_KNOWN   (EPOLL_ONESHOT | EPOLL_EDGE | EPOLL_WAKEUP | 0xffffu)
#define EPOLL_ALWAYS  (ABI_POLLERR | ABI_POLLHUP)
#define EPOLL_DEPTH   4u

struct epoll_item {
    struct epoll_item *next, *previous; /* of the set */
    struct epoll_item *file_next;       /* of those that watch the file */
    struct epoll *epoll;
    struct file *file; /* no reference: epoll_forget */
    int descriptor;
    bool active;
    bool off; /* a one-shot item that has fired */
    struct epoll_event event;
    struct wait_entry entries[2];
};

struct epoll {
    struct epoll_item *first, *last;
    struct wait_queue queue; /* an item has become active */
};

static void epoll_notify(struct wait_entry *entry)
{
    struct epoll_item *item = entry->context;
    item->active = true;
    wait_queue_wake(&item->epoll->queue);
}

static void epoll_item_watch(struct epoll_item *item)
{
    struct file_poll poll = {0, NULL, NULL};
    item->file->operations->poll(item->file, &poll);
    if (poll.queue)
        wait_queue_watch(poll.queue, &item->entries[0], epoll_notify, item);
    if (poll.queue2)
        wait_queue_watch(poll.queue2, &item->entries[1], epoll_notify, item);
}

static void epoll_item_remove(struct epoll_item *item)
{
    struct epoll *epoll = item->epoll;
    struct epoll_item **link = &item->file->watchers;
    for (unsigned i = 0; i < 2; i++)
        wait_queue_unwatch(&item->entries[i]);
    while (*link != item)
        link = &(*link)->file_next;
    *link = item->file_next;
    if (item->previous)
        item->previous->next = item->next;
    else
        epoll->first = item->next;
    if (item->next)
        item->next->previous = item->previous;
    else
        epoll->last = item->previous;
    heap_free(item);
}

void epoll_forget(struct file *file)
{
    while (file->watchers)
        epoll_item_remove(file->watchers);
}

static uint32_t epoll_item_events(const struct epoll_item *item)
{
    struct file_poll poll = {0, NULL, NULL};
    if (item->off)
        return 0;
    item->file->operations->poll(item->file, &poll);
    return poll.events & (item->event.events | EPOLL_ALWAYS) & 0xffffu;
}

static void epoll_poll(struct file *file, struct file_poll *poll)
{
    struct epoll *epoll = file->context;
    poll->events = 0;
    poll->queue = &epoll->queue;
    for (const struct epoll_item *item = epoll->first; item && !poll->events; item = item->next)
        if (item->active && epoll_item_events(item))
            poll->events = ABI_POLLIN;
}

static void epoll_release(struct file *file)
{
    struct epoll *epoll = file->context;
    while (epoll->first)
        epoll_item_remove(epoll->first);
    heap_free(epoll);
}

static const struct file_operations epoll_operations = {.poll = epoll_poll, .release = epoll_release};

int epoll_open(bool close_on_exec)
{
    struct epoll *epoll = heap_allocate(sizeof(*epoll));
    return epoll ? anonymous_open(&epoll_operations, epoll, ABI_O_RDWR, close_on_exec) : -ENOMEM;
}

bool epoll_is(const struct file *file)
{
    return file->operations == &epoll_operations;
}

/* Is `wanted` the file or one that it watches, however indirectly, or is the chain too long? */
static bool epoll_reaches(const struct file *file, const struct file *wanted, unsigned depth)
{
    if (file == wanted || depth == 0)
        return true;
    if (!epoll_is(file))
        return false;
    for (const struct epoll_item *item = ((const struct epoll *)file->context)->first; item; item = item->next)
        if (epoll_is(item->file) && epoll_reaches(item->file, wanted, depth - 1))
            return true;
    return false;
}

static int epoll_add(struct file *epoll_file, int descriptor, struct file *file, const struct epoll_event *event)
{
    struct epoll *epoll = epoll_file->context;
    if (epoll_is(file) && epoll_reaches(file, epoll_file, EPOLL_DEPTH))
        return -ELOOP;
    struct epoll_item *item = heap_allocate(sizeof(*item));
    if (!item)
        return -ENOMEM;
    item->epoll = epoll;
    item->file = file;
    item->descriptor = descriptor;
    item->event = *event;
    item->active = true;
    item->previous = epoll->last;
    if (epoll->last)
        epoll->last->next = item;
    else
        epoll->first = item;
    epoll->last = item;
    item->file_next = file->watchers;
    file->watchers = item;
    epoll_item_watch(item);
    wait_queue_wake(&epoll->queue);
    return 0;
}

int epoll_control(struct file *epoll_file, int operation, int descriptor, struct file *file,
                  const struct epoll_event *event)
{
    struct epoll *epoll = epoll_file->context;
    if (!file->operations->poll)
        return -EPERM;
    if (file == epoll_file || !epoll_is(epoll_file))
        return -EINVAL;
    if (operation != EPOLL_REMOVE && (event->events & ~EPOLL_KNOWN))
        return -EINVAL;
    struct epoll_item *item = epoll->first;
    while (item && (item->file != file || item->descriptor != descriptor))
        item = item->next;
    switch (operation) {
    case EPOLL_ADD:
        return item ? -EEXIST : epoll_add(epoll_file, descriptor, file, event);
    case EPOLL_REMOVE:
        if (item)
            epoll_item_remove(item);
        return item ? 0 : -ENOENT;
    case EPOLL_CHANGE:
        if (!item)
            return -ENOENT;
        item->event = *event;
        item->off = false;
        item->active = true;
        wait_queue_wake(&epoll->queue);
        return 0;
    default:
        return -EINVAL;
    }
}

static unsigned epoll_scan(struct epoll *epoll, struct epoll_event *events, unsigned most)
{
    unsigned count = 0;
    for (struct epoll_item *item = epoll->first; item && count < most; item = item->next) {
        if (!item->active)
            continue;
        item->active = false;
        uint32_t ready = epoll_item_events(item);
        if (!ready)
            continue;
        events[count++] = (struct epoll_event){ready, item->event.data};
        item->off = item->event.events & EPOLL_ONESHOT;
        item->active = !(item->event.events & (EPOLL_EDGE | EPOLL_ONESHOT));
    }
    return count;
}

long epoll_collect(struct file *epoll_file, struct epoll_event *events, unsigned most, uint64_t deadline_ns)
{
    struct epoll *epoll = epoll_file->context;
    for (;;) {
        unsigned count = epoll_scan(epoll, events, most);
        if (count || !deadline_ns)
            return count;
        int status = wait_queue_sleep(&epoll->queue, deadline_ns);
        if (status == -ETIMEDOUT)
            return epoll_scan(epoll, events, most);
        if (status)
            return status == -ERESTARTSYS ? -EINTR : status;
    }
}
