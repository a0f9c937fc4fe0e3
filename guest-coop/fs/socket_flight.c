/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets on their way through sockets. One that nobody holds but packets, which nobody can come to read since they
 * stand in queues of such sockets themselves, would stay for ever: those are found and their queues emptied. Looked for
 * when a socket goes and before another is sent.
 */
#include "fs/socket_internal.h"

#include "kernel/capability.h"
#include "kernel/errno.h"
#include "kernel/limits.h"
#include "kernel/user_count.h"
#include "memory/heap.h"

/* Those whose files are in packets. */
static struct socket *socket_flight_first;

/* Packets whose files are to be closed. Closing a socket may discard more of them, to any depth: they are closed one
 * after the other, by whoever began. */
static struct socket_packet *socket_flight_discarded;
static bool socket_flight_settling;

typedef void socket_flight_visitor(struct socket *carried);

static void socket_flight_visit_packets(const struct socket *carrier, socket_flight_visitor *visit)
{
    for (const struct socket_packet *packet = carrier->first; packet; packet = packet->next)
        for (uint32_t i = 0; i < packet->file_count; i++)
            if (socket_is_local(packet->files[i]))
                visit(socket_of(packet->files[i]));
}

/* What its queue carries, and the queues of connections that it has not accepted. */
static void socket_flight_visit(const struct socket *carrier, socket_flight_visitor *visit)
{
    socket_flight_visit_packets(carrier, visit);
    for (const struct socket *server = carrier->pending_first; server; server = server->pending_next)
        socket_flight_visit_packets(server, visit);
}

static void socket_flight_add(struct socket *socket)
{
    if (socket->flying++)
        return;
    socket->flight_live = true; /* until it has been looked at */
    socket->flight_previous = NULL;
    socket->flight_next = socket_flight_first;
    if (socket_flight_first)
        socket_flight_first->flight_previous = socket;
    socket_flight_first = socket;
}

static void socket_flight_remove(struct socket *socket)
{
    if (--socket->flying)
        return;
    if (socket->flight_previous)
        socket->flight_previous->flight_next = socket->flight_next;
    else
        socket_flight_first = socket->flight_next;
    if (socket->flight_next)
        socket->flight_next->flight_previous = socket->flight_previous;
}

int socket_flight_allow(void)
{
    const struct process *current = process_current();
    if (capability_held(CAPABILITY_SYS_RESOURCE) || capability_held(CAPABILITY_SYS_ADMIN))
        return 0;
    struct user_count *user = user_count_get(current->uid);
    if (!user)
        return -ENOMEM;
    bool many = user->files > limits_of(current, LIMIT_FILES)->soft;
    user_count_settle(user);
    return many ? -ETOOMANYREFS : 0;
}

void socket_flight_begin(struct socket_packet *packet)
{
    packet->user = user_count_get(process_current()->uid);
    if (packet->user)
        packet->user->files += packet->file_count;
    for (uint32_t i = 0; i < packet->file_count; i++)
        if (socket_is_local(packet->files[i]))
            socket_flight_add(socket_of(packet->files[i]));
}

void socket_flight_end(struct socket_packet *packet)
{
    if (packet->user) {
        packet->user->files -= packet->file_count;
        user_count_settle(packet->user);
        packet->user = NULL;
    }
    for (uint32_t i = 0; i < packet->file_count; i++)
        if (socket_is_local(packet->files[i]))
            socket_flight_remove(socket_of(packet->files[i]));
}

static void socket_flight_explain(struct socket *carried)
{
    carried->flight_outside--;
}

/* Live, and still to be looked into: a stack. */
static struct socket *socket_flight_stack;

static void socket_flight_push(struct socket *socket)
{
    socket->flight_live = true;
    socket->flight_todo = socket_flight_stack;
    socket_flight_stack = socket;
}

static void socket_flight_reach(struct socket *carried)
{
    if (!carried->flight_live)
        socket_flight_push(carried);
}

/* Marks what somebody can still reach: what is held by more than packets, what a packet elsewhere carries, and what the
 * queues of those carry. */
static void socket_flight_mark(void)
{
    struct socket *socket;
    for (socket = socket_flight_first; socket; socket = socket->flight_next) {
        socket->flight_live = false;
        socket->flight_outside = socket->flying;
    }
    for (socket = socket_flight_first; socket; socket = socket->flight_next)
        if (socket->file->references == socket->flying)
            socket_flight_visit(socket, socket_flight_explain);
    for (socket = socket_flight_first; socket; socket = socket->flight_next)
        if (!socket->flight_live && (socket->file->references > socket->flying || socket->flight_outside))
            socket_flight_push(socket);
    while ((socket = socket_flight_stack) != NULL) {
        socket_flight_stack = socket->flight_todo;
        socket_flight_visit(socket, socket_flight_reach);
    }
}

static struct socket *socket_flight_lost(void)
{
    struct socket *socket = socket_flight_first;
    while (socket && socket->flight_live)
        socket = socket->flight_next;
    return socket;
}

/* Closes nothing itself, so that no socket goes while it walks among them. */
static void socket_flight_collect(void)
{
    struct socket *lost;
    socket_flight_mark();
    while ((lost = socket_flight_lost()) != NULL) {
        lost->flight_live = true;
        for (struct socket *server = lost->pending_first; server; server = server->pending_next)
            socket_discard(server);
        socket_discard(lost);
    }
}

/* ---- what is discarded ---- */

void socket_discard(struct socket *socket)
{
    struct socket_packet *packet = socket->first, *next;
    socket->first = socket->last = NULL;
    socket->used = 0;
    for (; packet; packet = next) {
        next = packet->next;
        if (!packet->file_count) {
            heap_free(packet);
            continue;
        }
        socket_flight_end(packet);
        packet->next = socket_flight_discarded;
        socket_flight_discarded = packet;
    }
}

static void socket_flight_close(struct socket_packet *packet)
{
    for (uint32_t i = 0; i < packet->file_count; i++)
        file_release(packet->files[i]);
    heap_free(packet);
}

void socket_settle(void)
{
    if (socket_flight_settling) /* it closes a socket: what that discards is closed there too */
        return;
    socket_flight_settling = true;
    do {
        struct socket_packet *packet;
        while ((packet = socket_flight_discarded) != NULL) {
            socket_flight_discarded = packet->next;
            socket_flight_close(packet);
        }
        if (socket_flight_first)
            socket_flight_collect();
    } while (socket_flight_discarded);
    socket_flight_settling = false;
}
