/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of sockets (socket(7)): those that all families have.
 */
#include "fs/socket_internal.h"
#include "kernel/errno.h"
#include <coopvirt/string.h>

#define SOCKET_LEVEL 1

/* SO_* */
#define SOCKET_TYPE             3u
#define SOCKET_ERROR            4u
#define SOCKET_DONT_ROUTE       5u
#define SOCKET_SEND_BUFFER      7u
#define SOCKET_RECEIVE_BUFFER   8u
#define SOCKET_KEEP_ALIVE       9u
#define SOCKET_LINGER           13u
#define SOCKET_PEER_CREDENTIALS 17u
#define SOCKET_RECEIVE_TIMEOUT  20u
#define SOCKET_SEND_TIMEOUT     21u
#define SOCKET_LISTENING        30u
#define SOCKET_PROTOCOL         38u
#define SOCKET_DOMAIN           39u

/* Keeping alive and not routing mean nothing where no connection can break unseen and there is nothing to route over.
 */
#define SOCKET_SWITCHES                                                                                                \
    (1u << SOCKET_REUSE_ADDRESS | 1u << SOCKET_DONT_ROUTE | 1u << SOCKET_BROADCAST | 1u << SOCKET_KEEP_ALIVE |         \
     1u << SOCKET_REUSE_PORT)

#define SOCKET_BUFFER_MOST  212992u /* what may be asked for; twice that is given */
#define SOCKET_SEND_LEAST   4608u
#define SOCKET_ROOM_LEAST   2304u
#define SOCKET_TIMEOUT_MOST (1ll << 33) /* seconds: as good as for ever */

static bool socket_is_switch(uint32_t option)
{
    return option < 32 && (SOCKET_SWITCHES >> option & 1);
}

static uint32_t socket_buffer_bytes(int32_t wanted, uint32_t least)
{
    uint32_t bytes = (uint32_t)wanted < SOCKET_BUFFER_MOST ? (uint32_t)wanted : SOCKET_BUFFER_MOST;
    return 2 * bytes > least ? 2 * bytes : least;
}

/* struct timeval */
static int socket_timeout_set(uint64_t *timeout_ns, const void *value, uint32_t bytes)
{
    int64_t time[2];
    if (bytes < sizeof(time))
        return -EINVAL;
    memcpy(time, value, sizeof(time));
    if (time[1] < 0 || time[1] >= 1000000)
        return -EDOM;
    *timeout_ns = time[0] >= SOCKET_TIMEOUT_MOST ? 0 : (uint64_t)time[0] * 1000000000u + (uint64_t)time[1] * 1000u;
    if (time[0] < 0)
        *timeout_ns = 1; /* over at once */
    return 0;
}

static int socket_linger_set(struct socket *socket, const void *value, uint32_t bytes)
{
    if (bytes < sizeof(socket->linger))
        return -EINVAL;
    memcpy(socket->linger, value, sizeof(socket->linger));
    socket->linger[0] = socket->linger[0] != 0;
    return 0;
}

int socket_option_set(struct file *file, int level, uint32_t option, const void *value, uint32_t bytes)
{
    struct socket *socket = socket_of(file);
    int32_t number;
    if (level != SOCKET_LEVEL)
        return -EOPNOTSUPP;
    if (bytes < sizeof(number))
        return -EINVAL;
    memcpy(&number, value, sizeof(number));
    if (socket_is_switch(option)) {
        socket->switches = number ? socket->switches | 1ul << option : socket->switches & ~(1ul << option);
        return 0;
    }
    switch (option) {
    case SOCKET_SEND_BUFFER:
        socket->send_room = socket_buffer_bytes(number, SOCKET_SEND_LEAST);
        return 0;
    case SOCKET_RECEIVE_BUFFER:
        socket->receive_room = socket_buffer_bytes(number, SOCKET_ROOM_LEAST);
        return 0;
    case SOCKET_LINGER:
        return socket_linger_set(socket, value, bytes);
    case SOCKET_RECEIVE_TIMEOUT:
        return socket_timeout_set(&socket->receive_timeout_ns, value, bytes);
    case SOCKET_SEND_TIMEOUT:
        return socket_timeout_set(&socket->send_timeout_ns, value, bytes);
    default:
        return -ENOPROTOOPT;
    }
}

static int socket_option_give(void *value, uint32_t *bytes, const void *from, uint32_t size)
{
    *bytes = size;
    memcpy(value, from, size);
    return 0;
}

static int socket_timeout_give(void *value, uint32_t *bytes, uint64_t timeout_ns)
{
    uint64_t time[2] = {timeout_ns / 1000000000u, timeout_ns % 1000000000u / 1000u};
    return socket_option_give(value, bytes, time, sizeof(time));
}

int socket_option_get(struct file *file, int level, uint32_t option, void *value, uint32_t *bytes)
{
    struct socket *socket = socket_of(file);
    struct socket_credentials credentials = {0, UINT32_MAX, UINT32_MAX};
    int32_t number = 0;
    if (level != SOCKET_LEVEL)
        return -EOPNOTSUPP;
    if (socket_is_switch(option)) {
        number = socket_switched(socket, option);
        return socket_option_give(value, bytes, &number, sizeof(number));
    }
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
        number = -socket_take_error(socket);
        break;
    case SOCKET_PROTOCOL:
        number = socket->manner->protocol ? socket->manner->protocol(socket) : 0;
        break;
    case SOCKET_SEND_BUFFER:
        number = (int32_t)socket->send_room;
        break;
    case SOCKET_RECEIVE_BUFFER:
        number = (int32_t)socket->receive_room;
        break;
    case SOCKET_LINGER:
        return socket_option_give(value, bytes, socket->linger, sizeof(socket->linger));
    case SOCKET_RECEIVE_TIMEOUT:
        return socket_timeout_give(value, bytes, socket->receive_timeout_ns);
    case SOCKET_SEND_TIMEOUT:
        return socket_timeout_give(value, bytes, socket->send_timeout_ns);
    case SOCKET_PEER_CREDENTIALS:
        if (socket->connected && socket->manner->protocol == NULL)
            credentials = socket->peer_credentials;
        return socket_option_give(value, bytes, &credentials, sizeof(credentials));
    default:
        return -ENOPROTOOPT;
    }
    return socket_option_give(value, bytes, &number, sizeof(number));
}
