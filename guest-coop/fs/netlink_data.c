/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages through netlink sockets: each is one packet in its receiver's queue.
 */
#include "fs/netlink_internal.h"

#include "fs/inet_interface.h"
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "memory/heap.h"
#include "memory/user_copy.h"
#include <coopvirt/string.h>

#define NETLINK_MESSAGE_MOST (212992u - 32u)
#define NETLINK_FIONREAD     0x541bu

struct netlink_packet *netlink_packet_make(size_t bytes)
{
    struct netlink_packet *packet = heap_allocate(sizeof(*packet) + bytes);
    if (packet)
        packet->bytes = packet->size = (uint32_t)bytes;
    return packet;
}

static uint32_t netlink_packet_room(const struct netlink_packet *packet)
{
    return (uint32_t)sizeof(*packet) + packet->size;
}

static int netlink_overrun(struct netlink *netlink)
{
    if (!netlink->silent) {
        netlink->error = -ENOBUFS;
        wait_queue_wake(&netlink->receive_queue);
    }
    return -ENOBUFS;
}

int netlink_queue(struct netlink *netlink, struct netlink_packet *packet)
{
    uint32_t room = netlink_packet_room(packet);
    if (netlink->used + room > netlink->room) {
        heap_free(packet);
        return netlink_overrun(netlink);
    }
    if (netlink->last)
        netlink->last->next = packet;
    else
        netlink->first = packet;
    netlink->last = packet;
    netlink->used += room;
    wait_queue_wake(&netlink->receive_queue);
    return 0;
}

/* ---- to many ---- */

static bool netlink_listens(const struct netlink *netlink, uint32_t protocol, uint32_t groups)
{
    return netlink->protocol == protocol && (netlink->groups & groups);
}

bool netlink_has_listener(uint32_t protocol, uint32_t group)
{
    const struct netlink *netlink = netlink_first();
    while (netlink && !netlink_listens(netlink, protocol, 1u << (group - 1)))
        netlink = netlink->next;
    return netlink;
}

/* A copy for each socket but the sender's that listens to one of the groups. */
static void netlink_multicast(const struct netlink *sender, uint32_t protocol, uint32_t groups, const void *bytes,
                              size_t count)
{
    for (struct netlink *netlink = netlink_first(); netlink; netlink = netlink->next) {
        if (netlink == sender || !netlink_listens(netlink, protocol, groups))
            continue;
        struct netlink_packet *packet = netlink_packet_make(count);
        if (!packet) {
            netlink_overrun(netlink);
            continue;
        }
        memcpy(packet->data, bytes, count);
        packet->from_port = sender ? sender->port : 0;
        packet->from_groups = groups;
        netlink_queue(netlink, packet);
    }
}

void netlink_send_all(uint32_t protocol, uint32_t group, const void *bytes, size_t count)
{
    netlink_multicast(NULL, protocol, 1u << (group - 1), bytes, count);
}

/* ---- of programs ---- */

/* To another program's socket. The packet is taken over. */
static int netlink_send_to(const struct netlink *sender, uint32_t port, struct netlink_packet *packet)
{
    struct netlink *netlink = netlink_first();
    while (netlink && (netlink->protocol != sender->protocol || netlink->port != port))
        netlink = netlink->next;
    if (netlink && netlink->used + netlink_packet_room(packet) <= netlink->room) {
        packet->from_port = sender->port;
        return netlink_queue(netlink, packet);
    }
    heap_free(packet);
    return netlink ? -EAGAIN : -ECONNREFUSED;
}

long netlink_send(struct file *file, struct socket_message *message)
{
    struct netlink *netlink = netlink_of(file);
    uint32_t port = netlink->to_port, groups = netlink->to_groups;
    int status = message->to ? netlink_name_read(message->to, &port, &groups) : 0;
    uint64_t bytes = socket_message_bytes(message);

    if (status == 0 && message->to && (port || groups) && !capability_held(CAPABILITY_NET_ADMIN))
        status = -EPERM;
    if (status == 0 && bytes > NETLINK_MESSAGE_MOST)
        status = -EMSGSIZE;
    if (status)
        return status;
    if (!netlink->port)
        netlink_take_port(netlink);
    groups &= -groups; /* the first one counts */
    struct netlink_packet *packet = netlink_packet_make(bytes);
    if (!packet)
        return -ENOMEM;
    status = socket_pieces_copy(message, 0, packet->data, bytes, false);
    if (status == 0 && groups)
        netlink_multicast(netlink, netlink->protocol, groups, packet->data, bytes);
    if (status == 0 && port) {
        status = netlink_send_to(netlink, port, packet);
        return status ? status : (long)bytes;
    }
    if (status == 0 && !groups)
        status = netlink_ask(netlink, packet->data, bytes);
    heap_free(packet);
    return status ? status : (long)bytes;
}

/* Waits for a packet: 0 or -errno. */
static int netlink_wait(const struct file *file, struct netlink *netlink, uint32_t flags)
{
    for (;;) {
        int status = netlink->error;
        netlink->error = 0;
        if (status || netlink->first)
            return status;
        if ((file->flags & ABI_O_NONBLOCK) || (flags & SOCKET_DONT_WAIT))
            return -EAGAIN;
        status = wait_queue_sleep(&netlink->receive_queue, WAIT_FOREVER);
        if (status)
            return status;
    }
}

static void netlink_unqueue(struct netlink *netlink)
{
    struct netlink_packet *packet = netlink->first;
    netlink->first = packet->next;
    if (!netlink->first)
        netlink->last = NULL;
    netlink->used -= netlink_packet_room(packet);
}

/* The packet leaves the queue for the copy, which may sleep; who only peeks puts it back as the first one. */
long netlink_receive(struct file *file, struct socket_message *message)
{
    struct netlink *netlink = netlink_of(file);
    int status = netlink_wait(file, netlink, message->flags);
    if (status)
        return status;
    struct netlink_packet *packet = netlink->first;
    uint64_t room = socket_message_bytes(message);
    uint64_t bytes = packet->bytes < room ? packet->bytes : room;
    netlink_unqueue(netlink);
    message->truncated = packet->bytes > room;
    netlink_name_write(&message->from, packet->from_port, packet->from_groups);
    status = socket_pieces_copy(message, 0, packet->data, bytes, true);
    if (message->flags & SOCKET_PEEK) {
        packet->next = netlink->first;
        netlink->first = packet;
        if (!netlink->last)
            netlink->last = packet;
        netlink->used += netlink_packet_room(packet);
    } else {
        heap_free(packet);
    }
    return status ? status : (long)bytes;
}

/* ---- as a file ---- */

static long netlink_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct abi_iovec piece = {user_buffer, bytes};
    struct socket_message message;
    (void)position;
    socket_message_begin(&message, &piece, 1, 0);
    return netlink_receive(file, &message);
}

static long netlink_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct abi_iovec piece = {user_buffer, bytes};
    struct socket_message message;
    (void)position;
    socket_message_begin(&message, &piece, 1, 0);
    return netlink_send(file, &message);
}

static void netlink_poll(struct file *file, struct file_poll *poll)
{
    struct netlink *netlink = netlink_of(file);
    poll->events = ABI_POLLOUT | (netlink->first ? ABI_POLLIN : 0) | (netlink->error ? ABI_POLLERR : 0);
    poll->queue = &netlink->receive_queue;
}

static long netlink_ioctl(struct file *file, uint32_t request, uint64_t argument)
{
    const struct netlink *netlink = netlink_of(file);
    int32_t next = netlink->first ? (int32_t)netlink->first->bytes : 0;
    if (request != NETLINK_FIONREAD)
        return inet_interface_ioctl(request, argument);
    return user_copy_out(argument, &next, sizeof(next));
}

const struct file_operations netlink_operations = {.read = netlink_read,
                                                   .write = netlink_write,
                                                   .ioctl = netlink_ioctl,
                                                   .poll = netlink_poll,
                                                   .release = netlink_release,
                                                   .family = &netlink_family};
