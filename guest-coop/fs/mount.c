/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree of mounts. A root has the covered directory's parent as its own, so that ".." leads out without a look in
 * here; the mount itself is only looked for where a path is told, and where mounts change.
 */
#include "fs/mount.h"

#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/address_space.h"
#include "memory/heap.h"
#include <coopvirt/string.h>

static struct mount *mount_oldest;
struct mount *mount_detached;
static uint32_t mount_last_number;

struct mount *mount_first(void)
{
    return mount_oldest;
}

static void mount_set_parent(struct inode *root, struct inode *parent)
{
    struct inode *before = root->parent;
    if (parent)
        inode_reference(parent);
    root->parent = parent;
    if (before)
        inode_release(before); /* may be waited for, and `root` be gone then */
}

/* Others may have mounted there since the path was walked: it goes on top of theirs. */
static void mount_place(struct mount *mount, struct inode *directory)
{
    while (directory->mounted)
        directory = directory->mounted;
    inode_reference(directory);
    mount->covered = directory;
    directory->mounted = mount->root;
    mount_set_parent(mount->root, directory->parent);
}

/* The directory below is to be seen again; the reference to it becomes the caller's. */
static struct inode *mount_lift(struct mount *mount)
{
    struct inode *covered = mount->covered;
    mount->covered = NULL;
    covered->mounted = NULL;
    mount_set_parent(mount->root, NULL);
    return covered;
}

int mount_check_place(const struct inode *directory)
{
    const struct mount *holding = mount_holding(directory), *top = holding;
    if (directory->links == 0)
        return -ENOENT;
    if (holding && holding->type->is_made_up && holding->root != directory)
        return -EINVAL;
    while (top && top->covered)
        top = mount_holding(top->covered);
    return top && top != mount_oldest ? -EINVAL : 0; /* what is out of sight would never end with a mount in it */
}

int mount_add(const struct mount_type *type, struct inode *root, struct inode *directory, const char *source,
              uint32_t flags)
{
    int status = directory ? mount_check_place(directory) : 0;
    if (status)
        return status;
    struct mount *mount = heap_allocate(sizeof(*mount)), **last = &mount_oldest;
    if (!mount)
        return -ENOMEM;
    *mount = (struct mount){.type = type, .root = root, .flags = flags, .number = ++mount_last_number};
    memcpy(mount->source, source, strlen(source) + 1);
    root->context = mount;
    if (directory)
        mount_place(mount, directory);
    while (*last)
        last = &(*last)->next;
    *last = mount;
    return 0;
}

/* A mount without a place, whose root nobody can reach any more. */
static void mount_free(struct mount *mount)
{
    struct inode *root = mount->root;
    root->context = NULL;
    heap_free(mount);
    inode_release(root);
}

static void mount_unlink(struct mount *mount)
{
    struct mount **slot = &mount_oldest;
    while (*slot != mount)
        slot = &(*slot)->next;
    *slot = mount->next;
    mount->next = NULL;
}

int mount_remove(struct mount *mount)
{
    struct inode *root = mount->root, *covered = mount->covered;
    if (!covered || root->mounted)
        return -EBUSY;

    /* Nobody walks in while its blocks are written; who is in already makes it fail. */
    mount_lift(mount);
    int status = mount->type->unmake(root, 1, false);
    if (status) {
        mount_place(mount, covered);
        inode_release(covered);
        return status;
    }
    mount_unlink(mount);
    mount_free(mount);
    inode_release(covered);
    return 0;
}

/* A directory that is let go may be waited for, and the list be another one then. */
static void mount_lift_detached(void)
{
    for (struct mount *mount = mount_detached; mount;) {
        struct inode *covered = mount->covered ? mount_lift(mount) : NULL;
        if (covered)
            inode_release(covered);
        mount = covered ? mount_detached : mount->next;
    }
}

int mount_detach(struct mount *mount)
{
    struct inode *root = mount->root;
    if (!mount->covered)
        return -EBUSY;
    for (struct mount *other = mount_oldest, *next; other; other = next) {
        next = other->next;
        if (other != mount && !mount_is_below(other->root, root))
            continue;
        mount_unlink(other);
        other->next = mount_detached;
        mount_detached = other;
    }
    mount_lift_detached();
    return 0;
}

void mount_end_detached(void)
{
    static bool is_ending; /* ending one may sleep: who comes meanwhile leaves it to the first */
    if (is_ending)
        return;
    is_ending = true;
    for (struct mount **slot = &mount_detached, *mount; (mount = *slot);) {
        int status = mount->root->mounted || mount->covered ? -EBUSY : mount->type->unmake(mount->root, 0, true);
        if (status) {
            slot = &mount->next;
            continue;
        }
        for (slot = &mount_detached; *slot != mount;) /* others may have come in front */
            slot = &(*slot)->next;
        *slot = mount->next;
        mount_free(mount);
    }
    is_ending = false;
}

struct mount_writers {
    const struct volume *volume;
    bool any;
};

static bool mount_file_writes(const struct file *file, const struct mount_writers *writers)
{
    return file && file->inode && file->inode->volume == writers->volume && inode_type(file->inode) == ABI_S_IFREG &&
           (file->flags & ABI_O_ACCESS) != ABI_O_RDONLY && !(file->flags & ABI_O_PATH);
}

/* Has it a file open, or mapped, that it may write? */
static bool mount_find_writers(struct process *process, void *context)
{
    struct mount_writers *writers = context;
    struct file *file;
    for (int i = 0; process->files && (i = files_next(process->files, i, &file)) >= 0; i++)
        writers->any = writers->any || mount_file_writes(file, writers);
    for (const struct area *area = process->space ? process->space->areas.first : NULL; area; area = area->next)
        writers->any = writers->any || (area->flags & AREA_SHARED && mount_file_writes(area->file, writers));
    return writers->any;
}

int mount_change(struct mount *mount, uint32_t flags, const char *options)
{
    struct mount_writers writers = {mount->root->volume, false};
    if (flags & ~mount->type->flags)
        return -EINVAL;
    if (flags & ~mount->flags & VOLUME_READ_ONLY && writers.volume) {
        process_visit(mount_find_writers, &writers);
        if (writers.any)
            return -EBUSY;
    }
    int status = 0;
    if (options && *options)
        status = mount->type->set_options ? mount->type->set_options(mount->root, options, false) : -EINVAL;
    if (status == 0 && mount->type->remount)
        status = mount->type->remount(mount->root, flags);
    if (status == 0)
        mount->flags = flags;
    return status;
}

bool mount_is_below(const struct inode *inode, const struct inode *top)
{
    while (inode && inode != top) {
        const struct mount *mount = mount_of_root(inode);
        inode = mount && mount->covered ? mount->covered : inode->parent;
    }
    return inode;
}

struct mount *mount_holding(const struct inode *inode)
{
    while (inode && !mount_of_root(inode))
        inode = inode->parent;
    return inode ? mount_of_root(inode) : NULL;
}

int mount_move(struct mount *mount, struct inode *directory)
{
    int status = mount->covered ? mount_check_place(directory) : -EINVAL;
    if (status)
        return status;
    if (mount_is_below(directory, mount->root))
        return -ELOOP;
    struct inode *covered = mount_lift(mount);
    mount_place(mount, directory);
    inode_release(covered);
    return 0;
}

struct mount_change {
    struct inode *from, *to;
};

static void mount_follow(struct inode **place, const struct mount_change *change)
{
    if (*place != change->from)
        return;
    inode_reference(change->to);
    *place = change->to;
    inode_release(change->from);
}

static bool mount_follow_process(struct process *process, void *context)
{
    mount_follow(&process->root, context);
    mount_follow(&process->directory, context);
    return false;
}

void mount_pivot(struct mount *mount, struct mount *root, struct inode *directory)
{
    struct mount_change change = {root->root, mount->root};
    struct inode *covered = mount_lift(mount), *under_root = mount_lift(root);

    mount_place(mount, under_root);
    mount_place(root, directory);
    process_visit(mount_follow_process, &change);
    inode_release(covered);
    inode_release(under_root);
}
