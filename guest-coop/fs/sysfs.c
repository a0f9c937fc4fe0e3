/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /sys as a file system: a walk over the folders of sysfs_rows.c and the registry of devices. An inode is made for each
 * look-up and lives as long as it is held.
 */
#include "fs/sysfs.h"

#include "fs/directory.h"
#include "fs/sysfs_internal.h"
#include "fs/uevent.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include "memory/user_copy.h"
#include <coopvirt/format.h>
#include <coopvirt/string.h>

#define SYSFS_DEVICE     7  /* st_dev */
#define SYSFS_LINK_BYTES 96 /* of names of devices, which are short */
#define SYSFS_WORD_BYTES 64 /* that can be written at once */

/* Positions in a directory: 0 ".", 1 "..", then the rows, then the devices by their serials. */
#define SYSFS_FIRST_ROW    2u
#define SYSFS_FIRST_DEVICE 256u

struct sysfs_inode {
    struct inode inode;                /* first */
    const struct sysfs_folder *folder; /* of a directory what it has, of others what they are in */
    const struct sysfs_row *row;       /* NULL: /sys, or a device's directory or a link to it */
    uint32_t serial;                   /* whose it is, or 0 */
};

static const struct inode_operations sysfs_directory_operations, sysfs_text_operations, sysfs_link_operations;

static const struct sysfs_inode *sysfs_of(const struct inode *inode)
{
    return (const struct sysfs_inode *)inode;
}

bool sysfs_holds(const struct inode *inode)
{
    return inode->file_system == SYSFS_DEVICE;
}

/* A serial of 0 is no device's. -ENODEV: it is gone. */
static int sysfs_device(uint32_t serial, const struct device **device)
{
    *device = serial ? device_from(serial) : NULL;
    return serial && (!*device || (*device)->serial != serial) ? -ENODEV : 0;
}

/* The device, then the folder and the row in it; its directory and the links to it as rows behind the last ones. */
static uint64_t sysfs_number(const struct sysfs_folder *folder, const struct sysfs_row *row, uint32_t serial)
{
    uint64_t place = row ? (uint64_t)(folder - sysfs_folders + 1) << 8 | (uint64_t)(row - folder->rows + 1) : 1;
    return (uint64_t)serial << 16 | place;
}

static int sysfs_make(struct inode *parent, uint32_t mode, const struct sysfs_folder *folder,
                      const struct sysfs_row *row, uint32_t serial, uint64_t number, struct inode **made)
{
    struct sysfs_inode *sysfs = heap_allocate(sizeof(*sysfs));
    if (!sysfs)
        return -ENOMEM;
    uint32_t type = mode & ABI_S_IFMT;
    uint64_t now = clock_realtime_ns();
    sysfs->inode = (struct inode){
        .operations = type == ABI_S_IFDIR   ? &sysfs_directory_operations
                      : type == ABI_S_IFLNK ? &sysfs_link_operations
                                            : &sysfs_text_operations,
        .references = 1,
        .mode = mode,
        .links = type == ABI_S_IFDIR ? 2 : 1,
        .file_system = SYSFS_DEVICE,
        .number = number,
        .size = type == ABI_S_IFREG ? FRAME_BYTES : 0,
        .times = {now, now, now},
        .parent = parent,
    };
    if (parent)
        inode_reference(parent);
    sysfs->folder = folder;
    sysfs->row = row;
    sysfs->serial = serial;
    *made = &sysfs->inode;
    return 0;
}

static void sysfs_destroy(struct inode *inode)
{
    if (inode->parent)
        inode_release(inode->parent);
    heap_free(inode);
}

int sysfs_create_root(struct inode **root)
{
    return sysfs_make(NULL, ABI_S_IFDIR | 0555, &sysfs_folders[0], NULL, 0, sysfs_number(NULL, NULL, 0), root);
}

/* ---- devices in folders ---- */

static bool sysfs_lists(const struct sysfs_folder *folder, uint32_t owner, const struct device *device)
{
    const struct device *disk = uevent_disk(device);

    switch (folder->list) {
    case SYSFS_LIST_CLASS:
        return strcmp(uevent_class(device), folder->class) == 0;
    case SYSFS_LIST_DISKS:
        return (device->mode & ABI_S_IFMT) == ABI_S_IFBLK && !disk;
    case SYSFS_LIST_NUMBERS:
        return (device->mode & ABI_S_IFMT) == folder->type;
    case SYSFS_LIST_HOME:
        return strcmp(uevent_class(device), folder->class) == 0 && !disk;
    case SYSFS_LIST_PARTITIONS:
        return disk && disk->serial == owner;
    default:
        return false;
    }
}

static bool sysfs_has_directories(const struct sysfs_folder *folder)
{
    return folder->list == SYSFS_LIST_HOME || folder->list == SYSFS_LIST_PARTITIONS;
}

static uint32_t sysfs_device_mode(const struct sysfs_folder *folder)
{
    return sysfs_has_directories(folder) ? ABI_S_IFDIR | 0755 : ABI_S_IFLNK | 0777;
}

static uint64_t sysfs_device_number(const struct sysfs_folder *folder, uint32_t serial)
{
    return sysfs_number(folder, sysfs_has_directories(folder) ? NULL : folder->rows + folder->count, serial);
}

static size_t sysfs_device_name(const struct sysfs_folder *folder, const struct device *device, char *name, size_t size)
{
    if (folder->list == SYSFS_LIST_NUMBERS)
        return (size_t)format_string(name, size, "%u:%u", ABI_DEVICE_MAJOR(device->number),
                                     ABI_DEVICE_MINOR(device->number));
    return (size_t)format_string(name, size, "%s", device->name);
}

/* ---- look-up ---- */

static int sysfs_lookup_device(struct inode *directory, struct inode_name name, struct inode **found)
{
    const struct sysfs_inode *sysfs = sysfs_of(directory);
    const struct sysfs_folder *folder = sysfs->folder;
    char text[SYSFS_LINK_BYTES];

    for (const struct device *device = device_from(1); device; device = device->next) {
        if (!sysfs_lists(folder, sysfs->serial, device))
            continue;
        if (sysfs_device_name(folder, device, text, sizeof(text)) != name.length ||
            memcmp(text, name.text, name.length))
            continue;
        return sysfs_make(directory, sysfs_device_mode(folder),
                          sysfs_has_directories(folder) ? sysfs_device_folder(device) : folder, NULL, device->serial,
                          sysfs_device_number(folder, device->serial), found);
    }
    return -ENOENT;
}

static int sysfs_lookup(struct inode *directory, struct inode_name name, struct inode **found)
{
    const struct sysfs_inode *sysfs = sysfs_of(directory);
    const struct device *device;

    if (sysfs_device(sysfs->serial, &device))
        return -ENOENT;
    for (unsigned i = 0; i < sysfs->folder->count; i++) {
        const struct sysfs_row *row = &sysfs->folder->rows[i];
        if (strlen(row->name) == name.length && memcmp(row->name, name.text, name.length) == 0)
            return sysfs_make(directory, row->mode, row->folder ? row->folder : sysfs->folder, row, sysfs->serial,
                              sysfs_number(sysfs->folder, row, sysfs->serial), found);
    }
    return sysfs_lookup_device(directory, name, found);
}

static long sysfs_child_name(struct inode *directory, struct inode *child, char *text, size_t size)
{
    const struct sysfs_inode *sysfs = sysfs_of(child);
    const struct device *device;
    (void)directory;

    if (sysfs_device(sysfs->serial, &device))
        return -ENOENT;
    int length = format_string(text, size, "%s", sysfs->row ? sysfs->row->name : device->name);
    return (size_t)length < size ? length : -ENAMETOOLONG;
}

/* Up to /sys, then to the device or the class. */
static long sysfs_readlink(struct inode *inode, char *text, size_t size)
{
    const struct sysfs_inode *sysfs = sysfs_of(inode);
    const struct device *device;
    char target[SYSFS_LINK_BYTES];
    struct proc_text all = {.bytes = target, .size = sizeof(target)};

    if (sysfs_device(sysfs->serial, &device))
        return -ENOENT;
    unsigned up = sysfs->folder->depth + (sysfs->row && uevent_disk(device) ? 1 : 0);
    for (unsigned i = 0; i < up; i++)
        proc_print(&all, i ? "/.." : "..");
    if (sysfs->row)
        sysfs->row->print_link(&all, device);
    else
        uevent_print_path(&all, device);
    if (all.cut)
        return -ENAMETOOLONG;
    if (all.used < size)
        size = all.used;
    memcpy(text, target, size);
    return (long)size;
}

/* ---- listing ---- */

static void sysfs_fill_devices(struct directory_writer *writer, const struct sysfs_inode *sysfs, uint64_t position)
{
    uint32_t from = position > SYSFS_FIRST_DEVICE ? (uint32_t)(position - SYSFS_FIRST_DEVICE) : 1;
    char name[SYSFS_LINK_BYTES];

    for (const struct device *device = device_from(from); device; device = device->next) {
        if (!sysfs_lists(sysfs->folder, sysfs->serial, device))
            continue;
        size_t length = sysfs_device_name(sysfs->folder, device, name, sizeof(name));
        if (!directory_add(writer, name, length, sysfs_device_number(sysfs->folder, device->serial),
                           sysfs_device_mode(sysfs->folder), SYSFS_FIRST_DEVICE + device->serial + 1))
            return;
    }
}

static int sysfs_fill(struct file *file, struct directory_writer *writer)
{
    const struct sysfs_inode *sysfs = sysfs_of(file->inode);
    const struct sysfs_folder *folder = sysfs->folder;
    const struct device *device;
    uint64_t position = file->position;

    if (sysfs_device(sysfs->serial, &device))
        return 0;
    if (!directory_add_dots(file, writer))
        return 0;
    if (position < SYSFS_FIRST_ROW)
        position = SYSFS_FIRST_ROW;
    for (uint64_t i = position - SYSFS_FIRST_ROW; i < folder->count; i++) {
        const struct sysfs_row *row = &folder->rows[i];
        if (!directory_add(writer, row->name, strlen(row->name), sysfs_number(folder, row, sysfs->serial), row->mode,
                           SYSFS_FIRST_ROW + i + 1))
            return 0;
    }
    sysfs_fill_devices(writer, sysfs, position);
    return 0;
}

static long sysfs_directory_entries(struct file *file, uint64_t user_buffer, size_t bytes)
{
    return directory_read(file, user_buffer, bytes, sysfs_fill);
}

static int sysfs_open_directory(struct file *file)
{
    static const struct file_operations operations = {
        .seek = directory_seek,
        .directory_entries = sysfs_directory_entries,
    };
    file->operations = &operations;
    return 0;
}

/* ---- texts ---- */

static int sysfs_make_text(struct file *file, struct proc_text *text)
{
    const struct sysfs_inode *sysfs = sysfs_of(file->inode);
    const struct device *device;
    int status = sysfs_device(sysfs->serial, &device);

    if (status == 0 && !sysfs->row->print)
        status = -EIO;
    if (status == 0)
        sysfs->row->print(text, device);
    return status;
}

static long sysfs_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    return proc_text_read(file, user_buffer, bytes, position, sysfs_make_text);
}

/* The device is looked for after the copy, which may sleep. */
static long sysfs_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    const struct sysfs_inode *sysfs = sysfs_of(file->inode);
    const struct device *device;
    char words[SYSFS_WORD_BYTES];

    if (bytes >= sizeof(words))
        return -EINVAL;
    if (user_copy_in(words, user_buffer, bytes))
        return -EFAULT;
    words[bytes] = 0;
    if (bytes && words[bytes - 1] == '\n')
        words[bytes - 1] = 0;
    int status = sysfs_device(sysfs->serial, &device);
    if (status == 0)
        status = sysfs->row->store ? sysfs->row->store(device, words) : -EIO;
    if (status)
        return status;
    *position += bytes;
    return (long)bytes;
}

static int sysfs_open_text(struct file *file)
{
    static const struct file_operations operations = {
        .read = sysfs_read,
        .write = sysfs_write,
        .seek = directory_seek,
        .release = proc_text_release,
    };
    const struct sysfs_row *row = sysfs_of(file->inode)->row;
    uint32_t access = file->flags & ABI_O_ACCESS;

    /* Even the superuser cannot do what there is no function for. */
    if ((access != ABI_O_RDONLY && !row->store) || (access != ABI_O_WRONLY && !row->print))
        return -EACCES;
    int status = proc_text_open(file);
    if (status == 0)
        file->operations = &operations;
    return status;
}

static const struct inode_operations sysfs_directory_operations = {
    .lookup = sysfs_lookup,
    .child_name = sysfs_child_name,
    .open = sysfs_open_directory,
    .destroy = sysfs_destroy,
};
static const struct inode_operations sysfs_text_operations = {.open = sysfs_open_text, .destroy = sysfs_destroy};
static const struct inode_operations sysfs_link_operations = {.readlink = sysfs_readlink, .destroy = sysfs_destroy};
