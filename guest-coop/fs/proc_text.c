/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Buffers of texts that are made for who reads them.
 */
#include "fs/proc_text.h"

#include "kernel/errno.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include "memory/user_copy.h"
#include <coopvirt/format.h>

void proc_print(struct proc_text *text, const char *format, ...)
{
    va_list arguments;
    size_t room = text->size - text->used;

    va_start(arguments, format);
    size_t length = (size_t)format_string_list(text->bytes + text->used, room, format, arguments);
    va_end(arguments);
    text->cut = text->cut || length >= room;
    text->used += length < room ? length : room - 1;
}

/* Of an open text, in file->context. Smaller ones stay, for another thread may be reading there, until it is closed. */
struct proc_buffer {
    struct proc_buffer *smaller;
    size_t used, size;
    char bytes[];
};
#define PROC_TEXT_MOST (4ul << 20)

/* A buffer of so many frames becomes the file's: 0 or -ENOMEM. */
static int proc_buffer_add(struct file *file, size_t frames)
{
    struct proc_buffer *buffer = heap_allocate_cleared(frames * FRAME_BYTES, sizeof(*buffer));
    if (!buffer)
        return -ENOMEM;
    buffer->smaller = file->context;
    buffer->size = frames * FRAME_BYTES - sizeof(*buffer);
    file->context = buffer;
    return 0;
}

int proc_text_open(struct file *file)
{
    file->context = NULL;
    return proc_buffer_add(file, 1);
}

/* Makes the text, in as large a buffer as it needs. */
static int proc_text_make(struct file *file, int (*make)(struct file *file, struct proc_text *text))
{
    for (;;) {
        struct proc_buffer *buffer = file->context;
        struct proc_text text = {.bytes = buffer->bytes, .size = buffer->size};
        int status = make(file, &text);
        if (status)
            return status;
        buffer->used = text.used;
        if (!text.cut || buffer->size >= PROC_TEXT_MOST)
            return 0;
        status = proc_buffer_add(file, 2 * (buffer->size + sizeof(*buffer)) / FRAME_BYTES);
        if (status)
            return status;
    }
}

long proc_text_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position,
                    int (*make)(struct file *file, struct proc_text *text))
{
    const struct proc_buffer *buffer = file->context;

    if (*position == 0 || !buffer->used) {
        int status = proc_text_make(file, make);
        if (status)
            return status;
        buffer = file->context;
    }
    if (*position >= buffer->used)
        return 0;
    if (bytes > buffer->used - *position)
        bytes = buffer->used - *position;
    if (user_copy_out(user_buffer, buffer->bytes + *position, bytes))
        return -EFAULT;
    *position += bytes;
    return (long)bytes;
}

void proc_text_release(struct file *file)
{
    struct proc_buffer *buffer = file->context;
    while (buffer) {
        struct proc_buffer *smaller = buffer->smaller;
        heap_free(buffer);
        buffer = smaller;
    }
}
