/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls that move bytes between two open files by way of one kernel frame: sendfile, copy_file_range, splice, tee. The
 * files' own operations do the moving; the frame stands in for the user's buffer (memory/user_copy.c).
 */
#include "syscall/file_calls.h"

#include "fs/inode.h"
#include "fs/notify.h"
#include "fs/pipe.h"
#include "kernel/errno.h"
#include "kernel/process_private.h"
#include "kernel/wait.h"
#include "memory/frame.h"
#include "memory/user_copy.h"

#define SPLICE_NO_WAIT 2u
#define SPLICE_FLAGS   15u

/* One end: the file, and where in it. */
struct file_copy_end {
    struct file *file;
    uint64_t position;
    uint64_t user_position; /* where the caller keeps it; 0: the file's own */
};

static long file_copy_open(struct file_copy_end *end, int descriptor, uint64_t user_position, bool writes)
{
    end->file = files_borrow(descriptor);
    end->user_position = user_position;
    if (!end->file || (end->file->flags & ABI_O_PATH))
        return -EBADF;
    uint32_t access = end->file->flags & ABI_O_ACCESS;
    if (access == (writes ? ABI_O_RDONLY : ABI_O_WRONLY))
        return -EBADF;
    if (writes ? !end->file->operations->write : !end->file->operations->read)
        return end->file->operations->directory_entries ? -EISDIR : -EINVAL;
    if (user_position && !end->file->operations->seek)
        return -ESPIPE;
    end->position = end->file->position;
    if (user_position && user_copy_in(&end->position, user_position, sizeof(end->position)))
        return -EFAULT;
    return (int64_t)end->position < 0 ? -EINVAL : 0;
}

static long file_copy_close(const struct file_copy_end *end)
{
    if (end->user_position)
        return user_copy_out(end->user_position, &end->position, sizeof(end->position));
    end->file->position = end->position;
    return 0;
}

/* What was read is written whole, waiting if need be: only the process's own end stops that, since the bytes may be
 * nowhere else any more. */
static long file_copy_write(struct file_copy_end *to, uint64_t buffer, size_t bytes)
{
    struct process_private *private = process_current()->private;
    uint32_t flags = to->file->flags;
    long status = 0;
    size_t done = 0;
    to->file->flags &= ~ABI_O_NONBLOCK;
    private->only_killable = true;
    while (done < bytes) {
        status = to->file->operations->write(to->file, buffer + done, bytes - done, &to->position);
        if (status <= 0)
            break;
        done += (size_t)status;
    }
    private->only_killable = false;
    to->file->flags |= flags & ABI_O_NONBLOCK;
    return done ? (long)done : status;
}

/* At most a frame: bytes that arrived, 0 at the end of `from`, -errno. */
static long file_copy_piece(struct file_copy_end *from, struct file_copy_end *to, uint64_t buffer, size_t bytes)
{
    long got =
        from->file->operations->read(from->file, buffer, bytes < FRAME_BYTES ? bytes : FRAME_BYTES, &from->position);
    if (got <= 0)
        return got;
    long gave = file_copy_write(to, buffer, (size_t)got);
    if (gave < got && from->file->operations->seek)
        from->position -= (uint64_t)(got - (gave > 0 ? gave : 0));
    return gave;
}

/* May another piece be moved without waiting? */
static bool file_copy_ready(const struct file_copy_end *end, uint32_t events)
{
    struct file_poll poll = {0};
    if (!end->file->operations->poll)
        return true;
    end->file->operations->poll(end->file, &poll);
    return poll.events & (events | ABI_POLLHUP | ABI_POLLERR);
}

static long file_copy_no_wait(const struct file_copy_end *from, const struct file_copy_end *to)
{
    return file_copy_ready(from, ABI_POLLIN) && file_copy_ready(to, ABI_POLLOUT) ? 0 : -EAGAIN;
}

/* `waits`: the first piece may wait for bytes and for room; later ones never do. */
static long file_copy_all(struct file_copy_end *from, struct file_copy_end *to, uint64_t bytes, bool waits)
{
    struct process_private *private = process_current()->private;
    coop_paddr frame = bytes ? frame_allocate() : 0;
    uint64_t done = 0;
    long status = 0;
    if (bytes && !frame)
        return -ENOMEM;
    private->copy_frame = frame;
    while (done < bytes) {
        status = done || !waits ? file_copy_no_wait(from, to) : 0;
        if (status == 0)
            status = file_copy_piece(from, to, (uint64_t)frame_address(frame), bytes - done);
        if (status <= 0)
            break;
        done += (uint64_t)status;
        if (process_signal_pending())
            break;
    }
    private->copy_frame = 0;
    if (frame)
        frame_release(frame);
    if (done == 0)
        return status;
    if (notify_active) {
        notify_file(from->file, NOTIFY_ACCESS);
        notify_file(to->file, NOTIFY_MODIFY);
    }
    status = file_copy_close(from);
    long other = file_copy_close(to);
    return status ? status : other ? other : (long)done;
}

static bool file_copy_is_regular(const struct file *file)
{
    return file->inode && inode_type(file->inode) == ABI_S_IFREG;
}

static uint64_t file_copy_limit(uint64_t bytes)
{
    return bytes < ABI_TRANSFER_LIMIT ? bytes : ABI_TRANSFER_LIMIT;
}

long file_sys_sendfile(const struct syscall_arguments *a)
{
    struct file_copy_end from, to;
    long status = file_copy_open(&from, (int)a->a1, a->a2, false);
    if (status == 0)
        status = file_copy_open(&to, (int)a->a0, 0, true);
    if (status)
        return status;
    bool sends = file_copy_is_regular(from.file) || (from.file->inode && inode_type(from.file->inode) == ABI_S_IFBLK);
    if (!sends || (to.file->flags & ABI_O_APPEND))
        return -EINVAL;
    return file_copy_all(&from, &to, file_copy_limit(a->a3), !(to.file->flags & ABI_O_NONBLOCK));
}

long file_sys_copy_file_range(const struct syscall_arguments *a)
{
    struct file_copy_end from, to;
    uint64_t bytes = file_copy_limit(a->a4);
    long status = file_copy_open(&from, (int)a->a0, a->a1, false);
    if (status == 0)
        status = file_copy_open(&to, (int)a->a2, a->a3, true);
    if (status)
        return status;
    if (to.file->flags & ABI_O_APPEND)
        return -EBADF;
    if (a->a5 || !file_copy_is_regular(from.file) || !file_copy_is_regular(to.file))
        return -EINVAL;
    if (from.file->inode == to.file->inode && from.position < to.position + bytes &&
        to.position < from.position + bytes)
        return -EINVAL;
    return file_copy_all(&from, &to, bytes, true);
}

long file_sys_splice(const struct syscall_arguments *a)
{
    struct file_copy_end from, to;
    long status = file_copy_open(&from, (int)a->a0, a->a1, false);
    if (status == 0)
        status = file_copy_open(&to, (int)a->a2, a->a3, true);
    if (status)
        return status;
    if (a->a5 & ~(uint64_t)SPLICE_FLAGS || (!pipe_is(from.file) && !pipe_is(to.file)) ||
        (pipe_is(from.file) && pipe_is(to.file) && from.file->context == to.file->context) ||
        (to.file->flags & ABI_O_APPEND))
        return -EINVAL;
    bool waits =
        !(a->a5 & SPLICE_NO_WAIT) && !(from.file->flags & ABI_O_NONBLOCK) && !(to.file->flags & ABI_O_NONBLOCK);
    return file_copy_all(&from, &to, file_copy_limit(a->a4), waits);
}

/* Waits for the first byte to duplicate: 0, or what the call ends with. */
static long file_copy_tee_wait(const struct file_copy_end *from, bool waits)
{
    while (!file_copy_ready(from, ABI_POLLIN)) {
        struct file_poll poll = {0};
        if (!waits)
            return -EAGAIN;
        from->file->operations->poll(from->file, &poll);
        long status = wait_queue_sleep(poll.queue, WAIT_FOREVER);
        if (status == -ERESTARTSYS)
            return status;
    }
    return 0;
}

long file_sys_tee(const struct syscall_arguments *a)
{
    struct file_copy_end from, to;
    struct process_private *private = process_current()->private;
    uint64_t bytes = file_copy_limit(a->a2), done = 0;
    long status = file_copy_open(&from, (int)a->a0, 0, false);
    if (status == 0)
        status = file_copy_open(&to, (int)a->a1, 0, true);
    if (status)
        return status;
    if (a->a3 & ~(uint64_t)SPLICE_FLAGS || !pipe_is(from.file) || !pipe_is(to.file) ||
        from.file->context == to.file->context)
        return -EINVAL;
    coop_paddr frame = frame_allocate();
    if (!frame)
        return -ENOMEM;
    private->copy_frame = frame;
    status = bytes ? file_copy_tee_wait(&from, !(a->a3 & SPLICE_NO_WAIT)) : 0;
    while (status == 0 && done < bytes && (done == 0 || file_copy_ready(&to, ABI_POLLOUT))) {
        size_t part = bytes - done < FRAME_BYTES ? bytes - done : FRAME_BYTES;
        status = pipe_peek(from.file, done, frame_address(frame), part);
        if (status <= 0)
            break;
        if (done == 0 && (a->a3 & SPLICE_NO_WAIT) && !file_copy_ready(&to, ABI_POLLOUT))
            status = -EAGAIN;
        else
            status = file_copy_write(&to, (uint64_t)frame_address(frame), (size_t)status);
        done += status > 0 ? (uint64_t)status : 0;
        status = status > 0 ? 0 : status;
    }
    private->copy_frame = 0;
    frame_release(frame);
    return done ? (long)done : status;
}

#define MEMFD_CLOEXEC    1u
#define MEMFD_NAME_BYTES 250

long file_sys_memfd_create(const struct syscall_arguments *a)
{
    char name[MEMFD_NAME_BYTES];
    struct file *file;
    long status = user_copy_string(name, a->a0, sizeof(name));
    if (status < 0)
        return status == -ENAMETOOLONG ? -EINVAL : status;
    if (a->a1 & ~(uint64_t)MEMFD_CLOEXEC) /* neither seals nor huge pages */
        return -EINVAL;
    status = file_open_unnamed(ABI_O_RDWR | ABI_O_LARGEFILE, 0777, &file);
    return status ? status : files_add(file, 0, a->a1 & MEMFD_CLOEXEC);
}
