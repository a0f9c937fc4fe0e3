/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets: what the system calls (syscall/socket_calls.c) ask of a family. The local family (unix(7)) has streams and
 * datagrams, with a path, an abstract name or none.
 */
#ifndef FS_SOCKET_H
#define FS_SOCKET_H

#include "fs/file.h"

struct abi_iovec;
struct file;

#define SOCKET_STREAM   1u
#define SOCKET_DATAGRAM 2u
#define SOCKET_SEQUENCE 5u /* a stream of datagrams */

#define SOCKET_NAME_BYTES 108u /* sun_path */

/* struct sockaddr: its family, and what follows. Local: length 0 is no name; a path is terminated, and its length says
 * so; an abstract name begins with a zero byte. A length beyond the text is one that a program said. */
struct socket_name {
    uint16_t length, family;
    char text[SOCKET_NAME_BYTES + 1];
};

/* struct ucred */
struct socket_credentials {
    int32_t pid;
    uint32_t uid, gid;
};

/* Flags of one transfer. */
#define SOCKET_DONT_WAIT (1u << 0)
#define SOCKET_PEEK      (1u << 1)
#define SOCKET_NO_SIGNAL (1u << 2)
#define SOCKET_WAIT_ALL  (1u << 3)
#define SOCKET_TELL_ALL  (1u << 4) /* of a datagram that was cut, how long it was */

/* A message: user buffers in pieces, files that travel with it, and the name of the other side. */
#define SOCKET_FILES_MOST 16u
struct socket_message {
    struct abi_iovec *pieces;
    uint32_t piece_count;
    uint32_t flags;                        /* SOCKET_* */
    const struct socket_name *to;          /* sending a datagram: NULL = the connected one */
    const struct socket_name *as;          /* sending a datagram: from whom; NULL = the socket's own name */
    struct socket_name from;               /* OUT receiving: who sent it */
    struct file *files[SOCKET_FILES_MOST]; /* one reference each; taken over when sent, given when received */
    uint32_t file_count;
    bool truncated; /* OUT a datagram was longer than the buffers */
};

/* A message of these pieces and no more; the files, and where it came from, are left as they are: nothing asks before
 * they are set. */
static inline void socket_message_begin(struct socket_message *message, struct abi_iovec *pieces, uint32_t piece_count,
                                        uint32_t flags)
{
    message->pieces = pieces;
    message->piece_count = piece_count;
    message->flags = flags;
    message->to = message->as = NULL;
    message->file_count = 0;
    message->truncated = false;
}

/* What a family does; a member that is NULL refuses with -EOPNOTSUPP. All return 0 or -errno, transfers bytes. */
struct socket_family {
    uint16_t number; /* AF_* */
    int (*create)(uint32_t kind, uint32_t protocol, uint32_t flags, struct file **file);
    int (*pair)(uint32_t kind, uint32_t protocol, uint32_t flags, struct file **first, struct file **second);
    int (*name_check)(struct socket_name *name); /* what a program said, before it is used; NULL: all is well */
    int (*bind)(struct file *file, const struct socket_name *name);
    int (*connect)(struct file *file, const struct socket_name *name);
    int (*listen)(struct file *file, uint32_t backlog);
    int (*accept)(struct file *file, uint32_t flags, struct file **accepted);
    int (*shutdown)(struct file *file, bool reading, bool writing);
    int (*own_name)(struct file *file, struct socket_name *name);
    int (*peer_name)(struct file *file, struct socket_name *name);
    /* `bytes` of an option's value are kernel memory; OUT how many there are. */
    int (*option_set)(struct file *file, int level, uint32_t option, const void *value, uint32_t bytes);
    int (*option_get)(struct file *file, int level, uint32_t option, void *value, uint32_t *bytes);
    long (*send)(struct file *file, struct socket_message *message);
    long (*receive)(struct file *file, struct socket_message *message);
};
#define SOCKET_OPTION_BYTES 256u /* of a value */

/* The family of that number, or NULL. */
const struct socket_family *socket_family_find(uint64_t number);

#endif
