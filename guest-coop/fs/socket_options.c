/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of sockets (socket(7)): those that all families have.
 */
#include "fs/socket_internal.h"
#include "kernel/errno.h"
#include <coopvirt/string.h>

#define SOCKET_LEVEL 1

/* SO_* */
#define SOCKET_REUSE_ADDRESS    2u
#define SOCKET_TYPE             3u
#define SOCKET_ERROR            4u
#define SOCKET_KEEP_ALIVE       9u
#define SOCKET_PEER_CREDENTIALS 17u
#define SOCKET_LISTENING        30u
#define SOCKET_PROTOCOL         38u
#define SOCKET_DOMAIN           39u

/* Keeping alive means nothing where no connection can break unseen. */
int socket_option_set(struct file *file, int level, uint32_t option, const void *value, uint32_t bytes)
{
    (void)file;
    (void)value;
    if (level != SOCKET_LEVEL)
        return -EOPNOTSUPP;
    bool known = option == SOCKET_REUSE_ADDRESS || option == SOCKET_KEEP_ALIVE;
    return !known ? -ENOPROTOOPT : bytes < sizeof(int32_t) ? -EINVAL : 0;
}

int socket_option_get(struct file *file, int level, uint32_t option, void *value, uint32_t *bytes)
{
    const struct socket *socket = socket_of(file);
    struct socket_credentials credentials = {0, UINT32_MAX, UINT32_MAX};
    int32_t number = 0;
    if (level != SOCKET_LEVEL)
        return -EOPNOTSUPP;
    switch (option) {
    case SOCKET_TYPE:
        number = (int32_t)socket->kind;
        break;
    case SOCKET_DOMAIN:
        number = socket->manner->family;
        break;
    case SOCKET_LISTENING:
        number = socket->listening;
        break;
    case SOCKET_ERROR:
    case SOCKET_PROTOCOL:
        break;
    case SOCKET_PEER_CREDENTIALS:
        if (socket->connected)
            credentials = socket->peer_credentials;
        *bytes = sizeof(credentials);
        memcpy(value, &credentials, sizeof(credentials));
        return 0;
    default:
        return -ENOPROTOOPT;
    }
    *bytes = sizeof(number);
    memcpy(value, &number, sizeof(number));
    return 0;
}
