/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has which port of the Internet family. A port is one socket's at an address, unless those that share it have all
 * agreed to that (SO_REUSEADDR, SO_REUSEPORT); connections that were accepted have none of their own.
 */
#include "fs/inet_internal.h"
#include "kernel/errno.h"
#include <coopvirt/string.h>

#define INET_PORT_FIRST 32768u /* of those given to who asks for none */
#define INET_PORT_LAST  60999u

static struct inet *inet_ports_first;

struct inet *inet_ports_next(const struct inet *inet)
{
    return inet ? inet->next : inet_ports_first;
}

static bool inet_ports_share(const struct inet *a, const struct inet *b)
{
    const struct socket *one = &a->socket, *other = &b->socket;
    if (socket_switched(one, SOCKET_REUSE_PORT) && socket_switched(other, SOCKET_REUSE_PORT) &&
        one->inode.uid == other->inode.uid)
        return true;
    return socket_switched(one, SOCKET_REUSE_ADDRESS) && socket_switched(other, SOCKET_REUSE_ADDRESS) &&
           !one->listening && !other->listening;
}

static bool inet_ports_conflict(const struct inet *inet, struct inet_end end)
{
    for (const struct inet *other = inet_ports_first; other; other = other->next) {
        bool overlap = !end.address || !other->own.address || end.address == other->own.address;
        if (other != inet && other->socket.kind == inet->socket.kind && other->own.port == end.port && overlap &&
            !inet_ports_share(inet, other))
            return true;
    }
    return false;
}

/* A port that nobody has, not even one who would share it; 0: none is left. Looks at each socket once, however many
 * there are. */
static uint16_t inet_ports_choose(const struct inet *inet)
{
    static uint64_t taken[INET_PORT_LAST / 64 + 1]; /* a bit for each port */
    static uint32_t next = INET_PORT_FIRST;
    memset(taken, 0, sizeof(taken));
    for (const struct inet *other = inet_ports_first; other; other = other->next)
        if (other->socket.kind == inet->socket.kind && other->own.port <= INET_PORT_LAST)
            taken[other->own.port / 64] |= 1ul << other->own.port % 64;
    for (uint32_t tried = 0; tried <= INET_PORT_LAST - INET_PORT_FIRST; tried++) {
        uint32_t port = next;
        next = next < INET_PORT_LAST ? next + 1 : INET_PORT_FIRST;
        if (!(taken[port / 64] >> port % 64 & 1))
            return (uint16_t)port;
    }
    return 0;
}

int inet_ports_bind(struct inet *inet, struct inet_end end)
{
    if (!end.port)
        end.port = inet_ports_choose(inet);
    if (!end.port || inet_ports_conflict(inet, end))
        return -EADDRINUSE;
    inet->own = end;
    inet->next = inet_ports_first;
    inet_ports_first = inet;
    return 0;
}

void inet_ports_free(struct socket *socket)
{
    struct inet **link = &inet_ports_first;
    while (*link && &(*link)->socket != socket)
        link = &(*link)->next;
    if (*link)
        *link = (*link)->next;
}

struct inet *inet_ports_listener(struct inet_end to)
{
    struct inet *found = NULL;
    for (struct inet *inet = inet_ports_first; inet; inet = inet->next)
        if (inet->socket.listening && inet->own.port == to.port &&
            (inet->own.address == to.address || (!inet->own.address && !found)))
            found = inet;
    return found;
}

/* The one that says most of what it takes. */
struct inet *inet_ports_receiver(struct inet_end to, struct inet_end from)
{
    struct inet *found = NULL;
    int most = -1;
    for (struct inet *inet = inet_ports_first; inet; inet = inet->next) {
        bool known = inet->peer_known;
        if (inet->socket.kind != SOCKET_DATAGRAM || inet->own.port != to.port ||
            (inet->own.address && inet->own.address != to.address) ||
            (known && (inet->peer.port != from.port || inet->peer.address != from.address)))
            continue;
        int score = (known ? 2 : 0) + (inet->own.address ? 1 : 0);
        if (score > most) {
            most = score;
            found = inet;
        }
    }
    return found;
}
