/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The path walk, iterative: a symbolic link's text and what is left of the path are joined in
 * a frame, and the walk goes on there, so that kernel stack use does not depend on the path.
 */
#include "fs/path.h"

#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/frame.h"
#include <coopvirt/string.h>

#define PATH_LINK_LIMIT 40

/* Puts `next`, whose reference is taken over, in the place of `*slot`. */
static void path_replace(struct inode **slot, struct inode *next)
{
    if (*slot)
        inode_release(*slot);
    *slot = next;
}

struct inode *path_root(void)
{
    const struct process *process = process_current();
    return process->root ? process->root : inode_root();
}

static struct inode *path_start(struct inode *start, const char *text)
{
    if (text[0] == '/')
        start = path_root();
    else if (!start)
        start = process_current()->directory;
    inode_reference(start);
    return start;
}

/* Goes to the parent; the root is its own. */
static void path_up(struct path *path)
{
    struct inode *parent = path->inode->parent;

    if (!parent || path->inode == path_root())
        return;
    while (parent->mounted)
        parent = parent->mounted;
    inode_reference(parent);
    path_replace(&path->inode, parent);
}

/* Joins the link's text and the rest of the path in a fresh frame; *rest then points to it. */
static int path_expand(struct path *path, struct inode *link, const char **rest)
{
    size_t rest_length = strlen(*rest);
    coop_paddr frame = frame_allocate();
    if (!frame)
        return -ENOMEM;

    char *text = frame_address(frame);
    long length = link->operations->readlink(link, text, ABI_PATH_BYTES);
    if (length == 0)
        length = -ENOENT;
    if (length > 0 && (size_t)length + 1 + rest_length >= ABI_PATH_BYTES)
        length = -ENAMETOOLONG;
    if (length < 0) {
        frame_release(frame);
        return (int)length;
    }
    text[length] = '\0';
    if (rest_length) {
        text[length] = '/';
        memcpy(text + length + 1, *rest, rest_length + 1);
    }
    if (path->frame)
        frame_release(path->frame);
    path->frame = frame;
    *rest = text;
    return 0;
}

/* Follows `link`, found in directory path->inode. */
static int path_link(struct path *path, struct inode *link, const char **rest)
{
    struct inode *target;

    if (++path->links > PATH_LINK_LIMIT)
        return -ELOOP;
    if (link->operations->follow) {
        int status = link->operations->follow(link, &target);
        if (status == 0)
            path_replace(&path->inode, target);
        if (status != -EINVAL)
            return status;
    }
    int status = path_expand(path, link, rest);
    if (status == 0 && **rest == '/') {
        target = path_root();
        inode_reference(target);
        path_replace(&path->inode, target);
    }
    return status;
}

/* Looks a component up in path->inode and steps to it. `last` is true for the path's last component. */
static int path_step(struct path *path, struct inode_name name, bool last, uint32_t flags, const char **rest)
{
    struct inode *directory = path->inode, *found;
    int status = inode_permission(directory, ABI_MAY_EXECUTE);

    if (status)
        return status;
    if (name.length > ABI_NAME_BYTES)
        return -ENAMETOOLONG;
    status = directory->operations->lookup(directory, name, &found);
    if (status == -ENOENT && last && (flags & PATH_MISSING)) {
        path_replace(&path->directory, directory);
        path->inode = NULL;
        path->name = name;
        return 0;
    }
    if (status)
        return status;

    bool follow = !last || (flags & PATH_FOLLOW) || path->must_be_directory;
    if (inode_type(found) == ABI_S_IFLNK && follow) {
        status = path_link(path, found, rest);
        inode_release(found);
        return status;
    }
    while (found->mounted) {
        inode_reference(found->mounted);
        path_replace(&found, found->mounted);
    }
    if (last && (flags & (PATH_PARENT | PATH_MISSING))) {
        path_replace(&path->directory, directory);
        path->inode = found;
        path->name = name;
        return 0;
    }
    path_replace(&path->inode, found);
    return 0;
}

/* Takes the next component off the text; false when there is none. */
static bool path_component(const char **rest, struct inode_name *name)
{
    const char *text = *rest;

    while (*text == '/')
        text++;
    name->text = text;
    while (*text && *text != '/')
        text++;
    name->length = (uint32_t)(text - name->text);
    *rest = text;
    return name->length != 0;
}

static bool path_only_slashes(const char *text)
{
    while (*text == '/')
        text++;
    return *text == '\0';
}

static int path_walk_components(struct path *path, const char *rest, uint32_t flags)
{
    struct inode_name name;

    while (path_component(&rest, &name)) {
        bool last = *rest == '\0' || path_only_slashes(rest);
        if (last && *rest == '/')
            path->must_be_directory = true;
        if (!inode_is_directory(path->inode))
            return -ENOTDIR;
        if (name.length == 1 && name.text[0] == '.')
            continue;
        if (name.length == 2 && name.text[0] == '.' && name.text[1] == '.') {
            path_up(path);
            continue;
        }
        if (last)
            rest = "";
        int status = path_step(path, name, last, flags, &rest);
        if (status)
            return status;
        if (!path->inode)
            return 0;
    }
    return path->must_be_directory && !inode_is_directory(path->inode) ? -ENOTDIR : 0;
}

int path_walk(struct path *path, struct inode *start, const char *text, uint32_t flags)
{
    *path = (struct path){0};
    if (text[0] == '\0')
        return -ENOENT;
    path->inode = path_start(start, text);
    int status = path_walk_components(path, text, flags);
    if (status)
        path_finish(path);
    return status;
}

void path_finish(struct path *path)
{
    path_replace(&path->inode, NULL);
    path_replace(&path->directory, NULL);
    if (path->frame)
        frame_release(path->frame);
    path->frame = 0;
}

int path_find(struct inode *start, const char *text, uint32_t flags, struct inode **found)
{
    struct path path;
    int status = path_walk(&path, start, text, flags);

    if (status)
        return status;
    *found = path.inode;
    path.inode = NULL;
    path_finish(&path);
    return 0;
}
