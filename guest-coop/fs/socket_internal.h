/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of sockets share: ends and connections (socket.c), packets (socket_data.c), files on their way
 * (socket_flight.c), options (socket_options.c), and the families that are made of them (socket_local.c, inet.c).
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

struct socket;

/* In what the families differ below the system calls. */
struct socket_manner {
    uint16_t family; /* AF_* */
    bool half_open;  /* one direction of a stream ends without the other */
    uint32_t bytes;  /* of a socket, with what the family adds behind struct socket */
    const struct file_operations *operations;
    void (*unname)(struct socket *socket);            /* its name leads no longer here */
    int32_t (*protocol)(const struct socket *socket); /* IPPROTO_*; NULL: 0 */
};

struct socket {
    struct inode inode; /* its references are the socket's */
    struct file *file;  /* the open file, while there is one; no reference held */
    uint32_t kind;
    const struct socket_manner *manner;
    struct socket_name name;
    struct inode *place;       /* the node that leads here, one reference held, or NULL */
    struct socket *named_next; /* among those with a name of their own */
    struct socket *peer;       /* one reference held: who gets what is sent */
    bool connected, listening;
    bool receive_shut, send_shut;
    bool aborts;                                  /* closing it resets the other side's connection */
    int32_t error;                                /* errno, told once: the other side closed without reading all */
    int32_t linger[2];                            /* struct linger */
    uint64_t switches;                            /* SO_*, those that are on or off: a bit each */
    uint64_t receive_timeout_ns, send_timeout_ns; /* 0: for ever */
    uint32_t receive_room, send_room;             /* bytes in a queue: here, and where this one sends to */
    bool busy;                                    /* a reader copies from the first packet */
    bool gone;                                    /* closed: only datagram peers still know it */
    struct socket_credentials credentials, peer_credentials;
    struct socket *pending_first, *pending_last, *pending_next; /* of a listener: not yet accepted */
    uint32_t pending_count, backlog;
    struct socket_packet *first, *last; /* received */
    uint64_t used;                      /* room that they take: bytes not read, and their heads */
    /* on its way through other sockets (socket_flight.c) */
    struct socket *flight_next, *flight_previous;
    uint32_t flying;         /* packets that carry its file */
    uint32_t flight_outside; /* of these, such as may be read */
    bool flight_live;
    struct socket *flight_todo;                  /* found to be live, and to be looked into */
    struct wait_queue receive_queue, send_queue; /* packets or connections; room here, or at the other side */
};

/* The families. */
extern const struct socket_family socket_local_family;
extern const struct socket_family inet_family;

static inline struct socket *socket_of(const struct file *file)
{
    return file->context;
}

/* The error that waits to be told, as -errno, or 0. */
static inline int socket_take_error(struct socket *socket)
{
    int error = socket->error;
    socket->error = 0;
    return -error;
}

/* May its packets carry files? */
static inline bool socket_is_local(const struct file *file)
{
    return file->operations->family == &socket_local_family;
}

/* socket.c */
int socket_create(const struct socket_manner *manner, uint32_t kind, uint32_t flags, struct file **file);
struct socket *socket_allocate(const struct socket_manner *manner, uint32_t kind);
int socket_file(struct socket *socket, uint32_t flags, struct file **file); /* gives up the caller's reference */
void socket_reference(struct socket *socket);
void socket_drop(struct socket *socket);
void socket_join(struct socket *a, struct socket *b);
void socket_part(struct socket *socket);
int socket_own_name(struct file *file, struct socket_name *name);
int socket_peer_name(struct file *file, struct socket_name *name);
void socket_listen_begin(struct socket *socket, uint32_t backlog);
int socket_connect_to(struct socket *socket, struct socket *listener); /* one more that waits to be accepted */
int socket_accept(struct file *file, uint32_t flags, struct file **accepted);
int socket_shutdown(struct file *file, bool reading, bool writing);
void socket_release(struct file *file);

/* socket_data.c */
uint64_t socket_message_bytes(const struct socket_message *message);

/* Copies between a message's pieces, from `offset` bytes into them, and kernel memory: 0 or -EFAULT. May sleep. */
int socket_pieces_copy(const struct socket_message *message, uint64_t offset, uint8_t *data, uint64_t bytes, bool out);
long socket_send_to(struct file *file, struct socket *receiver, struct socket_message *message);
long socket_receive(struct file *file, struct socket_message *message);
uint64_t socket_queued(const struct socket *socket); /* bytes in its queue that nobody has read */
long socket_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position);
long socket_ioctl(struct file *file, uint32_t request, uint64_t argument);
void socket_poll(struct file *file, struct file_poll *poll);

/* When a wait that begins now ends. */
uint64_t socket_deadline(uint64_t timeout_ns);

/* What a wait that ended early means to the program: a time that is over is -EAGAIN; one that had a limit is not begun
 * anew. */
int socket_waited(int status, uint64_t timeout_ns);

#define SOCKET_ROOM_BYTES (208u * 1024u) /* in a receiver's queue, unless set */
#define SOCKET_HEAD_BYTES 256u           /* of that room, for each packet: those of no bytes are bounded too */

/* What the receiver's queue still takes out of `most`; one packet of any size goes into an empty one. */
static inline bool socket_takes(const struct socket *receiver, uint64_t most, uint64_t bytes)
{
    return !receiver->used || receiver->used + SOCKET_HEAD_BYTES + bytes <= most;
}

/* Is an option on that is on or off? */
static inline bool socket_switched(const struct socket *socket, uint32_t option)
{
    return socket->switches >> option & 1;
}
#define SOCKET_REUSE_ADDRESS 2u
#define SOCKET_BROADCAST     6u
#define SOCKET_REUSE_PORT    15u

/* socket_options.c */
int socket_option_set(struct file *file, int level, uint32_t option, const void *value, uint32_t bytes);
int socket_option_get(struct file *file, int level, uint32_t option, void *value, uint32_t *bytes);

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

#endif
