/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anonymous memory shared between processes: a file without a name, whose pages appear when touched.
 */
#ifndef MEMORY_SHARED_MEMORY_H
#define MEMORY_SHARED_MEMORY_H

#include <stdint.h>

struct file;

/* A file with one reference, or NULL when memory is exhausted. */
struct file *shared_memory_create(uint64_t bytes);

#endif
