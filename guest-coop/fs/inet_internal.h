/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the Internet family share: inet.c makes and connects sockets, inet_ports.c knows who has which
 * port, inet_options.c keeps what concerns packets, inet_interface.c answers for the loopback interface.
 */
#ifndef FS_INET_INTERNAL_H
#define FS_INET_INTERNAL_H

#include "fs/socket_internal.h"

#define INET_FAMILY   2u /* AF_INET */
#define INET_TCP      6
#define INET_UDP      17
#define INET_LOOPBACK 0x7f000001u /* 127.0.0.1 */

/* An end: in the machine's byte order; 0 is any address, or no port. */
struct inet_end {
    uint32_t address;
    uint16_t port;
};

#define INET_OPTIONS 32u /* of one level, by number */

struct inet {
    struct socket socket; /* first */
    struct inet_end own, peer;
    bool peer_known;
    bool connecting;                  /* a connect that did not wait has not told how it ended */
    struct inet *next;                /* among those that have a port */
    int32_t options[2][INET_OPTIONS]; /* IPPROTO_IP, IPPROTO_TCP */
};

static inline struct inet *inet_of(const struct file *file)
{
    return (struct inet *)socket_of(file);
}

static inline bool inet_is_loopback(uint32_t address)
{
    return address >> 24 == 127;
}

/* ---- inet_ports.c ---- */

/* Gives the socket that end, or a free port when it has none: 0 or -EADDRINUSE. */
int inet_ports_bind(struct inet *inet, struct inet_end end);
void inet_ports_free(struct socket *socket);

/* Who gets what goes to that end: the listener, or the socket that takes datagrams `from` there; NULL: nobody. */
struct inet *inet_ports_listener(struct inet_end to);
struct inet *inet_ports_receiver(struct inet_end to, struct inet_end from);

/* The sockets that have a port, one after the other from NULL on. */
struct inet *inet_ports_next(const struct inet *inet);

/* ---- inet_options.c ---- */
void inet_options_start(struct inet *inet);
int inet_option_set(struct file *file, int level, uint32_t option, const void *value, uint32_t bytes);
int inet_option_get(struct file *file, int level, uint32_t option, void *value, uint32_t *bytes);

/* ---- inet_interface.c ---- */
long inet_ioctl(struct file *file, uint32_t request, uint64_t argument);

#endif
