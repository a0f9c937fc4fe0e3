/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a user's path to an inode.
 */
#include "syscall/user_path.h"

#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/frame.h"
#include "memory/user_copy.h"

int user_path_get(struct user_path *path, uint64_t user_address)
{
    long length = user_copy_string(path->short_text, user_address, sizeof(path->short_text));

    path->frame = 0;
    path->text = path->short_text;
    if (length != -ENAMETOOLONG)
        return length < 0 ? (int)length : 0;
    path->frame = frame_allocate();
    if (!path->frame)
        return -ENOMEM;
    path->text = frame_address(path->frame);
    length = user_copy_string(frame_address(path->frame), user_address, ABI_PATH_BYTES);
    if (length >= 0)
        return 0;
    user_path_free(path);
    return (int)length;
}

void user_path_free(struct user_path *path)
{
    if (path->frame)
        frame_release(path->frame);
}

int user_path_start(int descriptor, const char *text, struct inode **start)
{
    *start = NULL;
    if (descriptor == ABI_AT_FDCWD || text[0] == '/')
        return 0;
    const struct file *file = files_borrow(descriptor);
    if (!file)
        return -EBADF;
    if (!file->inode || !inode_is_directory(file->inode))
        return -ENOTDIR;
    *start = file->inode;
    return 0;
}

int user_walk(struct user_walk *walk, int descriptor, uint64_t user_address, uint32_t flags)
{
    struct inode *start;
    int status = user_path_get(&walk->text, user_address);

    if (status)
        return status;
    status = user_path_start(descriptor, walk->text.text, &start);
    if (status == 0)
        status = path_walk(&walk->path, start, walk->text.text, flags);
    if (status)
        user_path_free(&walk->text);
    return status;
}

void user_walk_finish(struct user_walk *walk)
{
    path_finish(&walk->path);
    user_path_free(&walk->text);
}

int user_path_find(int descriptor, uint64_t user_address, uint32_t flags, bool empty, struct inode **found)
{
    struct user_path path;
    struct inode *start;
    int status = user_path_get(&path, user_address);

    if (status)
        return status;
    if (empty && path.text[0] == '\0') {
        struct file *file = descriptor == ABI_AT_FDCWD ? NULL : files_borrow(descriptor);
        *found = descriptor == ABI_AT_FDCWD ? process_current()->directory : file ? file->inode : NULL;
        status = *found ? 0 : -EBADF;
        if (*found)
            inode_reference(*found);
    } else {
        status = user_path_start(descriptor, path.text, &start);
        if (status == 0)
            status = path_find(start, path.text, flags, found);
    }
    user_path_free(&path);
    return status;
}
