/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ioctls of loop devices and of /dev/loop-control, after loop(4): attaching, detaching, and what is told and
 * changed while a file is attached. Sectors are always of 512 bytes.
 */
#include "drivers/loop_control.h"

#include "drivers/block_partition.h"
#include "drivers/loop.h"
#include "fs/device.h"
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "memory/user_copy.h"
#include <coopvirt/string.h>

/* linux/loop.h */
#define LOOP_CONTROL_SET_FD         0x4c00u
#define LOOP_CONTROL_CLR_FD         0x4c01u
#define LOOP_CONTROL_SET_STATUS64   0x4c04u
#define LOOP_CONTROL_GET_STATUS64   0x4c05u
#define LOOP_CONTROL_CHANGE_FD      0x4c06u
#define LOOP_CONTROL_SET_CAPACITY   0x4c07u
#define LOOP_CONTROL_SET_DIRECT_IO  0x4c08u
#define LOOP_CONTROL_SET_BLOCK_SIZE 0x4c09u
#define LOOP_CONTROL_CONFIGURE      0x4c0au
#define LOOP_CONTROL_ADD            0x4c80u
#define LOOP_CONTROL_REMOVE         0x4c81u
#define LOOP_CONTROL_GET_FREE       0x4c82u

#define LOOP_CONTROL_NUMBER     ABI_DEVICE(10, 237)
#define LOOP_CONTROL_CONFIGURED (LOOP_READ_ONLY | LOOP_AUTOCLEAR | LOOP_PARTSCAN)
#define LOOP_CONTROL_SETTABLE   (LOOP_AUTOCLEAR | LOOP_PARTSCAN)
#define LOOP_CONTROL_CLEARABLE  LOOP_AUTOCLEAR

/* struct loop_info64 */
struct loop_control_info {
    uint64_t device, inode, real_device, offset, limit;
    uint32_t number, encryption, key_bytes, flags;
    uint8_t file_name[LOOP_NAME_BYTES], encryption_name[64], key[32];
    uint64_t init[2];
};
_Static_assert(sizeof(struct loop_control_info) == 232, "struct loop_info64");

/* struct loop_config */
struct loop_control_configuration {
    uint32_t descriptor, block_bytes;
    struct loop_control_info info;
    uint64_t reserved[8];
};
_Static_assert(sizeof(struct loop_control_configuration) == 304, "struct loop_config");

/* ---- attaching ---- */

/* What a program wants of a device, of which nothing is encrypted. */
static int loop_control_read_info(const struct loop_control_info *info, struct loop_settings *wanted)
{
    if (info->encryption || info->key_bytes)
        return -EINVAL;
    if ((int64_t)info->offset < 0 || (int64_t)info->limit < 0)
        return -EOVERFLOW;
    wanted->offset = info->offset;
    wanted->limit = info->limit;
    wanted->flags = info->flags;
    memcpy(wanted->told, info->file_name, sizeof(wanted->told));
    wanted->told[sizeof(wanted->told) - 1] = 0;
    return 0;
}

/* Partitions are looked for as long as the flag is set; a table that cannot be read does not keep the file out. */
static void loop_control_scan(struct loop *loop)
{
    if (!(loop->settings.flags & LOOP_PARTSCAN))
        return;
    loop->block.partitions_number = ABI_DEVICE(LOOP_PARTITIONS, loop_index(loop) * 64);
    block_partition_scan(&loop->block);
}

static long loop_control_attach(struct file *file, int descriptor, struct loop_settings *wanted)
{
    struct loop *loop = file->context;
    struct file *backing = files_borrow(descriptor);
    if (!backing)
        return -EBADF;
    if (!(file->flags & ABI_O_EXCL) && block_is_claimed(&loop->block))
        return -EBUSY;
    if ((file->flags & ABI_O_ACCESS) == ABI_O_RDONLY)
        wanted->flags |= LOOP_READ_ONLY;
    long status = loop_attach(loop, backing, wanted);
    if (status == 0)
        loop_control_scan(loop);
    return status;
}

static long loop_control_configure(struct file *file, uint64_t user)
{
    struct loop_control_configuration configuration;
    struct loop_settings wanted = {0};
    if (user_copy_in(&configuration, user, sizeof(configuration)))
        return -EFAULT;
    if (configuration.info.flags & ~LOOP_CONTROL_CONFIGURED ||
        (configuration.block_bytes && configuration.block_bytes != BLOCK_SECTOR_BYTES))
        return -EINVAL;
    int status = loop_control_read_info(&configuration.info, &wanted);
    return status ? status : loop_control_attach(file, (int)configuration.descriptor, &wanted);
}

/* Whoever else holds the device keeps it as it is until he lets it go. */
static long loop_control_detach(struct loop *loop)
{
    if (loop->block.holders > 1)
        loop->settings.flags |= LOOP_AUTOCLEAR;
    else
        loop_detach(loop);
    return 0;
}

/* ---- while it is attached ---- */

static long loop_control_set_status(struct loop *loop, uint64_t user)
{
    struct loop_control_info info;
    struct loop_settings wanted;
    if (user_copy_in(&info, user, sizeof(info)))
        return -EFAULT;
    int status = loop_control_read_info(&info, &wanted);
    if (status)
        return status;
    if (!loop->backing)
        return -ENXIO; /* let go while the copy slept */
    wanted.flags = (loop->settings.flags & ~LOOP_CONTROL_CLEARABLE) | (wanted.flags & LOOP_CONTROL_SETTABLE);
    bool scans = wanted.flags & ~loop->settings.flags & LOOP_PARTSCAN;
    loop->settings = wanted;
    loop_measure(loop);
    if (scans)
        loop_control_scan(loop);
    return 0;
}

static long loop_control_get_status(const struct loop *loop, uint64_t user)
{
    const struct inode *inode = loop->backing->inode;
    struct loop_control_info info = {
        .device = inode->file_system,
        .inode = inode->number,
        .real_device = inode->device,
        .offset = loop->settings.offset,
        .limit = loop->settings.limit,
        .number = loop_index(loop),
        .flags = loop->settings.flags,
    };
    memcpy(info.file_name, loop->settings.told, sizeof(info.file_name));
    return user_copy_out(user, &info, sizeof(info));
}

static long loop_control_change(struct loop *loop, int descriptor)
{
    struct file *file = files_borrow(descriptor);
    return file ? loop_change(loop, file) : -EBADF;
}

/* These want the device open for writing, or the superuser. */
static long loop_control_set(struct file *file, uint32_t request, uint64_t argument)
{
    struct loop *loop = file->context;

    if (request != LOOP_CONTROL_SET_STATUS64 && request != LOOP_CONTROL_SET_CAPACITY &&
        request != LOOP_CONTROL_SET_DIRECT_IO && request != LOOP_CONTROL_SET_BLOCK_SIZE)
        return -ENOTTY;
    if ((file->flags & ABI_O_ACCESS) == ABI_O_RDONLY && !capability_held(CAPABILITY_SYS_ADMIN))
        return -EPERM;
    if (!loop->backing)
        return -ENXIO;
    switch (request) {
    case LOOP_CONTROL_SET_STATUS64:
        return loop_control_set_status(loop, argument);
    case LOOP_CONTROL_SET_CAPACITY:
        loop_measure(loop);
        return 0;
    case LOOP_CONTROL_SET_BLOCK_SIZE:
        return argument == BLOCK_SECTOR_BYTES ? 0 : -EINVAL;
    default:
        return argument ? -EINVAL : 0; /* past a cache: no file here can be read so */
    }
}

long loop_control(struct file *file, uint32_t request, uint64_t argument)
{
    struct loop *loop = file->context;
    struct loop_settings wanted = {0};

    switch (request) {
    case LOOP_CONTROL_SET_FD:
        return loop_control_attach(file, (int)argument, &wanted);
    case LOOP_CONTROL_CONFIGURE:
        return loop_control_configure(file, argument);
    case LOOP_CONTROL_CLR_FD:
        return loop->backing ? loop_control_detach(loop) : -ENXIO;
    case LOOP_CONTROL_CHANGE_FD:
        return loop->backing ? loop_control_change(loop, (int)argument) : -ENXIO;
    case LOOP_CONTROL_GET_STATUS64:
        return loop->backing ? loop_control_get_status(loop, argument) : -ENXIO;
    default:
        return loop_control_set(file, request, argument);
    }
}

/* ---- /dev/loop-control ---- */

/* The first device that is free (unless it has to be a new one); one more is made when none is. */
static long loop_control_free(bool is_new)
{
    uint32_t index = 0;
    for (struct loop *loop; (loop = loop_find(index)); index++)
        if (!loop->backing && !is_new)
            return index;
    int status = loop_add(index);
    return status ? status : (long)index;
}

static long loop_control_ioctl(struct file *file, uint32_t request, uint64_t argument)
{
    (void)file;
    int32_t wanted = (int32_t)argument;
    struct loop *loop = wanted < 0 ? NULL : loop_find((uint32_t)wanted);
    int status;

    switch (request) {
    case LOOP_CONTROL_GET_FREE:
        return loop_control_free(false);
    case LOOP_CONTROL_ADD:
        if (wanted < 0)
            return loop_control_free(true);
        status = loop_add((uint32_t)wanted);
        return status ? status : wanted;
    case LOOP_CONTROL_REMOVE:
        if (!loop)
            return wanted < 0 ? -EINVAL : -ENODEV;
        return loop_remove(loop);
    default:
        return -ENOSYS;
    }
}

void loop_control_start(void)
{
    static const struct device_operations operations = {.file = {.ioctl = loop_control_ioctl}};
    device_register("loop-control", LOOP_CONTROL_NUMBER, ABI_S_IFCHR | 0660, &operations);
}
