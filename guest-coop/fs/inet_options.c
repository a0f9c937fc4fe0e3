/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of the Internet family that concern its packets (ip(7), tcp(7)). None are made here: what is set is kept and
 * told, and changes nothing.
 */
#include "fs/inet_internal.h"
#include "kernel/errno.h"
#include <coopvirt/string.h>

#define INET_LEVEL_IP  0
#define INET_LEVEL_TCP 6

/* One option that is an int. */
struct inet_option {
    uint8_t row, number;
    bool on_or_off;
    int32_t least, most, first;
};

static const struct inet_option inet_options[] = {
    {0, 1, false, 0, 255, 0},        /* IP_TOS */
    {0, 2, false, 1, 255, 64},       /* IP_TTL */
    {0, 10, false, 0, 5, 1},         /* IP_MTU_DISCOVER */
    {1, 1, true, 0, 1, 0},           /* TCP_NODELAY */
    {1, 3, true, 0, 1, 0},           /* TCP_CORK */
    {1, 4, false, 1, 32767, 7200},   /* TCP_KEEPIDLE */
    {1, 5, false, 1, 32767, 75},     /* TCP_KEEPINTVL */
    {1, 6, false, 1, 127, 9},        /* TCP_KEEPCNT */
    {1, 7, false, 1, 127, 6},        /* TCP_SYNCNT */
    {1, 12, true, 0, 1, 1},          /* TCP_QUICKACK */
    {1, 18, false, 0, INT32_MAX, 0}, /* TCP_USER_TIMEOUT */
};

void inet_options_start(struct inet *inet)
{
    for (unsigned i = 0; i < sizeof(inet_options) / sizeof(inet_options[0]); i++)
        inet->options[inet_options[i].row][inet_options[i].number] = inet_options[i].first;
}

static const struct inet_option *inet_option_find(const struct inet *inet, int level, uint32_t number)
{
    unsigned row = level == INET_LEVEL_TCP ? 1 : 0;
    if (row == 1 && inet->socket.kind != SOCKET_STREAM)
        return NULL;
    for (unsigned i = 0; i < sizeof(inet_options) / sizeof(inet_options[0]); i++)
        if (inet_options[i].row == row && inet_options[i].number == number)
            return &inet_options[i];
    return NULL;
}

int inet_option_set(struct file *file, int level, uint32_t number, const void *value, uint32_t bytes)
{
    struct inet *inet = inet_of(file);
    int32_t wanted;
    if (level != INET_LEVEL_IP && level != INET_LEVEL_TCP)
        return socket_option_set(file, level, number, value, bytes);
    const struct inet_option *option = inet_option_find(inet, level, number);
    if (!option)
        return -ENOPROTOOPT;
    if (bytes < sizeof(wanted))
        return -EINVAL;
    memcpy(&wanted, value, sizeof(wanted));
    if (option->on_or_off)
        wanted = wanted != 0;
    if (wanted < option->least || wanted > option->most)
        return -EINVAL;
    inet->options[option->row][number] = wanted;
    return 0;
}

int inet_option_get(struct file *file, int level, uint32_t number, void *value, uint32_t *bytes)
{
    const struct inet *inet = inet_of(file);
    if (level != INET_LEVEL_IP && level != INET_LEVEL_TCP)
        return socket_option_get(file, level, number, value, bytes);
    const struct inet_option *option = inet_option_find(inet, level, number);
    if (!option)
        return -ENOPROTOOPT;
    *bytes = sizeof(int32_t);
    memcpy(value, &inet->options[option->row][number], sizeof(int32_t));
    return 0;
}
