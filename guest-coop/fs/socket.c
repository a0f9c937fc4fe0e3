/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Local sockets: names, connections, ends. What is sent goes as a packet into the receiver's queue (socket_data.c).
 */
#include "fs/socket.h"

#include "fs/inode.h"
#include "fs/path.h"
#include "fs/socket_internal.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/heap.h"
#include <coopvirt/string.h>

#define SOCKET_DEVICE       6 /* st_dev */
#define SOCKET_BACKLOG_MOST 128u

/* All sockets with a name of their own. */
static struct socket *socket_named;

static void socket_destroy(struct inode *inode)
{
    heap_free(inode->context);
}

static const struct inode_operations socket_inode_operations = {.destroy = socket_destroy};

struct socket *socket_of(const struct file *file)
{
    return file->context;
}

uint32_t socket_kind(const struct file *file)
{
    return socket_of(file)->kind;
}

bool socket_listening(const struct file *file)
{
    return socket_of(file)->listening;
}

void socket_reference(struct socket *socket)
{
    inode_reference(&socket->inode);
}

void socket_drop(struct socket *socket)
{
    inode_release(&socket->inode);
}

static struct socket *socket_allocate(uint32_t kind)
{
    static uint64_t number;
    struct socket *socket = heap_allocate(sizeof(*socket));
    if (!socket)
        return NULL;
    uint64_t now = clock_realtime_ns();
    const struct process *process = process_current();
    socket->kind = kind;
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

/* A file for the socket; gives up the caller's reference to it. */
static int socket_file(struct socket *socket, uint32_t flags, struct file **file)
{
    *file = file_create(&socket_operations, &socket->inode, socket, flags | ABI_O_RDWR);
    if (*file)
        socket->file = *file;
    socket_drop(socket);
    return *file ? 0 : -ENFILE;
}

int socket_create(uint32_t kind, uint32_t flags, struct file **file)
{
    struct socket *socket = socket_allocate(kind);
    return socket ? socket_file(socket, flags, file) : -ENOMEM;
}

static void socket_join(struct socket *a, struct socket *b)
{
    a->peer = b;
    b->peer = a;
    socket_reference(a);
    socket_reference(b);
    a->connected = b->connected = true;
    a->peer_credentials = b->credentials;
    b->peer_credentials = a->credentials;
}

static void socket_wake(struct socket *socket)
{
    wait_queue_wake(&socket->receive_queue);
    wait_queue_wake(&socket->send_queue);
}

/* Ends a connection: the other side sees the end of what is sent, and cannot send any more. */
static void socket_part(struct socket *socket)
{
    struct socket *peer = socket->peer;
    socket->peer = NULL;
    if (!peer)
        return;
    if (peer->peer == socket) {
        peer->peer = NULL;
        if (peer->kind != SOCKET_DATAGRAM) {
            peer->receive_shut = peer->send_shut = true;
            peer->reset = socket->used != 0; /* it had not read all */
        }
        socket_wake(peer);
        socket_drop(socket);
    }
    socket_drop(peer);
}

int socket_pair(uint32_t kind, uint32_t flags, struct file **first, struct file **second)
{
    struct socket *a = socket_allocate(kind), *b = a ? socket_allocate(kind) : NULL;
    if (!b) {
        if (a)
            socket_drop(a);
        return -ENOMEM;
    }
    socket_join(a, b);
    int status = socket_file(a, flags, first);
    if (status < 0) {
        socket_part(a);
        socket_drop(b);
        return status;
    }
    status = socket_file(b, flags, second);
    if (status < 0)
        file_release(*first);
    return status;
}

/* ---- names ---- */

static void socket_unname(struct socket *socket)
{
    struct socket **link = &socket_named;
    while (*link && *link != socket)
        link = &(*link)->named_next;
    if (*link)
        *link = socket->named_next;
    if (socket->place)
        inode_release(socket->place);
    socket->place = NULL;
}

static int socket_find_abstract(const struct socket_name *name, struct socket **found)
{
    for (struct socket *socket = socket_named; socket; socket = socket->named_next) {
        if (!socket->place && socket->name.length == name->length &&
            memcmp(socket->name.text, name->text, name->length) == 0) {
            *found = socket;
            return 0;
        }
    }
    return -ECONNREFUSED;
}

static int socket_find_path(const char *text, struct socket **found)
{
    struct inode *place;
    int status = path_find(NULL, text, PATH_FOLLOW, &place);
    if (status < 0)
        return status;
    status = inode_permission(place, ABI_MAY_WRITE);
    if (status == 0)
        status = -ECONNREFUSED;
    for (struct socket *socket = socket_named; socket && status == -ECONNREFUSED; socket = socket->named_next) {
        if (socket->place == place) {
            *found = socket;
            status = 0;
        }
    }
    inode_release(place);
    return status;
}

int socket_find(const struct socket_name *name, struct socket **found)
{
    if (name->length == 0)
        return -EINVAL;
    return name->text[0] ? socket_find_path(name->text, found) : socket_find_abstract(name, found);
}

/* Makes the node in the file system that leads to the socket. */
static int socket_make_place(const char *text, struct inode **place)
{
    struct path path;
    int status = path_walk(&path, NULL, text, PATH_MISSING);
    if (status < 0)
        return status == -EEXIST ? -EADDRINUSE : status;
    if (path.inode)
        status = -EADDRINUSE;
    else if (path.must_be_directory)
        status = -ENOENT;
    else
        status = inode_permission(path.directory, ABI_MAY_WRITE | ABI_MAY_EXECUTE);
    if (status == 0 && !path.directory->operations->create)
        status = -EACCES;
    if (status == 0)
        status = path.directory->operations->create(path.directory, path.name,
                                                    ABI_S_IFSOCK | (0777 & ~process_current()->umask), 0, place);
    path_finish(&path);
    return status;
}

/* A name for whoever binds without saying which: five hexadecimal digits. */
static void socket_choose_name(struct socket_name *name)
{
    static uint32_t next;
    struct socket *taken;
    do {
        name->length = 6;
        name->text[0] = 0;
        for (unsigned i = 0; i < 5; i++)
            name->text[i + 1] = "0123456789abcdef"[next >> (16 - 4 * i) & 15];
        next++;
    } while (socket_find_abstract(name, &taken) == 0);
}

int socket_bind(struct file *file, const struct socket_name *name)
{
    struct socket *socket = socket_of(file), *other;
    struct socket_name wanted = *name;
    if (socket->name.length)
        return -EINVAL;
    if (wanted.length == 0) {
        socket_choose_name(&wanted);
    } else if (wanted.text[0]) {
        int status = socket_make_place(wanted.text, &socket->place);
        if (status < 0)
            return status;
    } else if (socket_find_abstract(&wanted, &other) == 0) {
        return -EADDRINUSE;
    }
    socket->name = wanted;
    socket->named_next = socket_named;
    socket_named = socket;
    return 0;
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

int socket_peer_credentials(struct file *file, struct socket_credentials *credentials)
{
    const struct socket *socket = socket_of(file);
    *credentials =
        socket->connected ? socket->peer_credentials : (struct socket_credentials){0, UINT32_MAX, UINT32_MAX};
    return 0;
}

/* ---- connections ---- */

int socket_listen(struct file *file, uint32_t backlog)
{
    struct socket *socket = socket_of(file);
    if (socket->kind == SOCKET_DATAGRAM)
        return -EOPNOTSUPP;
    if (!socket->name.length || socket->connected)
        return -EINVAL;
    const struct process *process = process_current();
    socket->credentials = (struct socket_credentials){process->leader_pid, process->euid, process->egid};
    socket->listening = true;
    socket->backlog = (backlog > SOCKET_BACKLOG_MOST ? SOCKET_BACKLOG_MOST : backlog) + 1;
    return 0;
}

/* Waits for room among those that wait to be accepted. */
static int socket_wait_backlog(const struct file *file, const struct socket_name *name, struct socket **listener)
{
    for (;;) {
        int status = socket_find(name, listener);
        if (status < 0)
            return status;
        if (!(*listener)->listening)
            return -ECONNREFUSED;
        if ((*listener)->pending_count < (*listener)->backlog)
            return 0;
        if (file->flags & ABI_O_NONBLOCK)
            return -EAGAIN;
        struct socket *held = *listener;
        socket_reference(held);
        status = wait_queue_sleep(&held->send_queue, WAIT_FOREVER);
        socket_drop(held);
        if (status)
            return status;
    }
}

static int socket_connect_stream(struct file *file, const struct socket_name *name)
{
    struct socket *socket = socket_of(file), *listener;
    if (socket->listening)
        return -EINVAL;
    if (socket->connected)
        return -EISCONN;
    int status = socket_wait_backlog(file, name, &listener);
    if (status < 0)
        return status;
    if (listener->kind != socket->kind)
        return -EPROTOTYPE;
    struct socket *server = socket_allocate(socket->kind);
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

int socket_connect(struct file *file, const struct socket_name *name)
{
    struct socket *socket = socket_of(file), *target;
    if (socket->kind != SOCKET_DATAGRAM)
        return socket_connect_stream(file, name);
    int status = socket_find(name, &target);
    if (status < 0)
        return status;
    if (target->kind != SOCKET_DATAGRAM)
        return -EPROTOTYPE;
    socket_reference(target);
    if (socket->peer)
        socket_drop(socket->peer);
    socket->peer = target;
    return 0;
}

int socket_accept(struct file *file, uint32_t flags, struct file **accepted)
{
    struct socket *socket = socket_of(file);
    if (socket->kind == SOCKET_DATAGRAM)
        return -EOPNOTSUPP;
    if (!socket->listening)
        return -EINVAL;
    while (!socket->pending_first) {
        if (socket->receive_shut)
            return -EINVAL;
        int status = file->flags & ABI_O_NONBLOCK ? -EAGAIN : wait_queue_sleep(&socket->receive_queue, WAIT_FOREVER);
        if (status)
            return status;
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
    peer->send_shut = peer->send_shut || reading;
    socket_wake(peer);
    return 0;
}

void socket_release(struct file *file)
{
    struct socket *socket = socket_of(file);
    if (socket->name.length)
        socket_unname(socket);
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
