/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Internet family on the loopback interface (ip(7), tcp(7), udp(7)): 127.0.0.0/8, and no other network. Streams and
 * datagrams go from socket to socket as those of the local family do; no packets of a protocol are made of them.
 */
#include "fs/inet_internal.h"
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include <coopvirt/string.h>

#define INET_RAW            3u
#define INET_NAME_BYTES     14u /* struct sockaddr_in behind its family */
#define INET_PRIVILEGED     1024u
#define INET_DATAGRAM_MOST  65507u
#define INET_PROTOCOL_LIMIT 263u
#define INET_UNSPECIFIED    0u /* AF_UNSPEC */
#define INET_PENDING_MOST   512u

static const struct socket_manner inet_manner;

/* ---- addresses ---- */

static struct inet_end inet_end_of(const struct socket_name *name)
{
    const uint8_t *text = (const uint8_t *)name->text;
    return (struct inet_end){(uint32_t)text[2] << 24 | (uint32_t)text[3] << 16 | (uint32_t)text[4] << 8 | text[5],
                             (uint16_t)(text[0] << 8 | text[1])};
}

static void inet_name_of(struct inet_end end, struct socket_name *name)
{
    uint8_t text[INET_NAME_BYTES] = {(uint8_t)(end.port >> 8),     (uint8_t)end.port,
                                     (uint8_t)(end.address >> 24), (uint8_t)(end.address >> 16),
                                     (uint8_t)(end.address >> 8),  (uint8_t)end.address};
    name->family = INET_FAMILY;
    name->length = INET_NAME_BYTES;
    memcpy(name->text, text, sizeof(text));
}

/* Where a program wants to send: any address means this machine. 0 or -errno. */
static int inet_target(const struct socket_name *name, struct inet_end *to)
{
    if (name->length < INET_NAME_BYTES)
        return -EINVAL;
    if (name->family != INET_FAMILY)
        return -EAFNOSUPPORT;
    *to = inet_end_of(name);
    if (!to->address)
        to->address = INET_LOOPBACK;
    return inet_is_loopback(to->address) ? 0 : -ENETUNREACH;
}

/* The end that others see of it. */
static struct inet_end inet_source(const struct inet *inet)
{
    return (struct inet_end){inet->own.address ? inet->own.address : INET_LOOPBACK, inet->own.port};
}

static int inet_own_name(struct file *file, struct socket_name *name)
{
    inet_name_of(inet_of(file)->own, name);
    return 0;
}

static int inet_peer_name(struct file *file, struct socket_name *name)
{
    const struct inet *inet = inet_of(file);
    if (!inet->peer_known)
        return -ENOTCONN;
    inet_name_of(inet->peer, name);
    return 0;
}

/* ---- making ---- */

static int inet_create(uint32_t kind, uint32_t protocol, uint32_t flags, struct file **file)
{
    if (protocol >= INET_PROTOCOL_LIMIT)
        return -EINVAL;
    if (kind == INET_RAW)
        return protocol && !capability_held(CAPABILITY_NET_RAW) ? -EPERM : -EPROTONOSUPPORT;
    if (kind != SOCKET_STREAM && kind != SOCKET_DATAGRAM)
        return -ESOCKTNOSUPPORT;
    if (protocol && protocol != (kind == SOCKET_STREAM ? INET_TCP : INET_UDP))
        return -EPROTONOSUPPORT;
    int status = socket_create(&inet_manner, kind, flags, file);
    if (status == 0)
        inet_options_start(inet_of(*file));
    return status;
}

static int32_t inet_protocol(const struct socket *socket)
{
    return socket->kind == SOCKET_STREAM ? INET_TCP : INET_UDP;
}

static int inet_bind(struct file *file, const struct socket_name *name)
{
    struct inet *inet = inet_of(file);
    if (name->length < INET_NAME_BYTES)
        return -EINVAL;
    struct inet_end end = inet_end_of(name);
    if (name->family != INET_FAMILY && (name->family != INET_UNSPECIFIED || end.address))
        return -EAFNOSUPPORT;
    if (end.address && !inet_is_loopback(end.address))
        return -EADDRNOTAVAIL;
    if (end.port && end.port < INET_PRIVILEGED && !capability_held(CAPABILITY_NET_BIND_SERVICE))
        return -EACCES;
    return inet->own.port ? -EINVAL : inet_ports_bind(inet, end);
}

/* A port for a socket that needs one and was given none. */
static int inet_bind_any(struct inet *inet)
{
    return inet->own.port ? 0 : inet_ports_bind(inet, inet->own) ? -EAGAIN : 0;
}

/* ---- connections ---- */

static int inet_listen(struct file *file, uint32_t backlog)
{
    struct inet *inet = inet_of(file);
    struct socket *socket = &inet->socket;
    if (socket->kind != SOCKET_STREAM)
        return -EOPNOTSUPP;
    if (socket->connected || inet->connecting)
        return -EINVAL;
    if (inet_bind_any(inet))
        return -EADDRINUSE;
    for (const struct inet *other = inet_ports_next(NULL); other; other = inet_ports_next(other)) {
        bool overlap = !other->own.address || !inet->own.address || other->own.address == inet->own.address;
        if (other != inet && other->socket.listening && other->own.port == inet->own.port && overlap &&
            !(socket_switched(socket, SOCKET_REUSE_PORT) && socket_switched(&other->socket, SOCKET_REUSE_PORT)))
            return -EADDRINUSE;
    }
    socket->receive_shut = socket->send_shut = false;
    socket_listen_begin(socket, backlog);
    return 0;
}

/* Waits until a listener has room for one more: 0 or -errno, no reference added. Who does not wait for the connection
 * is let in at once, until the listener has far too many: those go unanswered. */
static int inet_wait_listener(const struct file *file, struct inet_end to, struct inet **listener)
{
    uint64_t timeout_ns = socket_of(file)->send_timeout_ns, deadline = socket_deadline(timeout_ns);
    while ((*listener = inet_ports_listener(to)) != NULL) {
        struct socket *held = &(*listener)->socket;
        if (held->pending_count < held->backlog)
            return 0;
        if (file->flags & ABI_O_NONBLOCK)
            return held->pending_count < INET_PENDING_MOST ? 0 : -ETIMEDOUT;
        socket_reference(held);
        int status = wait_queue_sleep(&held->send_queue, deadline);
        socket_drop(held);
        if (status)
            return status == -ETIMEDOUT ? -EINPROGRESS : socket_waited(status, timeout_ns);
    }
    return -ECONNREFUSED;
}

static int inet_join(struct inet *inet, struct inet *listener, struct inet_end to)
{
    int status = socket_connect_to(&inet->socket, &listener->socket);
    if (status < 0)
        return status;
    struct inet *server = (struct inet *)inet->socket.peer;
    inet->own.address = inet_source(inet).address;
    inet->peer = to;
    server->own = to;
    server->peer = inet->own;
    inet->peer_known = server->peer_known = true;
    memcpy(server->options, listener->options, sizeof(server->options));
    server->socket.switches = listener->socket.switches;
    server->socket.receive_room = listener->socket.receive_room;
    server->socket.send_room = listener->socket.send_room;
    memcpy(server->socket.linger, listener->socket.linger, sizeof(server->socket.linger));
    return 0;
}

/* How the connection ended that the program did not wait for: told by the next connect. */
static int inet_connect_end(struct inet *inet)
{
    inet->connecting = false;
    if (inet->socket.connected)
        return 0;
    int error = socket_take_error(&inet->socket);
    return error ? error : -ECONNABORTED;
}

static int inet_connect_stream(struct file *file, const struct socket_name *name)
{
    struct inet *inet = inet_of(file), *listener = NULL;
    struct socket *socket = &inet->socket;
    struct inet_end to;
    if (inet->connecting)
        return inet_connect_end(inet);
    if (socket->connected || socket->listening)
        return -EISCONN;
    int status = inet_target(name, &to);
    if (status == 0)
        status = inet_bind_any(inet);
    if (status == 0)
        status = inet_wait_listener(file, to, &listener);
    if (socket->connected || socket->listening || inet->connecting) /* it slept, and another thread was faster */
        return -EISCONN;
    if (status < 0 && status != -ECONNREFUSED && status != -ETIMEDOUT)
        return status;
    socket->receive_shut = socket->send_shut = false;
    if (status == 0)
        status = inet_join(inet, listener, to);
    if (!(file->flags & ABI_O_NONBLOCK) || status == -ENOMEM)
        return status;
    inet->connecting = true;
    if (status < 0) {
        socket->receive_shut = socket->send_shut = true;
        socket->error = -status;
    }
    return -EINPROGRESS;
}

/* Datagrams go there from now on, and come from there only. */
static int inet_connect_datagram(struct inet *inet, const struct socket_name *name)
{
    struct inet_end to;
    int status = inet_target(name, &to);
    if (status == 0)
        status = inet_bind_any(inet);
    if (status < 0)
        return status;
    inet->own.address = inet_source(inet).address;
    inet->peer = to;
    inet->peer_known = true;
    return 0;
}

static int inet_connect(struct file *file, const struct socket_name *name)
{
    struct inet *inet = inet_of(file);
    if (name->family == INET_UNSPECIFIED && inet->socket.kind == SOCKET_DATAGRAM) {
        inet->peer_known = false;
        return 0;
    }
    return inet->socket.kind == SOCKET_STREAM ? inet_connect_stream(file, name) : inet_connect_datagram(inet, name);
}

static int inet_shutdown(struct file *file, bool reading, bool writing)
{
    const struct inet *inet = inet_of(file);
    bool ready = inet->peer_known || inet->socket.listening;
    int status = socket_shutdown(file, reading, writing);
    return ready ? status : -ENOTCONN;
}

static void inet_release(struct file *file)
{
    struct socket *socket = socket_of(file);
    socket->aborts = socket->kind == SOCKET_STREAM && socket->linger[0] && !socket->linger[1];
    for (struct socket *server = socket->pending_first; server; server = server->pending_next)
        server->aborts = true;
    inet_ports_free(socket);
    socket_release(file);
}

/* ---- transfers ---- */

/* The first that is sent after the other side has closed gets lost, and tells that. */
static long inet_send_stream(struct file *file, struct socket_message *message)
{
    struct inet *inet = inet_of(file);
    struct socket *socket = &inet->socket, *peer = socket->peer;
    if (socket->error)
        return socket_take_error(socket);
    if (!inet->peer_known || socket->send_shut)
        return -EPIPE;
    if (!peer) {
        socket->send_shut = true;
        return (long)socket_message_bytes(message);
    }
    socket_reference(peer);
    long sent = socket_send_to(file, peer, message);
    socket_drop(peer);
    return sent;
}

/* Never waits: what has no room at the receiver is lost, as all is that nobody takes. */
static long inet_send_datagram(struct file *file, struct socket_message *message)
{
    struct inet *inet = inet_of(file);
    uint64_t bytes = socket_message_bytes(message);
    struct inet_end to = inet->peer;
    struct socket_name as;
    if (inet->socket.error)
        return socket_take_error(&inet->socket);
    if (bytes > INET_DATAGRAM_MOST)
        return -EMSGSIZE;
    if (!message->to && !inet->peer_known)
        return -EDESTADDRREQ;
    int status = message->to ? inet_target(message->to, &to) : 0;
    if (status == 0 && !to.port)
        status = -EINVAL;
    if (status == 0 && inet->socket.send_shut)
        status = -EPIPE;
    if (status == 0)
        status = inet_bind_any(inet);
    if (status < 0)
        return status;
    struct inet *receiver = inet_ports_receiver(to, inet_source(inet));
    if (!receiver && inet->peer_known && to.port == inet->peer.port && to.address == inet->peer.address) {
        inet->socket.error = ECONNREFUSED;
        wait_queue_wake(&inet->socket.receive_queue);
    }
    if (!receiver || !socket_takes(&receiver->socket, receiver->socket.receive_room, bytes))
        return (long)bytes;
    inet_name_of(inet_source(inet), &as);
    message->as = &as;
    message->flags |= SOCKET_DONT_WAIT;
    socket_reference(&receiver->socket);
    long sent = socket_send_to(file, &receiver->socket, message);
    socket_drop(&receiver->socket);
    return sent == -EAGAIN || sent == -ECONNREFUSED ? (long)bytes : sent;
}

static long inet_send(struct file *file, struct socket_message *message)
{
    if (message->file_count)
        return -EINVAL;
    bool stream = socket_of(file)->kind == SOCKET_STREAM;
    long sent = stream ? inet_send_stream(file, message) : inet_send_datagram(file, message);
    if (sent == -EPIPE && stream && !(message->flags & SOCKET_NO_SIGNAL))
        process_signal(process_current(), ABI_SIGPIPE);
    return sent;
}

static long inet_receive(struct file *file, struct socket_message *message)
{
    struct inet *inet = inet_of(file);
    struct socket *socket = &inet->socket;
    message->file_count = 0;
    if (socket->kind == SOCKET_STREAM && !socket->connected)
        return socket->error ? socket_take_error(socket) : -ENOTCONN;
    if (socket->kind == SOCKET_DATAGRAM && socket->error)
        return socket_take_error(socket);
    return socket_receive(file, message);
}

static long inet_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct abi_iovec piece = {user_buffer, bytes};
    struct socket_message message;
    (void)position;
    socket_message_begin(&message, &piece, 1, 0);
    return inet_receive(file, &message);
}

static long inet_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct abi_iovec piece = {user_buffer, bytes};
    struct socket_message message;
    (void)position;
    socket_message_begin(&message, &piece, 1, 0);
    return inet_send(file, &message);
}

/* ---- the family ---- */

static const struct file_operations inet_operations = {.read = inet_read,
                                                       .write = inet_write,
                                                       .ioctl = inet_ioctl,
                                                       .poll = socket_poll,
                                                       .release = inet_release,
                                                       .family = &inet_family};

static const struct socket_manner inet_manner = {.family = INET_FAMILY,
                                                 .half_open = true,
                                                 .bytes = sizeof(struct inet),
                                                 .operations = &inet_operations,
                                                 .protocol = inet_protocol};

const struct socket_family inet_family = {
    .number = INET_FAMILY,
    .create = inet_create,
    .bind = inet_bind,
    .connect = inet_connect,
    .listen = inet_listen,
    .accept = socket_accept,
    .shutdown = inet_shutdown,
    .own_name = inet_own_name,
    .peer_name = inet_peer_name,
    .option_set = inet_option_set,
    .option_get = inet_option_get,
    .send = inet_send,
    .receive = inet_receive,
};
