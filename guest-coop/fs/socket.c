/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets of any family: connections and ends. Families give them names (socket_local.c, inet.c); what is sent goes as
 * a packet into the receiver's queue (socket_data.c).
 */
#include "fs/socket.h"

#include "fs/inode.h"
#include "fs/socket_internal.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/heap.h"
#include <coopvirt/string.h>

#define SOCKET_DEVICE       6 /* st_dev */
#define SOCKET_BACKLOG_MOST 128u

static void socket_destroy(struct inode *inode)
{
    heap_free(inode->context);
}

static const struct inode_operations socket_inode_operations = {.destroy = socket_destroy};

void socket_reference(struct socket *socket)
{
    inode_reference(&socket->inode);
}

void socket_drop(struct socket *socket)
{
    inode_release(&socket->inode);
}

struct socket *socket_allocate(const struct socket_manner *manner, uint32_t kind)
{
    static uint64_t number;
    struct socket *socket = heap_allocate(manner->bytes);
    if (!socket)
        return NULL;
    uint64_t now = clock_realtime_ns();
    const struct process *process = process_current();
    socket->manner = manner;
    socket->kind = kind;
    socket->name.family = manner->family;
    socket->receive_room = socket->send_room = SOCKET_ROOM_BYTES;
    socket->credentials = (struct socket_credentials){process->leader_pid, process->euid, process->egid};
    socket->inode = (struct inode){.operations = &socket_inode_operations,
                                   .references = 1,
                                   .mode = ABI_S_IFSOCK | 0777,
                                   .uid = process->fsuid,
                                   .gid = process->fsgid,
                                   .links = 1,
                                   .file_system = SOCKET_DEVICE,
                                   .number = ++number,
                                   .times = {now, now, now},
                                   .context = socket};
    return socket;
}

int socket_file(struct socket *socket, uint32_t flags, struct file **file)
{
    *file = file_create(socket->manner->operations, &socket->inode, socket, flags | ABI_O_RDWR);
    if (*file)
        socket->file = *file;
    socket_drop(socket);
    return *file ? 0 : -ENFILE;
}

int socket_create(const struct socket_manner *manner, uint32_t kind, uint32_t flags, struct file **file)
{
    struct socket *socket = socket_allocate(manner, kind);
    return socket ? socket_file(socket, flags, file) : -ENOMEM;
}

void socket_join(struct socket *a, struct socket *b)
{
    a->peer = b;
    b->peer = a;
    socket_reference(a);
    socket_reference(b);
    a->connected = b->connected = true;
    a->peer_credentials = b->credentials;
    b->peer_credentials = a->credentials;
}

uint64_t socket_deadline(uint64_t timeout_ns)
{
    return timeout_ns ? clock_monotonic_ns() + timeout_ns : WAIT_FOREVER;
}

int socket_waited(int status, uint64_t timeout_ns)
{
    if (status == -ETIMEDOUT)
        return -EAGAIN;
    return status == -ERESTARTSYS && timeout_ns ? -EINTR : status;
}

static void socket_wake(struct socket *socket)
{
    wait_queue_wake(&socket->receive_queue);
    wait_queue_wake(&socket->send_queue);
}

/* Ends a connection: the other side sees the end of what is sent, and cannot send any more. */
void socket_part(struct socket *socket)
{
    struct socket *peer = socket->peer;
    socket->peer = NULL;
    if (!peer)
        return;
    if (peer->peer == socket) {
        peer->peer = NULL;
        if (peer->kind != SOCKET_DATAGRAM) {
            bool reset = socket->used != 0 || socket->aborts; /* it had not read all */
            peer->receive_shut = true;
            peer->send_shut = peer->send_shut || reset || !peer->manner->half_open;
            if (reset)
                peer->error = ECONNRESET;
        }
        socket_wake(peer);
        socket_drop(socket);
    }
    socket_drop(peer);
}

int socket_own_name(struct file *file, struct socket_name *name)
{
    *name = socket_of(file)->name;
    return 0;
}

int socket_peer_name(struct file *file, struct socket_name *name)
{
    const struct socket *socket = socket_of(file);
    if (!socket->peer)
        return -ENOTCONN;
    *name = socket->peer->name;
    return 0;
}

/* ---- connections ---- */

void socket_listen_begin(struct socket *socket, uint32_t backlog)
{
    const struct process *process = process_current();
    socket->credentials = (struct socket_credentials){process->leader_pid, process->euid, process->egid};
    socket->listening = true;
    socket->backlog = (backlog > SOCKET_BACKLOG_MOST ? SOCKET_BACKLOG_MOST : backlog) + 1;
}

int socket_connect_to(struct socket *socket, struct socket *listener)
{
    struct socket *server = socket_allocate(listener->manner, listener->kind);
    if (!server)
        return -ENOMEM;
    server->name = listener->name;
    server->credentials = listener->credentials;
    socket_join(socket, server);
    if (listener->pending_last)
        listener->pending_last->pending_next = server;
    else
        listener->pending_first = server;
    listener->pending_last = server;
    listener->pending_count++;
    wait_queue_wake(&listener->receive_queue);
    return 0;
}

int socket_accept(struct file *file, uint32_t flags, struct file **accepted)
{
    struct socket *socket = socket_of(file);
    if (socket->kind == SOCKET_DATAGRAM)
        return -EOPNOTSUPP;
    if (!socket->listening)
        return -EINVAL;
    uint64_t deadline = socket_deadline(socket->receive_timeout_ns);
    while (!socket->pending_first) {
        if (socket->receive_shut)
            return -EINVAL;
        if (file->flags & ABI_O_NONBLOCK)
            return -EAGAIN;
        int status = wait_queue_sleep(&socket->receive_queue, deadline);
        if (status)
            return socket_waited(status, socket->receive_timeout_ns);
    }
    struct socket *server = socket->pending_first;
    socket->pending_first = server->pending_next;
    if (!socket->pending_first)
        socket->pending_last = NULL;
    socket->pending_count--;
    wait_queue_wake(&socket->send_queue);
    return socket_file(server, flags, accepted);
}

int socket_shutdown(struct file *file, bool reading, bool writing)
{
    struct socket *socket = socket_of(file), *peer = socket->peer;
    socket->receive_shut = socket->receive_shut || reading;
    socket->send_shut = socket->send_shut || writing;
    socket_wake(socket);
    if (!peer || socket->kind == SOCKET_DATAGRAM)
        return 0;
    peer->receive_shut = peer->receive_shut || writing;
    peer->send_shut = peer->send_shut || (reading && !socket->manner->half_open);
    socket_wake(peer);
    return 0;
}

void socket_release(struct file *file)
{
    struct socket *socket = socket_of(file);
    if (socket->name.length)
        socket->manner->unname(socket);
    while (socket->pending_first) {
        struct socket *server = socket->pending_first;
        socket->pending_first = server->pending_next;
        socket_part(server);
        socket_discard(server);
        socket_drop(server);
    }
    socket->gone = true;
    socket->listening = false;
    socket_part(socket);
    socket_discard(socket);
    socket_wake(socket);
    socket_settle();
}
