/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The families of sockets that there are: a table by which socket(2) finds one. An open socket knows its own
 * (file_operations.family).
 */
#include "fs/netlink.h"
#include "fs/socket_internal.h"

static const struct socket_family *const socket_families[] = {&socket_local_family, &inet_family, &netlink_family};

const struct socket_family *socket_family_find(uint64_t number)
{
    for (unsigned i = 0; i < sizeof(socket_families) / sizeof(socket_families[0]); i++)
        if (socket_families[i]->number == number)
            return socket_families[i];
    return NULL;
}
