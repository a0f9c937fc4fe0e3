/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/pts: a directory that shows the slaves whose masters are open, and ptmx once more. Nothing can be made there.
 */
#include "fs/device.h"
#include "fs/directory.h"
#include "fs/pty.h"
#include "fs/pty_internal.h"
#include "kernel/clock.h"
#include "kernel/process.h"
#include "kernel/errno.h"
#include <coopvirt/format.h>
#include <coopvirt/string.h>

#define DEVPTS_DEVICE      8 /* st_dev */
#define DEVPTS_NAME_BYTES  12
#define DEVPTS_NUMBER_PTMX 2u
#define DEVPTS_NUMBER      3u /* of slave 0; getdents64 goes on from a number plus one */
#define DEVPTS_TTY_GROUP   5  /* of those who may write to others' terminals */

static const struct inode_operations devpts_operations;
static const struct inode_operations devpts_device_operations;

static void devpts_stays(struct inode *inode)
{
    (void)inode; /* never: it holds a reference to itself */
}

static struct inode devpts_root = {.operations = &devpts_operations,
                                   .references = 1,
                                   .mode = ABI_S_IFDIR | 0755,
                                   .links = 2,
                                   .file_system = DEVPTS_DEVICE,
                                   .number = 1};
static struct inode devpts_ptmx = {.operations = &devpts_device_operations,
                                   .references = 1,
                                   .mode = ABI_S_IFCHR | 0666,
                                   .links = 1,
                                   .file_system = DEVPTS_DEVICE,
                                   .number = DEVPTS_NUMBER_PTMX,
                                   .device = ABI_DEVICE(5, 2),
                                   .parent = &devpts_root};

bool devpts_holds(const struct inode *inode)
{
    return inode->file_system == DEVPTS_DEVICE;
}

static int devpts_open_slave(struct file *file)
{
    return pty_slave_open(pty_of_inode(file->inode), file);
}

void devpts_name(struct pty *pty)
{
    static const struct inode_operations operations = {.open = devpts_open_slave, .destroy = pty_destroy};
    const struct process *process = process_current();
    uint64_t now = clock_realtime_ns();

    pty->inode = (struct inode){.operations = &operations,
                                .references = 1,
                                .mode = ABI_S_IFCHR | 0620,
                                .uid = process->fsuid,
                                .gid = DEVPTS_TTY_GROUP,
                                .links = 1,
                                .file_system = DEVPTS_DEVICE,
                                .number = DEVPTS_NUMBER + pty->index,
                                .device = ABI_DEVICE(PTY_MAJOR, pty->index),
                                .times = {now, now, now},
                                .parent = &devpts_root};
}

void devpts_forget(struct pty *pty)
{
    pty->inode.parent = NULL;
    pty->inode.links = 0;
}

static size_t devpts_text(unsigned index, char *text)
{
    return (size_t)format_string(text, DEVPTS_NAME_BYTES, "%u", index);
}

static bool devpts_is(struct inode_name name, const char *text, size_t length)
{
    return name.length == length && memcmp(name.text, text, length) == 0;
}

static int devpts_lookup(struct inode *directory, struct inode_name name, struct inode **found)
{
    char text[DEVPTS_NAME_BYTES];
    (void)directory;

    *found = devpts_is(name, "ptmx", 4) ? &devpts_ptmx : NULL;
    for (unsigned i = 0; i < PTY_LIMIT && !*found; i++) {
        if (pty_table[i] && pty_table[i]->master_open && devpts_is(name, text, devpts_text(i, text)))
            *found = &pty_table[i]->inode;
    }
    if (!*found)
        return -ENOENT;
    inode_reference(*found);
    return 0;
}

static long devpts_child_name(struct inode *directory, struct inode *child, char *text, size_t size)
{
    char number[DEVPTS_NAME_BYTES] = "ptmx";
    (void)directory;

    size_t length = child == &devpts_ptmx ? 4 : devpts_text(pty_of_inode(child)->index, number);
    if (length >= size)
        return -ENAMETOOLONG;
    memcpy(text, number, length);
    return (long)length;
}

static int devpts_fill(struct file *file, struct directory_writer *writer)
{
    const struct inode *parent = devpts_root.parent ? devpts_root.parent : &devpts_root;
    char text[DEVPTS_NAME_BYTES];
    uint64_t position = file->position;

    if (position == 0 && !directory_add(writer, ".", 1, devpts_root.number, ABI_S_IFDIR, 1))
        return 0;
    if (position <= 1 && !directory_add(writer, "..", 2, parent->number, ABI_S_IFDIR, 2))
        return 0;
    if (position <= 2 && !directory_add(writer, "ptmx", 4, DEVPTS_NUMBER_PTMX, ABI_S_IFCHR, 3))
        return 0;
    for (uint64_t i = position > 3 ? position - 3 : 0; i < PTY_LIMIT; i++) {
        if (pty_table[i] && pty_table[i]->master_open &&
            !directory_add(writer, text, devpts_text((unsigned)i, text), DEVPTS_NUMBER + i, ABI_S_IFCHR, i + 4))
            return 0;
    }
    return 0;
}

static long devpts_entries(struct file *file, uint64_t user_buffer, size_t bytes)
{
    return directory_read(file, user_buffer, bytes, devpts_fill);
}

static int devpts_open(struct file *file)
{
    static const struct file_operations operations = {.seek = directory_seek, .directory_entries = devpts_entries};
    file->operations = &operations;
    return 0;
}

static const struct inode_operations devpts_operations = {
    .lookup = devpts_lookup, .child_name = devpts_child_name, .open = devpts_open, .destroy = devpts_stays};
static const struct inode_operations devpts_device_operations = {.open = device_open, .destroy = devpts_stays};

int devpts_take_root(struct inode **root)
{
    if (devpts_root.context)
        return -EBUSY;
    uint64_t now = clock_realtime_ns();
    devpts_root.times = devpts_ptmx.times = (struct inode_attributes){now, now, now};
    *root = &devpts_root;
    return 0;
}
