/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes as files: an open file holds a handle (kernel/process_handle.h), not the process.
 */
#include "fs/process_file.h"

#include "fs/anonymous.h"
#include "fs/linux_abi.h"
#include "kernel/errno.h"
#include "kernel/process_handle.h"

static void process_file_poll(struct file *file, struct file_poll *poll)
{
    struct process_handle *handle = file->context;
    poll->events = process_handle_ended(handle) ? ABI_POLLIN : 0;
    poll->queue = &handle->ended;
}

static void process_file_release(struct file *file)
{
    process_handle_release(file->context);
}

static const struct file_operations process_file_operations = {.poll = process_file_poll,
                                                               .release = process_file_release};

int process_file_open(struct process *leader, uint32_t flags)
{
    struct process_handle *handle = process_handle_of(leader);
    if (!handle)
        return -ENOMEM;
    return anonymous_open(&process_file_operations, handle, flags | ABI_O_RDWR, true);
}

int process_file_meant(int descriptor, struct process **leader, uint32_t *flags)
{
    const struct file *file = files_borrow(descriptor);
    if (!file || file->operations != &process_file_operations)
        return -EBADF;
    const struct process_handle *handle = file->context;
    *leader = handle->process;
    if (flags)
        *flags = file->flags;
    return 0;
}
