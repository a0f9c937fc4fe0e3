/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes through sockets: packets in the receiver's queue. A stream's packets are read across their borders,
 * except that files in a packet are given with its first byte; a datagram is one packet.
 */
#include "fs/inet_interface.h"
#include "fs/socket_internal.h"

#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/heap.h"
#include "memory/user_copy.h"
#include <coopvirt/string.h>

#define SOCKET_PACKET_BYTES 32768u /* of a stream, in one packet */

uint64_t socket_message_bytes(const struct socket_message *message)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < message->piece_count; i++)
        bytes += message->pieces[i].bytes;
    return bytes;
}

int socket_pieces_copy(const struct socket_message *message, uint64_t offset, uint8_t *data, uint64_t bytes, bool out)
{
    for (uint32_t i = 0; i < message->piece_count && bytes; i++) {
        uint64_t size = message->pieces[i].bytes;
        if (offset >= size) {
            offset -= size;
            continue;
        }
        uint64_t part = size - offset < bytes ? size - offset : bytes;
        uint64_t user = message->pieces[i].base + offset;
        int status = out ? user_copy_out(user, data, part) : user_copy_in(data, user, part);
        if (status < 0)
            return status;
        data += part;
        bytes -= part;
        offset = 0;
    }
    return 0;
}

/* ---- sending ---- */

static struct socket_packet *socket_packet_make(const struct socket *sender, const struct socket_message *message,
                                                uint64_t offset, uint64_t bytes, int *status)
{
    bool named = sender->kind == SOCKET_DATAGRAM;
    uint64_t name_at = (bytes + 7) & ~7ul;
    struct socket_packet *packet = heap_allocate(sizeof(*packet) + name_at + (named ? sizeof(struct socket_name) : 0));
    *status = packet ? socket_pieces_copy(message, offset, packet->data, bytes, false) : -ENOMEM;
    if (*status < 0) {
        heap_free(packet);
        return NULL;
    }
    packet->bytes = (uint32_t)bytes;
    if (named) {
        packet->from = (struct socket_name *)(packet->data + name_at);
        *packet->from = message->as ? *message->as : sender->name;
    }
    return packet;
}

static void socket_packet_queue(struct socket *receiver, struct socket_packet *packet)
{
    if (receiver->last)
        receiver->last->next = packet;
    else
        receiver->first = packet;
    receiver->last = packet;
    receiver->used += packet->bytes + SOCKET_HEAD_BYTES;
    wait_queue_wake(&receiver->receive_queue);
}

/* Can the receiver get a packet from this socket? 0 or -errno. */
static int socket_check_receiver(const struct socket *sender, const struct socket *receiver)
{
    bool datagram = sender->kind == SOCKET_DATAGRAM;
    if (sender->send_shut)
        return -EPIPE;
    if (!receiver)
        return !sender->connected ? -ENOTCONN : datagram ? -ECONNREFUSED : -EPIPE;
    if (receiver->gone)
        return datagram ? -ECONNREFUSED : -EPIPE;
    return receiver->receive_shut && !receiver->manner->half_open ? -EPIPE : 0;
}

/* Waits for room: the bytes that fit (all, for a datagram), or -errno. */
static long socket_wait_room(const struct file *file, struct socket *sender, struct socket *receiver, uint64_t bytes,
                             uint32_t flags)
{
    uint64_t deadline = 0;
    for (;;) {
        int status = socket_check_receiver(sender, receiver);
        if (status < 0)
            return status;
        uint64_t most = sender->send_room < receiver->receive_room ? sender->send_room : receiver->receive_room;
        if (sender->kind == SOCKET_STREAM) {
            uint64_t part = bytes < SOCKET_PACKET_BYTES ? bytes : SOCKET_PACKET_BYTES;
            uint64_t taken = receiver->used + SOCKET_HEAD_BYTES;
            if (taken < most)
                return (long)(part < most - taken ? part : most - taken);
        } else if (socket_takes(receiver, most, bytes)) {
            return (long)bytes;
        }
        if ((file->flags & ABI_O_NONBLOCK) || (flags & SOCKET_DONT_WAIT))
            return -EAGAIN;
        if (!deadline)
            deadline = socket_deadline(sender->send_timeout_ns);
        status = wait_queue_sleep(&receiver->send_queue, deadline);
        if (status)
            return socket_waited(status, sender->send_timeout_ns);
    }
}

long socket_send_to(struct file *file, struct socket *receiver, struct socket_message *message)
{
    struct socket *sender = socket_of(file);
    uint64_t bytes = socket_message_bytes(message), done = 0;
    if (sender->kind != SOCKET_STREAM && bytes > sender->send_room)
        return -EMSGSIZE;
    int allowed = message->file_count ? socket_flight_allow() : 0;
    if (allowed)
        return allowed;
    do {
        if (message->file_count)
            socket_settle(); /* it may sleep: before the receiver is looked at */
        long part = socket_wait_room(file, sender, receiver, bytes - done, message->flags);
        int status = part < 0 ? (int)part : 0;
        if (status < 0)
            return done ? (long)done : status;
        if (sender->kind == SOCKET_STREAM && bytes == 0)
            return 0;
        struct socket_packet *packet = socket_packet_make(sender, message, done, (uint64_t)part, &status);
        if (packet && socket_check_receiver(sender, receiver) < 0) { /* the copy may have slept */
            heap_free(packet);
            continue;
        }
        if (!packet)
            return done ? (long)done : status;
        packet->file_count = message->file_count;
        memcpy(packet->files, message->files, message->file_count * sizeof(message->files[0]));
        message->file_count = 0;
        if (packet->file_count)
            socket_flight_begin(packet);
        socket_packet_queue(receiver, packet);
        done += (uint64_t)part;
    } while (done < bytes);
    return (long)done;
}

/* ---- receiving ---- */

/* Waits for a packet: 1, 0 at the end, or -errno. */
static int socket_wait_packet(const struct file *file, struct socket *socket, uint32_t flags)
{
    uint64_t deadline = 0;
    while (!socket->first || socket->busy) {
        if (socket->busy) {
            int slept = wait_queue_sleep(&socket->receive_queue, WAIT_FOREVER);
            if (slept)
                return slept;
            continue;
        }
        if (socket->error)
            return socket_take_error(socket);
        if (socket->receive_shut)
            return 0;
        if (socket->kind != SOCKET_DATAGRAM && !socket->connected)
            return socket->kind == SOCKET_STREAM ? -EINVAL : -ENOTCONN;
        if ((file->flags & ABI_O_NONBLOCK) || (flags & SOCKET_DONT_WAIT))
            return -EAGAIN;
        if (!deadline)
            deadline = socket_deadline(socket->receive_timeout_ns);
        int status = wait_queue_sleep(&socket->receive_queue, deadline);
        if (status)
            return socket_waited(status, socket->receive_timeout_ns);
    }
    return 1;
}

/* There is room again: for those who wait here, and for a poll of the other side. */
static void socket_wake_senders(struct socket *socket)
{
    wait_queue_wake(&socket->send_queue);
    if (socket->peer)
        wait_queue_wake(&socket->peer->send_queue);
}

static void socket_packet_unqueue(struct socket *socket)
{
    struct socket_packet *packet = socket->first;
    socket->first = packet->next;
    if (!socket->first)
        socket->last = NULL;
}

/* The files of a packet go to the first who reads of it. */
static void socket_take_files(struct socket_packet *packet, struct socket_message *message)
{
    message->file_count = packet->file_count;
    memcpy(message->files, packet->files, packet->file_count * sizeof(packet->files[0]));
    if (message->flags & SOCKET_PEEK) {
        for (uint32_t i = 0; i < packet->file_count; i++)
            file_reference(packet->files[i]);
    } else {
        socket_flight_end(packet);
        packet->file_count = 0;
    }
}

static void socket_end_busy(struct socket *socket)
{
    socket->busy = false;
    if (socket->receive_queue.first)
        wait_queue_wake(&socket->receive_queue);
}

static long socket_receive_datagram(struct socket *socket, struct socket_message *message)
{
    struct socket_packet *packet = socket->first;
    uint64_t room = socket_message_bytes(message);
    uint64_t bytes = packet->bytes < room ? packet->bytes : room;
    uint32_t whole = packet->bytes;
    bool peek = message->flags & SOCKET_PEEK;
    message->truncated = packet->bytes > room;
    if (packet->from && packet->from->length)
        message->from = *packet->from;
    socket_take_files(packet, message);
    if (!peek) {
        socket_packet_unqueue(socket);
        socket->used -= packet->bytes + SOCKET_HEAD_BYTES;
        socket_wake_senders(socket);
    }
    socket->busy = peek;
    int status = socket_pieces_copy(message, 0, packet->data, bytes, true);
    if (peek)
        socket_end_busy(socket);
    else
        heap_free(packet);
    return status < 0 ? status : message->flags & SOCKET_TELL_ALL ? (long)whole : (long)bytes;
}

/* Takes from the first packet on until the buffers are full or a packet with files comes. The copy may sleep:
 * other readers wait meanwhile. */
static long socket_receive_stream(struct file *file, struct socket *socket, struct socket_message *message)
{
    uint64_t room = socket_message_bytes(message), done = 0;
    int status = 0;
    bool peek = message->flags & SOCKET_PEEK;
    while (done < room) {
        if (!done || (!socket->first && (message->flags & SOCKET_WAIT_ALL))) {
            status = socket_wait_packet(file, socket, message->flags);
            if (status <= 0)
                break; /* even if there is a packet: another reader has it */
        }
        struct socket_packet *packet = socket->first;
        if (!packet || (done && packet->file_count))
            break;
        if (packet->file_count)
            socket_take_files(packet, message);
        uint64_t part = packet->bytes - packet->taken;
        if (part > room - done)
            part = room - done;
        socket->busy = true;
        status = socket_pieces_copy(message, done, packet->data + packet->taken, part, true);
        socket_end_busy(socket);
        if (status < 0)
            break;
        done += part;
        if (peek)
            break;
        packet->taken += (uint32_t)part;
        socket->used -= part;
        if (packet->taken == packet->bytes) {
            socket->used -= SOCKET_HEAD_BYTES;
            socket_packet_unqueue(socket);
            heap_free(packet);
        }
        socket_wake_senders(socket);
    }
    return done ? (long)done : status < 0 ? status : 0;
}

long socket_receive(struct file *file, struct socket_message *message)
{
    struct socket *socket = socket_of(file);
    message->file_count = 0;
    message->truncated = false;
    message->from.length = message->from.family = 0;
    if (socket->kind == SOCKET_STREAM)
        return socket_receive_stream(file, socket, message);
    int status = socket_wait_packet(file, socket, message->flags);
    return status <= 0 ? status : socket_receive_datagram(socket, message);
}

/* ---- as a file ---- */

long socket_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct abi_iovec piece = {user_buffer, bytes};
    struct socket_message message;
    (void)position;
    socket_message_begin(&message, &piece, 1, 0);
    long status = socket_receive(file, &message);
    for (uint32_t i = 0; i < message.file_count; i++)
        file_release(message.files[i]); /* nobody asked for them */
    return status;
}

void socket_poll(struct file *file, struct file_poll *poll)
{
    struct socket *socket = socket_of(file), *peer = socket->peer;
    bool stream = socket->kind != SOCKET_DATAGRAM;
    poll->events = 0;
    poll->queue = &socket->receive_queue;
    poll->queue2 = &socket->send_queue;
    if (socket->first || socket->pending_first || socket->receive_shut)
        poll->events |= ABI_POLLIN;
    if (socket->error)
        poll->events |= ABI_POLLERR;
    if (socket->receive_shut)
        poll->events |= ABI_POLLRDHUP;
    if (socket->receive_shut && socket->send_shut)
        poll->events |= ABI_POLLHUP;
    if (stream && !socket->connected && !socket->listening)
        poll->events |= ABI_POLLOUT | ABI_POLLHUP;
    else if (!socket->listening && (!peer || socket->send_shut || peer->used < peer->receive_room / 2))
        poll->events |= ABI_POLLOUT;
}

uint64_t socket_queued(const struct socket *socket)
{
    uint64_t bytes = 0;
    for (const struct socket_packet *packet = socket->first; packet; packet = packet->next)
        bytes += packet->bytes - packet->taken;
    return bytes;
}

#define SOCKET_FIONREAD 0x541bu

long socket_ioctl(struct file *file, uint32_t request, uint64_t argument)
{
    const struct socket *socket = socket_of(file);
    if (request != SOCKET_FIONREAD)
        return inet_interface_ioctl(request, argument);
    int32_t bytes = (int32_t)(socket->kind == SOCKET_STREAM ? socket_queued(socket)
                              : socket->first               ? socket->first->bytes
                                                            : 0);
    return user_copy_out(argument, &bytes, sizeof(bytes));
}
