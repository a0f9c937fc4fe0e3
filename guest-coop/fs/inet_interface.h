/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sockets of any family tell of the network interfaces (netdevice(7)).
 */
#ifndef FS_INET_INTERFACE_H
#define FS_INET_INTERFACE_H

#include <stdint.h>

/* A request about the interfaces that any socket answers: 0 or -errno, -ENOTTY when it is none. */
long inet_interface_ioctl(uint32_t request, uint64_t argument);

#endif
