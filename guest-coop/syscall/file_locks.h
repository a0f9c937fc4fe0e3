/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lock commands of fcntl(2).
 */
#ifndef SYSCALL_FILE_LOCKS_H
#define SYSCALL_FILE_LOCKS_H

#include "fs/file.h"

/* ABI_F_GETLK, ABI_F_SETLK, ABI_F_SETLKW and those of open files. */
long file_locks_fcntl(struct file *file, int command, uint64_t user_lock);

#endif
