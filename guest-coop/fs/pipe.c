/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pipes. A copy to or from user memory may sleep in a page fault, so a call holds the pipe's `busy` mark
 * while it moves bytes; it is free while a call waits for bytes or room.
 */
#include "fs/pipe.h"

#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "kernel/wait.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include "memory/user_copy.h"
#include <coopvirt/string.h>

#define PIPE_FRAMES       16u
#define PIPE_BYTES        (PIPE_FRAMES * FRAME_BYTES)
#define PIPE_ATOMIC_BYTES FRAME_BYTES /* PIPE_BUF */
#define PIPE_DEVICE       4           /* st_dev of pipes without a name */

struct pipe {
    struct inode *inode; /* of the FIFO, whose context this is; of a pipe without a name its own, embedded */
    uint32_t readers, writers;
    uint32_t reader_opens, writer_opens; /* ever, so that a FIFO's opener sees one that came and went */
    bool busy;
    uint64_t start, used; /* bytes in the ring: from `start`, modulo PIPE_BYTES */
    coop_paddr frames[PIPE_FRAMES];
    struct wait_queue read_queue, write_queue; /* bytes or the last writer gone; room or the last reader gone */
    struct wait_queue busy_queue;
    struct inode anonymous;
};

static const struct file_operations pipe_operations;

static void pipe_wake(struct wait_queue *queue)
{
    if (queue->first)
        wait_queue_wake(queue);
}

/* Takes the busy mark: 0 or -ERESTARTSYS. */
static int pipe_enter(struct pipe *pipe)
{
    while (pipe->busy) {
        int status = wait_queue_sleep(&pipe->busy_queue, WAIT_FOREVER);
        if (status)
            return status;
    }
    pipe->busy = true;
    return 0;
}

static void pipe_leave(struct pipe *pipe)
{
    pipe->busy = false;
    pipe_wake(&pipe->busy_queue);
}

/* Frees the busy mark, sleeps on `queue`, takes the mark again: 0 with the mark, an error without it. */
static int pipe_sleep(struct pipe *pipe, struct wait_queue *queue)
{
    pipe_leave(pipe);
    int status = wait_queue_sleep(queue, WAIT_FOREVER);
    return status == -ERESTARTSYS ? status : pipe_enter(pipe);
}

/* The contiguous part of the ring at offset `at` from the start, within one frame. */
static size_t pipe_part(const struct pipe *pipe, uint64_t at, size_t bytes)
{
    size_t room = FRAME_BYTES - (pipe->start + at) % FRAME_BYTES;
    return bytes < room ? bytes : room;
}

/* Its kernel address; NULL when there is no memory for the frame. */
static uint8_t *pipe_address(struct pipe *pipe, uint64_t at)
{
    uint64_t place = (pipe->start + at) % PIPE_BYTES;
    coop_paddr *frame = &pipe->frames[place / FRAME_BYTES];

    if (!*frame)
        *frame = frame_allocate();
    return *frame ? (uint8_t *)frame_address(*frame) + place % FRAME_BYTES : NULL;
}

/* Moves up to `bytes` out of the ring: bytes or -EFAULT. */
static long pipe_take(struct pipe *pipe, uint64_t user, size_t bytes)
{
    size_t done = 0;

    if (bytes > pipe->used)
        bytes = pipe->used;
    while (done < bytes) {
        size_t part = pipe_part(pipe, 0, bytes - done);
        if (user_copy_out(user + done, pipe_address(pipe, 0), part))
            return done ? (long)done : -EFAULT;
        pipe->start += part;
        pipe->used -= part;
        done += part;
    }
    if (!pipe->used)
        pipe->start = 0; /* so that small pipes stay in one frame */
    return (long)done;
}

/* Moves `bytes`, for which there is room, into the ring: bytes, -EFAULT or -ENOMEM. */
static long pipe_give(struct pipe *pipe, uint64_t user, size_t bytes)
{
    size_t done = 0;

    while (done < bytes) {
        size_t part = pipe_part(pipe, pipe->used, bytes - done);
        uint8_t *to = pipe_address(pipe, pipe->used);
        int status = to ? user_copy_in(to, user + done, part) : -ENOMEM;
        if (status)
            return done ? (long)done : status;
        pipe->used += part;
        done += part;
    }
    return (long)done;
}

static long pipe_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct pipe *pipe = file->context;
    (void)position;
    if (!bytes)
        return 0;

    int status = pipe_enter(pipe);
    while (status == 0 && !pipe->used) {
        if (!pipe->writers || (file->flags & ABI_O_NONBLOCK)) {
            pipe_leave(pipe);
            return pipe->writers ? -EAGAIN : 0;
        }
        status = pipe_sleep(pipe, &pipe->read_queue);
    }
    if (status)
        return status;
    long taken = pipe_take(pipe, user_buffer, bytes);
    pipe_leave(pipe);
    pipe_wake(&pipe->write_queue);
    return taken;
}

long pipe_peek(struct file *file, uint64_t offset, uint8_t *to, size_t bytes)
{
    struct pipe *pipe = file->context;
    long status = pipe_enter(pipe);
    if (status)
        return status;
    size_t done = 0;
    while (done < bytes && offset + done < pipe->used) {
        size_t part = pipe_part(pipe, offset + done, bytes - done);
        if (part > pipe->used - offset - done)
            part = pipe->used - offset - done;
        memcpy(to + done, pipe_address(pipe, offset + done), part);
        done += part;
    }
    pipe_leave(pipe);
    return (long)done;
}

/* What may go into the ring now: everything or nothing up to PIPE_ATOMIC_BYTES. */
static size_t pipe_room(const struct pipe *pipe, size_t bytes)
{
    size_t room = PIPE_BYTES - pipe->used;
    if (room >= bytes)
        return bytes;
    return bytes <= PIPE_ATOMIC_BYTES ? 0 : room;
}

/* Waits until something of `bytes` can be written: 0 with the busy mark, -errno without. */
static int pipe_wait_room(struct pipe *pipe, uint32_t flags, size_t bytes)
{
    int status = 0;

    while (status == 0) {
        if (pipe->readers && pipe_room(pipe, bytes))
            return 0;
        if (!pipe->readers)
            status = -EPIPE;
        else if (flags & ABI_O_NONBLOCK)
            status = -EAGAIN;
        if (status)
            pipe_leave(pipe);
        else
            status = pipe_sleep(pipe, &pipe->write_queue);
    }
    return status;
}

static long pipe_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct pipe *pipe = file->context;
    size_t done = 0;
    (void)position;

    if (!bytes)
        return 0;
    long status = pipe_enter(pipe);
    while (status == 0 && done < bytes) {
        status = pipe_wait_room(pipe, file->flags, bytes - done);
        if (status)
            break;
        long given = pipe_give(pipe, user_buffer + done, pipe_room(pipe, bytes - done));
        if (given > 0) {
            done += (size_t)given;
            pipe_wake(&pipe->read_queue);
        }
        if (given < 0 || done == bytes) {
            pipe_leave(pipe);
            status = given < 0 ? given : 0;
            break;
        }
    }
    if (status == -EPIPE && !done)
        process_signal(process_current(), ABI_SIGPIPE);
    return done ? (long)done : status;
}

static void pipe_poll(struct file *file, struct file_poll *poll)
{
    const struct pipe *pipe = file->context;
    uint32_t access = file->flags & ABI_O_ACCESS;

    poll->events = 0;
    if (access != ABI_O_WRONLY) {
        poll->events |= pipe->used ? ABI_POLLIN : 0;
        poll->events |= pipe->writers || !pipe->writer_opens ? 0 : ABI_POLLHUP;
        poll->queue = &((struct pipe *)file->context)->read_queue;
    }
    if (access != ABI_O_RDONLY) {
        poll->events |= PIPE_BYTES - pipe->used >= PIPE_ATOMIC_BYTES ? ABI_POLLOUT : 0;
        poll->events |= pipe->readers ? 0 : ABI_POLLERR;
        poll->queue2 = &((struct pipe *)file->context)->write_queue;
    }
}

#define PIPE_FIONREAD 0x541bu

static long pipe_ioctl(struct file *file, uint32_t request, uint64_t argument)
{
    const struct pipe *pipe = file->context;
    int32_t used = (int32_t)pipe->used;

    return request == PIPE_FIONREAD ? user_copy_out(argument, &used, sizeof(used)) : -ENOTTY;
}

static void pipe_free(struct pipe *pipe)
{
    for (unsigned i = 0; i < PIPE_FRAMES; i++) {
        if (pipe->frames[i])
            frame_release(pipe->frames[i]);
    }
    heap_free(pipe);
}

/* One end goes. The ring of a FIFO goes with the last end; that of a pipe with its inode, which the files hold. */
static void pipe_release(struct file *file)
{
    struct pipe *pipe = file->context;
    uint32_t access = file->flags & ABI_O_ACCESS;

    pipe->readers -= access != ABI_O_WRONLY;
    pipe->writers -= access != ABI_O_RDONLY;
    if (!pipe->writers)
        pipe_wake(&pipe->read_queue);
    if (!pipe->readers)
        pipe_wake(&pipe->write_queue);
    if (pipe->inode != &pipe->anonymous && !pipe->readers && !pipe->writers) {
        pipe->inode->context = NULL;
        pipe_free(pipe);
    }
}

static void pipe_destroy(struct inode *inode)
{
    pipe_free(inode->context);
}

static const struct file_operations pipe_operations = {
    .read = pipe_read,
    .write = pipe_write,
    .ioctl = pipe_ioctl,
    .poll = pipe_poll,
    .release = pipe_release,
};

/* Opened again through /proc/PID/fd it behaves as a FIFO. */
static const struct inode_operations pipe_inode_operations = {.open = pipe_open_fifo, .destroy = pipe_destroy};

bool pipe_is(const struct file *file)
{
    return file->operations == &pipe_operations;
}

static struct pipe *pipe_allocate(void)
{
    static uint64_t number;
    struct pipe *pipe = heap_allocate(sizeof(*pipe));
    if (!pipe)
        return NULL;
    uint64_t now = clock_realtime_ns();
    pipe->inode = &pipe->anonymous;
    pipe->anonymous = (struct inode){
        .operations = &pipe_inode_operations,
        .references = 1,
        .mode = ABI_S_IFIFO | 0600,
        .uid = process_current()->fsuid,
        .gid = process_current()->fsgid,
        .links = 1,
        .file_system = PIPE_DEVICE,
        .number = ++number,
        .times = {now, now, now},
        .context = pipe,
    };
    return pipe;
}

int pipe_create(uint32_t flags, struct file **reader, struct file **writer)
{
    struct pipe *pipe = pipe_allocate();
    if (!pipe)
        return -ENFILE;
    *reader = file_create(&pipe_operations, &pipe->anonymous, pipe, flags | ABI_O_RDONLY);
    *writer = *reader ? file_create(&pipe_operations, &pipe->anonymous, pipe, flags | ABI_O_WRONLY) : NULL;
    pipe->readers = *reader != NULL;
    pipe->writers = *writer != NULL;
    pipe->reader_opens = pipe->writer_opens = 1;
    inode_release(&pipe->anonymous); /* the files hold it now */
    if (*writer)
        return 0;
    if (*reader)
        file_release(*reader);
    return -ENFILE;
}

/* Waits until the other end has been opened, even when it is closed again by then: 0 or -ERESTARTSYS. */
static int pipe_wait_opened(struct wait_queue *queue, const uint32_t *ends, const uint32_t *opens)
{
    uint32_t before = *opens;

    while (!*ends && *opens == before) {
        int status = wait_queue_sleep(queue, WAIT_FOREVER);
        if (status)
            return status;
    }
    return 0;
}

int pipe_open_fifo(struct file *file)
{
    struct inode *inode = file->inode;
    uint32_t access = file->flags & ABI_O_ACCESS;
    bool nonblocking = file->flags & ABI_O_NONBLOCK;
    struct pipe *pipe = inode->context ? inode->context : pipe_allocate();
    int status = 0;

    if (!pipe)
        return -ENFILE;
    inode->context = pipe;
    pipe->inode = inode;
    file->operations = &pipe_operations;
    file->context = pipe;
    if (access != ABI_O_WRONLY) {
        pipe->readers++;
        pipe->reader_opens++;
        pipe_wake(&pipe->write_queue);
    }
    if (access != ABI_O_RDONLY) {
        pipe->writers++;
        pipe->writer_opens++;
        pipe_wake(&pipe->read_queue);
    }
    /* A pipe without a name is open at both ends from the start, and what has gone does not come back. */
    if (inode == &pipe->anonymous)
        return 0;
    if (access == ABI_O_WRONLY && !pipe->readers)
        status = nonblocking ? -ENXIO : pipe_wait_opened(&pipe->write_queue, &pipe->readers, &pipe->reader_opens);
    else if (access == ABI_O_RDONLY && !pipe->writers && !nonblocking)
        status = pipe_wait_opened(&pipe->read_queue, &pipe->writers, &pipe->writer_opens);
    if (status)
        pipe_release(file);
    return status;
}
