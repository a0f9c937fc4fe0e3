/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree of mounts. A root has the covered directory's parent as its own, so that ".." leads out without a look in
 * here; the mount itself is only looked for where a path is told, and where mounts change.
 */
#include "fs/mount.h"

#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/heap.h"
#include <coopvirt/string.h>

static struct mount *mount_oldest;

struct mount *mount_first(void)
{
    return mount_oldest;
}

static void mount_set_parent(struct inode *root, struct inode *parent)
{
    if (parent)
        inode_reference(parent);
    if (root->parent)
        inode_release(root->parent);
    root->parent = parent;
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
    const struct mount *holding = mount_holding(directory);
    if (directory->links == 0)
        return -ENOENT;
    return holding && holding->type->is_made_up && holding->root != directory ? -EINVAL : 0;
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
    *mount = (struct mount){.type = type, .root = root, .flags = flags};
    memcpy(mount->source, source, strlen(source) + 1);
    root->context = mount;
    if (directory)
        mount_place(mount, directory);
    while (*last)
        last = &(*last)->next;
    *last = mount;
    return 0;
}

int mount_remove(struct mount *mount)
{
    struct inode *root = mount->root, *covered = mount->covered;
    if (!covered || root->mounted)
        return -EBUSY;

    /* Nobody walks in while its blocks are written; who is in already makes it fail. */
    mount_lift(mount);
    int status = mount->type->unmake(root, 1);
    if (status) {
        mount_place(mount, covered);
        inode_release(covered);
        return status;
    }
    struct mount **slot = &mount_oldest;
    while (*slot != mount)
        slot = &(*slot)->next;
    *slot = mount->next;
    root->context = NULL;
    heap_free(mount);
    inode_release(root);
    inode_release(covered);
    return 0;
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
