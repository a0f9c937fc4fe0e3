/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local family of sockets (unix(7)): names that are nodes of a file system or abstract, pairs, and how a name is
 * connected to.
 */
#include "fs/path.h"
#include "fs/proc_internal.h"
#include "fs/socket_internal.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include <coopvirt/string.h>

#define SOCKET_LOCAL 1u /* AF_UNIX, and as a protocol */
#define SOCKET_RAW   3u /* means datagrams here */

static const struct socket_manner socket_local_manner;

/* All sockets with a name of their own. */
static struct socket *socket_local_named;

/* ---- making ---- */

static int socket_local_kind(uint32_t *kind, uint32_t protocol)
{
    if (protocol && protocol != SOCKET_LOCAL)
        return -EPROTONOSUPPORT;
    if (*kind == SOCKET_RAW)
        *kind = SOCKET_DATAGRAM;
    return *kind == SOCKET_STREAM || *kind == SOCKET_DATAGRAM || *kind == SOCKET_SEQUENCE ? 0 : -ESOCKTNOSUPPORT;
}

static int socket_local_create(uint32_t kind, uint32_t protocol, uint32_t flags, struct file **file)
{
    int status = socket_local_kind(&kind, protocol);
    return status < 0 ? status : socket_create(&socket_local_manner, kind, flags, file);
}

static int socket_local_pair(uint32_t kind, uint32_t protocol, uint32_t flags, struct file **first,
                             struct file **second)
{
    int status = socket_local_kind(&kind, protocol);
    if (status < 0)
        return status;
    struct socket *a = socket_allocate(&socket_local_manner, kind);
    struct socket *b = a ? socket_allocate(&socket_local_manner, kind) : NULL;
    if (!b) {
        if (a)
            socket_drop(a);
        return -ENOMEM;
    }
    socket_join(a, b);
    status = socket_file(a, flags, first);
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

/* A path ends at its first zero byte, which is made to be there, and its length counts it. */
static int socket_local_name_check(struct socket_name *name)
{
    if (name->family != SOCKET_LOCAL || name->length > SOCKET_NAME_BYTES)
        return -EINVAL;
    name->text[name->length] = 0;
    if (name->length && name->text[0])
        name->length = (uint16_t)(strlen(name->text) + 1);
    return 0;
}

static void socket_local_unname(struct socket *socket)
{
    struct socket **link = &socket_local_named;
    while (*link && *link != socket)
        link = &(*link)->named_next;
    if (*link)
        *link = socket->named_next;
    if (socket->place)
        inode_release(socket->place);
    socket->place = NULL;
}

static int socket_local_find_abstract(const struct socket_name *name, struct socket **found)
{
    for (struct socket *socket = socket_local_named; socket; socket = socket->named_next) {
        if (!socket->place && socket->name.length == name->length &&
            memcmp(socket->name.text, name->text, name->length) == 0) {
            *found = socket;
            return 0;
        }
    }
    return -ECONNREFUSED;
}

static int socket_local_find_path(const char *text, struct socket **found)
{
    struct inode *place;
    int status = path_find(NULL, text, PATH_FOLLOW, &place);
    if (status < 0)
        return status;
    status = inode_permission(place, ABI_MAY_WRITE);
    if (status == 0)
        status = -ECONNREFUSED;
    for (struct socket *socket = socket_local_named; socket && status == -ECONNREFUSED; socket = socket->named_next) {
        if (socket->place == place) {
            *found = socket;
            status = 0;
        }
    }
    inode_release(place);
    return status;
}

static int socket_local_find(const struct socket_name *name, struct socket **found)
{
    if (name->length == 0)
        return -EINVAL;
    return name->text[0] ? socket_local_find_path(name->text, found) : socket_local_find_abstract(name, found);
}

/* Makes the node in the file system that leads to the socket. */
static int socket_local_make_place(const char *text, struct inode **place)
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
        status = inode_check_changeable(path.directory);
    if (status == 0)
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
static void socket_local_choose_name(struct socket_name *name)
{
    static uint32_t next;
    struct socket *taken;
    do {
        name->length = 6;
        name->text[0] = 0;
        for (unsigned i = 0; i < 5; i++)
            name->text[i + 1] = "0123456789abcdef"[next >> (16 - 4 * i) & 15];
        next++;
    } while (socket_local_find_abstract(name, &taken) == 0);
}

static int socket_local_bind(struct file *file, const struct socket_name *name)
{
    struct socket *socket = socket_of(file), *other;
    struct socket_name wanted = *name;
    struct inode *place = NULL;
    if (socket->name.length)
        return -EINVAL;
    if (wanted.length == 0) {
        socket_local_choose_name(&wanted);
    } else if (wanted.text[0]) {
        int status = socket_local_make_place(wanted.text, &place);
        if (status < 0)
            return status;
        if (socket->name.length) { /* it slept, and another thread was faster */
            inode_release(place);
            return -EINVAL;
        }
    } else if (socket_local_find_abstract(&wanted, &other) == 0) {
        return -EADDRINUSE;
    }
    socket->name = wanted;
    socket->place = place;
    socket->named_next = socket_local_named;
    socket_local_named = socket;
    return 0;
}

/* ---- connections ---- */

static int socket_local_listen(struct file *file, uint32_t backlog)
{
    struct socket *socket = socket_of(file);
    if (socket->kind == SOCKET_DATAGRAM)
        return -EOPNOTSUPP;
    if (!socket->name.length || socket->connected)
        return -EINVAL;
    socket_listen_begin(socket, backlog);
    return 0;
}

/* Waits for room among those that wait to be accepted. */
static int socket_local_wait_backlog(const struct file *file, const struct socket_name *name, struct socket **listener)
{
    uint64_t timeout_ns = socket_of(file)->send_timeout_ns, deadline = socket_deadline(timeout_ns);
    for (;;) {
        int status = socket_local_find(name, listener);
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
        status = wait_queue_sleep(&held->send_queue, deadline);
        socket_drop(held);
        if (status)
            return socket_waited(status, timeout_ns);
    }
}

static int socket_local_connect_stream(struct file *file, const struct socket_name *name)
{
    struct socket *socket = socket_of(file), *listener;
    if (socket->listening)
        return -EINVAL;
    if (socket->connected)
        return -EISCONN;
    int status = socket_local_wait_backlog(file, name, &listener);
    if (status < 0)
        return status;
    if (socket->connected || socket->listening) /* it slept, and another thread was faster */
        return socket->connected ? -EISCONN : -EINVAL;
    if (listener->kind != socket->kind)
        return -EPROTOTYPE;
    return socket_connect_to(socket, listener);
}

static int socket_local_connect(struct file *file, const struct socket_name *name)
{
    struct socket *socket = socket_of(file), *target;
    if (socket->kind != SOCKET_DATAGRAM)
        return socket_local_connect_stream(file, name);
    int status = socket_local_find(name, &target);
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

static long socket_local_send(struct file *file, struct socket_message *message)
{
    struct socket *sender = socket_of(file), *receiver = sender->peer;
    if (message->to && sender->kind != SOCKET_DATAGRAM)
        return sender->connected ? -EISCONN : -EOPNOTSUPP;
    if (message->to) {
        int status = socket_local_find(message->to, &receiver);
        if (status < 0)
            return status;
        if (receiver->kind != SOCKET_DATAGRAM)
            return -EPROTOTYPE;
    }
    if (receiver)
        socket_reference(receiver);
    long status = socket_send_to(file, receiver, message);
    if (receiver)
        socket_drop(receiver);
    if (status == -EPIPE && !(message->flags & SOCKET_NO_SIGNAL))
        process_signal(process_current(), ABI_SIGPIPE);
    return status;
}

static long socket_local_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct abi_iovec piece = {user_buffer, bytes};
    struct socket_message message;
    (void)position;
    socket_message_begin(&message, &piece, 1, 0);
    return socket_local_send(file, &message);
}

/* Those with a name; an abstract one begins with an @ here. */
void proc_print_local_sockets(struct proc_text *text, struct process *process)
{
    (void)process;
    proc_print(text, "Num       RefCount Protocol Flags    Type St Inode Path\n");
    for (const struct socket *socket = socket_local_named; socket; socket = socket->named_next) {
        proc_print(text, "%016lx: %08X 00000000 %08X %04X %02X %5lu ", 0ul, socket->inode.references,
                   socket->listening ? 0x10000u : 0u, socket->kind, socket->connected ? 3u : 1u,
                   (unsigned long)socket->inode.number);
        for (uint32_t i = 0; i < socket->name.length && (i == 0 || socket->name.text[i]); i++)
            proc_print(text, "%c", socket->name.text[i] ? socket->name.text[i] : '@');
        proc_print(text, "\n");
    }
}

/* ---- the family ---- */

static const struct file_operations socket_local_operations = {.read = socket_read,
                                                               .write = socket_local_write,
                                                               .ioctl = socket_ioctl,
                                                               .poll = socket_poll,
                                                               .release = socket_release,
                                                               .family = &socket_local_family};

static const struct socket_manner socket_local_manner = {.family = SOCKET_LOCAL,
                                                         .bytes = sizeof(struct socket),
                                                         .operations = &socket_local_operations,
                                                         .unname = socket_local_unname};

const struct socket_family socket_local_family = {
    .number = SOCKET_LOCAL,
    .create = socket_local_create,
    .pair = socket_local_pair,
    .name_check = socket_local_name_check,
    .bind = socket_local_bind,
    .connect = socket_local_connect,
    .listen = socket_local_listen,
    .accept = socket_accept,
    .shutdown = socket_shutdown,
    .own_name = socket_own_name,
    .peer_name = socket_peer_name,
    .option_set = socket_option_set,
    .option_get = socket_option_get,
    .send = socket_local_send,
    .receive = socket_receive,
};
