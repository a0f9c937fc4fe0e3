/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The open files of a pty's slave: terminals like any, until the master closes. Then each gets other
 * operations, those of a terminal that has hung up.
 */
#include "fs/pty.h"
#include "fs/pty_internal.h"
#include "kernel/errno.h"
#include "memory/heap.h"

#define PTY_PEER_FLAGS (ABI_O_ACCESS | ABI_O_NONBLOCK | ABI_O_NOCTTY)

static void pty_slave_wake_all(struct pty *pty)
{
    wait_queue_wake(&pty->tty.read_queue);
    wait_queue_wake(&pty->tty.write_queue);
    wait_queue_wake(&pty->master_queue);
}

static void pty_slave_forget(struct pty *pty, const struct file *file)
{
    struct pty_opening **link = &pty->openings;

    while (*link && (*link)->file != file)
        link = &(*link)->next;
    struct pty_opening *opening = *link;
    if (!opening)
        return; /* hung up before */
    *link = opening->next;
    heap_free(opening);
    if (!pty->openings) {
        pty->left = true;
        pty_slave_wake_all(pty);
    }
}

static void pty_slave_release(struct file *file)
{
    struct tty *tty = file->context;
    struct pty *pty = pty_of_port(tty->port);

    pty_slave_forget(pty, file);
    inode_release(&pty->inode);
}

/* ---- after a hang-up ---- */

static long pty_gone_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    (void)file, (void)user_buffer, (void)bytes, (void)position;
    return 0;
}

static long pty_gone_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    (void)file, (void)user_buffer, (void)bytes, (void)position;
    return -EIO;
}

static long pty_gone_ioctl(struct file *file, uint32_t request, uint64_t argument)
{
    (void)file, (void)argument;
    return request == TTY_TIOCSPGRP ? -ENOTTY : -EIO;
}

static void pty_gone_poll(struct file *file, struct file_poll *poll)
{
    (void)file;
    poll->events = ABI_POLLIN | ABI_POLLOUT | ABI_POLLERR | ABI_POLLHUP;
}

void pty_slave_hang_up(struct pty *pty)
{
    static const struct file_operations gone = {.read = pty_gone_read,
                                                .write = pty_gone_write,
                                                .ioctl = pty_gone_ioctl,
                                                .poll = pty_gone_poll,
                                                .release = pty_slave_release};

    while (pty->openings) {
        struct file *file = pty->openings->file;
        file->operations = &gone;
        pty_slave_forget(pty, file);
    }
}

/* ---- opening ---- */

int pty_slave_open(struct pty *pty, struct file *file)
{
    static const struct file_operations operations = {
        .read = tty_read, .write = tty_write, .ioctl = tty_ioctl, .poll = tty_poll, .release = pty_slave_release};

    if (!pty->master_open || pty->locked)
        return -EIO;
    int status = tty_may_open(&pty->tty);
    if (status)
        return status;
    struct pty_opening *opening = heap_allocate(sizeof(*opening));
    if (!opening)
        return -ENOMEM;
    *opening = (struct pty_opening){pty->openings, file};
    pty->openings = opening;
    pty->left = false;
    inode_reference(&pty->inode);
    file->operations = &operations;
    file->context = &pty->tty;
    tty_session_opened(&pty->tty, file->flags);
    return 0;
}

long pty_slave_open_peer(struct pty *pty, uint32_t flags)
{
    struct file *file = file_create(NULL, &pty->inode, NULL, flags & PTY_PEER_FLAGS);
    if (!file)
        return -ENFILE;
    int status = pty_slave_open(pty, file);
    if (status) {
        file_release(file);
        return status;
    }
    return files_add(file, 0, flags & ABI_O_CLOEXEC);
}
