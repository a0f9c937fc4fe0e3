/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which watches an event concerns. They are found by the inode's address, so that many of them cost nobody who touches
 * other files; nothing here sleeps while it looks, for the only thing that sleeps is to ask a directory for a name,
 * before.
 */
#include "fs/notify.h"

#include "fs/inotify.h"
#include "fs/path.h"
#include "memory/heap.h"

#define NOTIFY_BUCKETS 512u
#define NOTIFY_ALIGNED 64u /* inodes are not much smaller */

bool notify_active;
static uint32_t notify_marks;
static struct notify_mark *notify_buckets[NOTIFY_BUCKETS];

/* The link that leads to the inode's mark, or to the end of where it would be. */
static struct notify_mark **notify_link(const struct inode *inode)
{
    struct notify_mark **link = &notify_buckets[(uintptr_t)inode / NOTIFY_ALIGNED % NOTIFY_BUCKETS];

    while (*link && (*link)->inode != inode)
        link = &(*link)->next;
    return link;
}

int notify_add(struct notify_watch *watch, struct inode *inode)
{
    struct notify_mark **link = notify_link(inode), *mark = *link;

    if (!mark) {
        mark = heap_allocate(sizeof(*mark));
        if (!mark)
            return -ENOMEM;
        inode_reference(inode);
        *mark = (struct notify_mark){NULL, inode, NULL};
        *link = mark;
        notify_marks++;
        notify_active = true;
    }
    watch->mark = mark;
    watch->next = mark->first;
    mark->first = watch;
    return 0;
}

void notify_remove(struct notify_watch *watch)
{
    struct notify_mark *mark = watch->mark;
    struct notify_watch **link = &mark->first;

    while (*link != watch)
        link = &(*link)->next;
    *link = watch->next;
    inotify_tell(watch->owner, watch->descriptor, NOTIFY_IGNORED, 0, (struct inode_name){NULL, 0});
    heap_free(watch);
    if (mark->first)
        return;
    struct inode *inode = mark->inode;
    *notify_link(inode) = mark->next;
    notify_active = --notify_marks;
    heap_free(mark);
    inode_release(inode);
}

/* The caller holds the inode. */
static void notify_send(const struct inode *inode, uint32_t event, uint32_t cookie, struct inode_name name)
{
    const struct notify_mark *mark = *notify_link(inode);

    for (struct notify_watch *watch = mark ? mark->first : NULL, *next; watch; watch = next) {
        next = watch->next;
        if (!(watch->mask & event & NOTIFY_EVENTS))
            continue;
        inotify_tell(watch->owner, watch->descriptor, event, cookie, name);
        if (watch->mask & NOTIFY_ONCE)
            inotify_drop(watch);
    }
}

uint32_t notify_kind(const struct inode *inode)
{
    return inode_is_directory(inode) ? NOTIFY_DIRECTORY : 0;
}

void notify_self(struct inode *inode, uint32_t event)
{
    notify_send(inode, event | notify_kind(inode), 0, (struct inode_name){NULL, 0});
}

void notify_inode(struct inode *inode, uint32_t event)
{
    struct inode *parent = inode->parent;

    if (parent && parent != inode && *notify_link(parent)) {
        char text[ABI_NAME_BYTES + 1];
        inode_reference(inode);
        inode_reference(parent);
        long length = parent->operations->child_name(parent, inode, text, sizeof(text));
        if (length > 0)
            notify_send(parent, event | notify_kind(inode), 0, (struct inode_name){text, (uint32_t)length});
        inode_release(parent);
        notify_self(inode, event);
        inode_release(inode);
        return;
    }
    notify_self(inode, event);
}

void notify_file(struct file *file, uint32_t event)
{
    if (file->inode)
        notify_inode(file->inode, event);
}

void notify_closed(struct file *file)
{
    if (file->operations && !(file->flags & ABI_O_PATH)) /* without them it was never open */
        notify_inode(file->inode, file->flags & ABI_O_ACCESS ? NOTIFY_CLOSE_WRITE : NOTIFY_CLOSE_NOWRITE);
    notify_release(file->inode);
}

void notify_name(struct inode *directory, struct inode_name name, uint32_t event, uint32_t cookie)
{
    notify_send(directory, event, cookie, name);
}

void notify_renamed(const struct path *from, struct path *to)
{
    static uint32_t cookie;
    uint32_t kind = notify_kind(from->inode);

    cookie += cookie == UINT32_MAX ? 2 : 1;
    notify_name(from->directory, from->name, NOTIFY_MOVED_FROM | kind, cookie);
    notify_name(to->directory, to->name, NOTIFY_MOVED_TO | kind, cookie);
    if (to->inode && !inode_is_directory(to->inode))
        notify_self(to->inode, NOTIFY_ATTRIBUTES);
    if (to->inode)
        notify_release(to->inode);
    to->inode = NULL;
    notify_self(from->inode, NOTIFY_MOVE_SELF);
}

bool notify_gone(const struct notify_mark *mark)
{
    return mark->inode->links == 0 && mark->inode->references == 1;
}

/* Ending the last one may sleep, but then the mark is gone already. */
void notify_end(struct notify_mark *mark)
{
    for (bool more = true; more;) {
        struct notify_watch *watch = mark->first;
        more = watch->next;
        if (watch->mask & NOTIFY_DELETE_SELF)
            inotify_tell(watch->owner, watch->descriptor, NOTIFY_DELETE_SELF, 0, (struct inode_name){NULL, 0});
        inotify_drop(watch);
    }
}

void notify_release(struct inode *inode)
{
    struct notify_mark *mark = *notify_link(inode);

    inode_release(inode); /* not the last reference where there is a mark */
    if (mark && notify_gone(mark))
        notify_end(mark);
}
