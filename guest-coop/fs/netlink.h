/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets of the netlink family (netlink(7)): messages between programs and the kernel. NETLINK_ROUTE tells of the
 * network interface, NETLINK_KOBJECT_UEVENT of devices.
 */
#ifndef FS_NETLINK_H
#define FS_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETLINK_ROUTE  0u
#define NETLINK_UEVENT 15u

struct socket_family;
extern const struct socket_family netlink_family;

/* Does anybody listen to a group (from 1 on)? */
bool netlink_has_listener(uint32_t protocol, uint32_t group);

/* Sends a message of the kernel to all who listen; who has no room for it is told that he missed something. Never
 * sleeps. */
void netlink_send_all(uint32_t protocol, uint32_t group, const void *bytes, size_t count);

#endif
