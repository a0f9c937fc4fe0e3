/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What netlink sockets (netlink.c), their messages (netlink_data.c) and the kernel's answers (netlink_route.c) share.
 */
#ifndef FS_NETLINK_INTERNAL_H
#define FS_NETLINK_INTERNAL_H

#include "fs/inode.h"
#include "fs/netlink.h"
#include "fs/socket_internal.h"
#include "kernel/wait.h"

struct netlink_packet {
    struct netlink_packet *next;
    uint32_t bytes, size; /* of the message, and of what is there for it */
    uint32_t from_port, from_groups;
    uint8_t data[];
};

struct netlink {
    struct inode inode; /* its references are the socket's */
    struct netlink *next;
    uint32_t kind, protocol;
    uint32_t port;   /* 0: none yet */
    uint32_t groups; /* a bit each */
    uint32_t to_port, to_groups;
    int error;           /* told once: -ENOBUFS, something was missed */
    bool silent;         /* it is not to be told (NETLINK_NO_ENOBUFS) */
    uint32_t room, used; /* of the packets, with their heads */
    struct netlink_packet *first, *last;
    struct wait_queue receive_queue;
};

extern const struct file_operations netlink_operations;

static inline struct netlink *netlink_of(const struct file *file)
{
    return file->context;
}

/* All open sockets. */
struct netlink *netlink_first(void);

/* Gives a socket without a port one: the process's number, or one that no process has. */
void netlink_take_port(struct netlink *netlink);

/* A packet of so many bytes from the kernel, or NULL. */
struct netlink_packet *netlink_packet_make(size_t bytes);

/* It becomes the socket's, or goes, and the socket is told that it missed something: 0 or -ENOBUFS. */
int netlink_queue(struct netlink *netlink, struct netlink_packet *packet);

/* A name of the family: a port, and groups; both 0: the kernel. 0 or -EINVAL. */
int netlink_name_read(const struct socket_name *name, uint32_t *port, uint32_t *groups);
void netlink_name_write(struct socket_name *name, uint32_t port, uint32_t groups);

/* A message to the kernel, which may answer by packets: 0 or -errno. */
int netlink_ask(struct netlink *netlink, const uint8_t *bytes, size_t count);

void netlink_release(struct file *file);
long netlink_send(struct file *file, struct socket_message *message);
long netlink_receive(struct file *file, struct socket_message *message);

#endif
