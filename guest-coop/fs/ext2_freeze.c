/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A volume held still (fsfreeze(8)), so that its device can be copied: who changes files waits as on Linux, unkillable;
 * the file system on the device is whole and marked as unmounted. What changes in memory all the same (modes and times,
 * files that are mapped, or removed and closed) stays in the cache, which writes nothing until the end.
 */
#include "fs/ext2.h"

#include "kernel/capability.h"
#include "kernel/errno.h"
#include "kernel/process_private.h"

/* linux/fs.h */
#define EXT2_FREEZE_FIFREEZE 0xc0045877u
#define EXT2_FREEZE_FITHAW   0xc0045878u

void ext2_freeze_wait(struct ext2 *ext2)
{
    struct process_private *private = process_current()->private;
    bool uninterruptible = private->uninterruptible;
    private->uninterruptible = true;
    while (ext2->frozen)
        wait_queue_sleep(&ext2->thawed, WAIT_FOREVER);
    private->uninterruptible = uninterruptible;
}

void ext2_freeze_lock(struct ext2 *ext2)
{
    while (ext2->frozen) {
        ext2_unlock(ext2, 0);
        ext2_freeze_wait(ext2);
        ext2_lock(ext2);
    }
}

void ext2_freeze_writer_leaves(struct ext2 *ext2)
{
    if (--ext2->writers == 0 && ext2->frozen)
        wait_queue_wake(&ext2->thawed);
}

static void ext2_freeze_end(struct ext2 *ext2)
{
    ext2->frozen = ext2->frozen_whole = false;
    wait_queue_wake(&ext2->thawed);
}

/* No writer begins; when the last one has left, all is written. A signal ends the waiting for him. */
static long ext2_freeze_begin(struct ext2 *ext2)
{
    if (ext2->frozen)
        return -EBUSY;
    int status = 0;
    ext2->frozen = true;
    while (ext2->writers && status == 0)
        status = wait_queue_sleep(&ext2->thawed, WAIT_FOREVER);
    ext2_lock(ext2);
    if (status == 0)
        status = ext2_write_out(ext2);
    if (status)
        ext2_freeze_end(ext2);
    ext2->frozen_whole = ext2->frozen;
    return ext2_unlock(ext2, status);
}

static long ext2_freeze_thaw(struct ext2 *ext2)
{
    if (!ext2->frozen_whole)
        return -EINVAL;
    ext2->frozen_whole = false; /* for nobody else meanwhile */
    ext2_lock(ext2);
    int status = ext2_set_state(ext2, true);
    ext2_freeze_end(ext2);
    return ext2_unlock(ext2, status);
}

long ext2_freeze_control(struct file *file, uint32_t request, uint64_t argument)
{
    struct ext2 *ext2 = ext2_volume(file->inode);
    (void)argument;

    if (request != EXT2_FREEZE_FIFREEZE && request != EXT2_FREEZE_FITHAW)
        return -ENOTTY;
    if (!capability_held(CAPABILITY_SYS_ADMIN))
        return -EPERM;
    if (!ext2->device)
        return -EIO;
    return request == EXT2_FREEZE_FIFREEZE ? ext2_freeze_begin(ext2) : ext2_freeze_thaw(ext2);
}
