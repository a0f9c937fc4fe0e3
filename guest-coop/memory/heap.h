/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel heap: small objects of any size, cut from frames by size class. Everything that is
 * not a whole frame comes from here.
 */
#ifndef MEMORY_HEAP_H
#define MEMORY_HEAP_H

#include <stddef.h>

/* Zeroed memory, 16-byte aligned, or NULL when there is none. Any context that may take a lock. */
void *heap_allocate(size_t bytes);

/* The same of which only the first `cleared` bytes, whole quadwords, need be zeroed. */
void *heap_allocate_cleared(size_t bytes, size_t cleared);

/* Gives back what heap_allocate gave; NULL is allowed. */
void heap_free(void *object);

/* Bytes handed out and not yet given back: tests compare it before and after. */
size_t heap_used_bytes(void);

#endif
