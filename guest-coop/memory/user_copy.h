/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only way from kernel code to user memory: ranges are checked without overflow, faults are
 * resolved (demand paging, copy on write) or give -EFAULT. May sleep.
 */
#ifndef MEMORY_USER_COPY_H
#define MEMORY_USER_COPY_H

#include <stddef.h>
#include <stdint.h>

/* 0, or -EFAULT when any byte is not accessible (some may have been copied). */
int user_copy_in(void *to, uint64_t user_address, size_t bytes);
int user_copy_out(uint64_t user_address, const void *from, size_t bytes);

/* Copies a terminated string of at most size - 1 bytes. Its length, -EFAULT, or -ENAMETOOLONG. */
long user_copy_string(char *to, uint64_t user_address, size_t size);

/* Zeroes user memory: 0 or -EFAULT. */
int user_clear(uint64_t user_address, size_t bytes);

#endif
