/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioctl(2) on block devices: what is told of them, what the superuser sets, ranges that are cleared or discarded, and
 * their partitions. A driver's own requests come first (block_device.control).
 */
#include "drivers/block_control.h"

#include "drivers/block.h"
#include "drivers/block_partition.h"
#include "fs/inode.h"
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "memory/frame.h"
#include "memory/user_copy.h"

/* ioctl_list(2), linux/fs.h */
#define BLOCK_CONTROL_BLKROSET         0x125du /* int */
#define BLOCK_CONTROL_BLKROGET         0x125eu /* int */
#define BLOCK_CONTROL_BLKRRPART        0x125fu
#define BLOCK_CONTROL_BLKGETSIZE       0x1260u /* sectors, unsigned long */
#define BLOCK_CONTROL_BLKFLSBUF        0x1261u
#define BLOCK_CONTROL_BLKSSZGET        0x1268u /* bytes of a sector, int */
#define BLOCK_CONTROL_BLKPG            0x1269u
#define BLOCK_CONTROL_BLKDISCARD       0x1277u     /* first byte and bytes, uint64_t */
#define BLOCK_CONTROL_BLKIOMIN         0x1278u     /* unsigned int */
#define BLOCK_CONTROL_BLKIOOPT         0x1279u     /* unsigned int */
#define BLOCK_CONTROL_BLKALIGNOFF      0x127au     /* int */
#define BLOCK_CONTROL_BLKPBSZGET       0x127bu     /* bytes of a physical sector, unsigned int */
#define BLOCK_CONTROL_BLKDISCARDZEROES 0x127cu     /* unsigned int */
#define BLOCK_CONTROL_BLKSECDISCARD    0x127du     /* as BLKDISCARD */
#define BLOCK_CONTROL_BLKZEROOUT       0x127fu     /* as BLKDISCARD */
#define BLOCK_CONTROL_BLKBSZGET        0x80081270u /* bytes of a block of its cache, int */
#define BLOCK_CONTROL_BLKBSZSET        0x40081271u /* int */
#define BLOCK_CONTROL_BLKGETSIZE64     0x80081272u /* bytes */

#define BLOCK_CONTROL_FRAME_SECTORS (FRAME_BYTES / BLOCK_SECTOR_BYTES)

static long block_control_tell(uint64_t user, uint64_t value, size_t bytes)
{
    return user_copy_out(user, &value, bytes);
}

/* What a program asks for that only looks; -ENOTTY: it is something else. */
static long block_control_get(const struct block_device *device, uint32_t request, uint64_t user)
{
    switch (request) {
    case BLOCK_CONTROL_BLKGETSIZE:
        return block_control_tell(user, device->sectors, 8);
    case BLOCK_CONTROL_BLKGETSIZE64:
        return block_control_tell(user, block_bytes(device), 8);
    case BLOCK_CONTROL_BLKROGET:
        return block_control_tell(user, block_is_read_only(device), 4);
    case BLOCK_CONTROL_BLKBSZGET:
        return block_control_tell(user, device->block_bytes ? device->block_bytes : FRAME_BYTES, 4);
    case BLOCK_CONTROL_BLKSSZGET:
    case BLOCK_CONTROL_BLKPBSZGET:
    case BLOCK_CONTROL_BLKIOMIN:
        return block_control_tell(user, BLOCK_SECTOR_BYTES, 4);
    case BLOCK_CONTROL_BLKIOOPT: /* there is no size that it likes best, */
    case BLOCK_CONTROL_BLKALIGNOFF:
    case BLOCK_CONTROL_BLKDISCARDZEROES: /* and no promise, as on Linux since 4.12 */
        return block_control_tell(user, 0, 4);
    default:
        return -ENOTTY;
    }
}

/* ---- what the superuser sets ---- */

static long block_control_set_read_only(struct block_device *device, uint64_t user)
{
    int32_t wanted;
    if (user_copy_in(&wanted, user, sizeof(wanted)))
        return -EFAULT;
    device->is_read_only = wanted;
    return 0;
}

static long block_control_set_block_bytes(struct block_device *device, uint64_t user)
{
    uint32_t bytes;
    if (!user)
        return -EINVAL;
    if (user_copy_in(&bytes, user, sizeof(bytes)))
        return -EFAULT;
    if (bytes < BLOCK_SECTOR_BYTES || bytes > FRAME_BYTES || bytes & (bytes - 1))
        return -EINVAL;
    device->block_bytes = bytes;
    return 0;
}

static long block_control_set(struct file *file, uint32_t request, uint64_t user)
{
    struct block_device *device = file->context;
    bool claimed_by_others = !(file->flags & ABI_O_EXCL) && block_is_claimed(device);

    if (request != BLOCK_CONTROL_BLKROSET && request != BLOCK_CONTROL_BLKBSZSET && request != BLOCK_CONTROL_BLKFLSBUF &&
        request != BLOCK_CONTROL_BLKRRPART && request != BLOCK_CONTROL_BLKPG)
        return -ENOTTY;
    if (!capability_held(CAPABILITY_SYS_ADMIN))
        return -EACCES;
    switch (request) {
    case BLOCK_CONTROL_BLKROSET:
        return block_control_set_read_only(device, user);
    case BLOCK_CONTROL_BLKBSZSET:
        return claimed_by_others ? -EBUSY : block_control_set_block_bytes(device, user);
    case BLOCK_CONTROL_BLKFLSBUF:
        return device->flush(device);
    case BLOCK_CONTROL_BLKPG:
        return block_partition_change(device, user);
    default:
        return claimed_by_others ? -EBUSY : block_partition_scan(device);
    }
}

/* ---- ranges ---- */

static int block_control_clear(struct block_device *device, uint64_t sector, uint64_t count)
{
    coop_paddr frame = frame_allocate_zeroed();
    int status = frame ? 0 : -ENOMEM;

    while (count && status == 0) {
        unsigned piece = (unsigned)(count < BLOCK_CONTROL_FRAME_SECTORS ? count : BLOCK_CONTROL_FRAME_SECTORS);
        status = device->write(device, sector, frame_address(frame), piece);
        sector += piece;
        count -= piece;
    }
    if (frame)
        frame_release(frame);
    return status;
}

static long block_control_range(struct file *file, uint32_t request, uint64_t user)
{
    struct block_device *device = file->context;
    bool clears = request == BLOCK_CONTROL_BLKZEROOUT;
    uint64_t range[2], end;

    if (request != BLOCK_CONTROL_BLKDISCARD && request != BLOCK_CONTROL_BLKSECDISCARD && !clears)
        return -ENOTTY;
    if ((file->flags & ABI_O_ACCESS) == ABI_O_RDONLY)
        return -EBADF;
    if (request == BLOCK_CONTROL_BLKSECDISCARD || (!clears && !device->discard))
        return -EOPNOTSUPP;
    if (user_copy_in(range, user, sizeof(range)))
        return -EFAULT;
    if ((range[0] | range[1]) % BLOCK_SECTOR_BYTES || __builtin_add_overflow(range[0], range[1], &end) ||
        end > block_bytes(device) || (clears && !range[1]))
        return -EINVAL;
    if (block_is_read_only(device))
        return -EPERM;
    if (clears)
        return block_control_clear(device, range[0] / BLOCK_SECTOR_BYTES, range[1] / BLOCK_SECTOR_BYTES);
    return range[1] ? device->discard(device, range[0] / BLOCK_SECTOR_BYTES, range[1] / BLOCK_SECTOR_BYTES) : 0;
}

long block_control(struct file *file, uint32_t request, uint64_t argument)
{
    struct block_device *device = file->context;
    long status = device->control ? device->control(file, request, argument) : -ENOTTY;

    if (status == -ENOTTY)
        status = block_control_get(device, request, argument);
    if (status == -ENOTTY)
        status = block_control_set(file, request, argument);
    return status == -ENOTTY ? block_control_range(file, request, argument) : status;
}
