/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one inode that all files without a path share.
 */
#include "fs/anonymous.h"

#include "fs/inode.h"
#include "kernel/errno.h"

#define ANONYMOUS_DEVICE 5 /* st_dev */

static void anonymous_destroy(struct inode *inode)
{
    (void)inode; /* never: it holds a reference to itself */
}

static const struct inode_operations anonymous_operations = {.destroy = anonymous_destroy};
static struct inode anonymous_inode = {.operations = &anonymous_operations,
                                       .references = 1,
                                       .mode = 0600,
                                       .links = 1,
                                       .file_system = ANONYMOUS_DEVICE,
                                       .number = 1};

int anonymous_open(const struct file_operations *operations, void *context, uint32_t flags, bool close_on_exec)
{
    struct file *file = file_create(operations, &anonymous_inode, context, flags);
    if (file)
        return files_add(file, 0, close_on_exec);
    struct file unmade = {.operations = operations, .context = context};
    operations->release(&unmade);
    return -ENFILE;
}
