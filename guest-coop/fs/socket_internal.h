/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two halves of local sockets share.
 */
#ifndef FS_SOCKET_INTERNAL_H
#define FS_SOCKET_INTERNAL_H

#include "fs/inode.h"
#include "fs/socket.h"
#include "kernel/wait.h"

struct socket_packet {
    struct socket_packet *next;
    uint32_t bytes, taken;
    struct socket_name *from; /* of a datagram, after the bytes, or NULL */
    uint32_t file_count;
    struct user_count *user; /* whom the files are counted for while they are in it, or NULL */
    struct file *files[SOCKET_FILES_MOST];
    uint8_t data[];
};

struct socket {
    struct inode inode; /* its references are the socket's */
    struct file *file;  /* the open file, while there is one; no reference held */
    uint32_t kind;
    struct socket_name name;
    struct inode *place;       /* the node that leads here, one reference held, or NULL */
    struct socket *named_next; /* among those with a name of their own */
    struct socket *peer;       /* one reference held: who gets what is sent */
    bool connected, listening;
    bool receive_shut, send_shut;
    bool reset; /* the other side closed without reading all: told once */
    bool busy;  /* a reader copies from the first packet */
    bool gone;  /* closed: only datagram peers still know it */
    struct socket_credentials credentials, peer_credentials;
    struct socket *pending_first, *pending_last, *pending_next; /* of a listener: not yet accepted */
    uint32_t pending_count, backlog;
    struct socket_packet *first, *last;          /* received */
    uint64_t used;                               /* bytes in them */
    /* on its way through other sockets (socket_flight.c) */
    struct socket *flight_next, *flight_previous;
    uint32_t flying;                   /* packets that carry its file */
    uint32_t flight_outside;           /* of these, such as may be read */
    bool flight_live;
    struct socket *flight_todo; /* found to be live, and to be looked into */
    struct wait_queue receive_queue, send_queue; /* packets or connections; room here, or at the other side */
};

extern const struct file_operations socket_operations; /* socket_data.c */

struct socket *socket_of(const struct file *file);
void socket_reference(struct socket *socket);
void socket_drop(struct socket *socket);
void socket_release(struct file *file);

/* What was received and not read goes; files that came with it are closed by the next socket_settle. */
void socket_discard(struct socket *socket);

/* Closes files that were in discarded packets, and empties the queues of sockets that nobody can reach any more, until
 * nothing is left of either. */
void socket_settle(void);

/* May the running process's user send more files (RLIMIT_NOFILE)? 0 or -ETOOMANYREFS. */
int socket_flight_allow(void);

/* A packet's files have become its, and are about to leave it. */
void socket_flight_begin(struct socket_packet *packet);
void socket_flight_end(struct socket_packet *packet);

/* The socket of that name: 0 or -errno; no reference added. */
int socket_find(const struct socket_name *name, struct socket **found);

#endif
