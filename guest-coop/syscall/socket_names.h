/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the system calls on sockets share: finding the socket, and addresses to and from a program's memory.
 */
#ifndef SYSCALL_SOCKET_NAMES_H
#define SYSCALL_SOCKET_NAMES_H

#include "fs/socket.h"

/* The socket behind a descriptor, borrowed; NULL and *status -errno, else 0. */
struct file *socket_borrow(uint64_t descriptor, long *status);

/* An address of so many bytes, which the socket's family takes: 0 or -errno. */
long socket_name_in(const struct file *file, uint64_t address, uint64_t bytes, struct socket_name *name);

/* The address and, at length_address, its length, which was how much room there is. */
long socket_name_out(uint64_t address, uint64_t length_address, const struct socket_name *name);

#endif
