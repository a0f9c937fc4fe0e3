/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handles of processes: the record holds one reference, each open file another.
 */
#include "kernel/process_handle.h"
#include "kernel/thread.h"
#include "memory/heap.h"

struct process_handle *process_handle_of(struct process *leader)
{
    struct process_handle *handle = leader->private->handle;
    if (!handle) {
        handle = heap_allocate(sizeof(*handle));
        if (!handle)
            return 0;
        handle->process = leader;
        handle->references = 1;
        leader->private->handle = handle;
    }
    handle->references++;
    return handle;
}

void process_handle_release(struct process_handle *handle)
{
    if (--handle->references == 0)
        heap_free(handle);
}

bool process_handle_ended(const struct process_handle *handle)
{
    return !handle->process || thread_all_ended(handle->process);
}

void process_handle_forget(struct process *leader)
{
    struct process_handle *handle = leader->private->handle;
    leader->private->handle = 0;
    handle->process = 0;
    wait_queue_wake(&handle->ended);
    process_handle_release(handle);
}
