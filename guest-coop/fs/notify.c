/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which watches an event concerns. The list is short where there are any, and looked through for each event; nothing
 * here sleeps while it is, for the only thing that sleeps is to ask a directory for a name, before.
 */
#include "fs/notify.h"

#include "fs/inotify.h"
#include "fs/path.h"
#include "memory/heap.h"

uint32_t notify_watches;
struct notify_watch *notify_first;
bool notify_active;

void notify_add(struct notify_watch *watch)
{
    watch->next = notify_first;
    notify_first = watch;
    notify_watches++;
    notify_active = true;
}

void notify_remove(struct notify_watch *watch)
{
    struct notify_watch **link = &notify_first;

    while (*link != watch)
        link = &(*link)->next;
    *link = watch->next;
    notify_active = --notify_watches;
    inotify_tell(watch->owner, watch->descriptor, NOTIFY_IGNORED, 0, (struct inode_name){NULL, 0});
    inode_release(watch->inode);
    heap_free(watch);
}

static void notify_send(const struct inode *inode, uint32_t event, uint32_t cookie, struct inode_name name)
{
    for (struct notify_watch *watch = notify_first, *next; watch; watch = next) {
        next = watch->next;
        if (watch->inode != inode || !(watch->mask & event & NOTIFY_EVENTS))
            continue;
        inotify_tell(watch->owner, watch->descriptor, event, cookie, name);
        if (watch->mask & NOTIFY_ONCE)
            notify_remove(watch);
    }
}

static bool notify_watched(const struct inode *inode)
{
    const struct notify_watch *watch = notify_first;

    while (watch && watch->inode != inode)
        watch = watch->next;
    return watch;
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

    if (parent && parent != inode && notify_watched(parent)) {
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
    inode_release(file->inode);
    notify_sweep();
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
        inode_release(to->inode);
    to->inode = NULL;
    notify_sweep();
    notify_self(from->inode, NOTIFY_MOVE_SELF);
}

/* Do only watches hold it, and no name lead to it? */
static bool notify_gone(const struct inode *inode)
{
    uint32_t held = 0;

    if (inode->links)
        return false;
    for (const struct notify_watch *watch = notify_first; watch; watch = watch->next)
        held += watch->inode == inode;
    return held == inode->references;
}

void notify_sweep(void)
{
    for (struct notify_watch *watch = notify_first, *next; watch; watch = next) {
        next = watch->next;
        if (!notify_gone(watch->inode))
            continue;
        if (watch->mask & NOTIFY_DELETE_SELF)
            inotify_tell(watch->owner, watch->descriptor, NOTIFY_DELETE_SELF, 0, (struct inode_name){NULL, 0});
        notify_remove(watch);
        next = notify_first; /* what was removed may have been the last reference to more */
    }
}
