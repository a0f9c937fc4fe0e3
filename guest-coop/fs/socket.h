/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets of the local family (unix(7)): streams and datagrams, with a path, an abstract name or none.
 */
#ifndef FS_SOCKET_H
#define FS_SOCKET_H

#include "fs/file.h"

struct abi_iovec;

#define SOCKET_STREAM   1u
#define SOCKET_DATAGRAM 2u
#define SOCKET_SEQUENCE 5u /* a stream of datagrams */

#define SOCKET_NAME_BYTES 108u /* sun_path */

/* struct sockaddr_un without its family; length 0: no name. An abstract name begins with a zero byte. */
struct socket_name {
    uint32_t length;
    char text[SOCKET_NAME_BYTES + 1]; /* a path is terminated */
};

/* struct ucred */
struct socket_credentials {
    int32_t pid;
    uint32_t uid, gid;
};

/* All but the first return 0 (descriptors: the descriptor) or -errno. */
bool socket_is(const struct file *file);
uint32_t socket_kind(const struct file *file);
bool socket_listening(const struct file *file);
int socket_create(uint32_t kind, uint32_t flags, struct file **file);
int socket_pair(uint32_t kind, uint32_t flags, struct file **first, struct file **second);
int socket_bind(struct file *file, const struct socket_name *name);
int socket_listen(struct file *file, uint32_t backlog);
int socket_connect(struct file *file, const struct socket_name *name);
int socket_accept(struct file *file, uint32_t flags, struct file **accepted);
int socket_shutdown(struct file *file, bool reading, bool writing);
int socket_own_name(struct file *file, struct socket_name *name);
int socket_peer_name(struct file *file, struct socket_name *name);
int socket_peer_credentials(struct file *file, struct socket_credentials *credentials);

/* Flags of one transfer. */
#define SOCKET_DONT_WAIT (1u << 0)
#define SOCKET_PEEK      (1u << 1)
#define SOCKET_NO_SIGNAL (1u << 2)
#define SOCKET_WAIT_ALL  (1u << 3)

/* A message: user buffers in pieces, files that travel with it, and the name of the other side. */
#define SOCKET_FILES_MOST 16u
struct socket_message {
    struct abi_iovec *pieces;
    uint32_t piece_count;
    uint32_t flags;                        /* SOCKET_* */
    const struct socket_name *to;          /* sending a datagram: NULL = the connected one */
    struct socket_name from;               /* OUT receiving: who sent it */
    struct file *files[SOCKET_FILES_MOST]; /* one reference each; taken over when sent, given when received */
    uint32_t file_count;
    bool truncated; /* OUT a datagram was longer than the buffers */
};
long socket_send(struct file *file, struct socket_message *message);
long socket_receive(struct file *file, struct socket_message *message);

#endif
