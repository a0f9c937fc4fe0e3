/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens to files, told to those who watch them (fs/inotify.c). System calls and file.c tell it after the fact,
 * each behind one look at notify_active, so that it costs nothing while nobody watches.
 */
#ifndef FS_NOTIFY_H
#define FS_NOTIFY_H

#include "fs/inode.h"

/* Events, by the bits of inotify(7). */
#define NOTIFY_ACCESS        0x001u
#define NOTIFY_MODIFY        0x002u
#define NOTIFY_ATTRIBUTES    0x004u
#define NOTIFY_CLOSE_WRITE   0x008u
#define NOTIFY_CLOSE_NOWRITE 0x010u
#define NOTIFY_OPEN          0x020u
#define NOTIFY_MOVED_FROM    0x040u
#define NOTIFY_MOVED_TO      0x080u
#define NOTIFY_CREATE        0x100u
#define NOTIFY_DELETE        0x200u
#define NOTIFY_DELETE_SELF   0x400u
#define NOTIFY_MOVE_SELF     0x800u
#define NOTIFY_EVENTS        0xfffu
#define NOTIFY_UNMOUNT       0x2000u
#define NOTIFY_OVERFLOW      0x4000u
#define NOTIFY_IGNORED       0x8000u
#define NOTIFY_DIRECTORY     0x40000000u
#define NOTIFY_ONCE          0x80000000u

struct inotify;
struct path;

/* A watched inode, of which all its watches together hold one reference. */
struct notify_mark {
    struct notify_mark *next;
    struct inode *inode;
    struct notify_watch *first;
};

struct notify_watch {
    struct notify_watch *next;     /* of the same inode */
    struct notify_watch *own_next; /* of the same owner */
    struct notify_mark *mark;
    struct inotify *owner;
    int descriptor;
    uint32_t mask;
};

extern bool notify_active; /* there are watches */

/* Watches an inode: 0 or -ENOMEM. The owner's list is the caller's to keep. */
int notify_add(struct notify_watch *watch, struct inode *inode);

/* Ends a watch, which is in its owner's list no more, and frees it. May sleep when it held the inode's last reference.
 */
void notify_remove(struct notify_watch *watch);

/* To those who watch the inode, and, with its name, to those who watch its directory. May sleep. */
void notify_inode(struct inode *inode, uint32_t event);

/* The same of an open file. */
void notify_file(struct file *file, uint32_t event);

/* An open file is closed: tells it and gives the file's inode back. */
void notify_closed(struct file *file);

/* Gives an inode back; its watches end when only they hold it still, and it has no name. */
void notify_release(struct inode *inode);

/* Only to those who watch the inode itself. */
void notify_self(struct inode *inode, uint32_t event);

/* NOTIFY_DIRECTORY or 0. */
uint32_t notify_kind(const struct inode *inode);

/* A name in a directory: made, removed, or (with `cookie`) moved. */
void notify_name(struct inode *directory, struct inode_name name, uint32_t event, uint32_t cookie);

/* What the first path led to has the name of the second, which led to what it replaced or to nothing. */
void notify_renamed(const struct path *from, struct path *to);

/* Do only watches hold the inode, and no name lead to it? Then they can end, which the second does. */
bool notify_gone(const struct notify_mark *mark);
void notify_end(struct notify_mark *mark);

#endif
