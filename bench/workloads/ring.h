/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring of processes of latency/ring and the rows of lmbench's context-switch table. An operation is one hop: a
 * read, a context switch, a write, and before that, with a working set, the sum over it (lmbench lat_ctx).
 */
#ifndef RING_H
#define RING_H

#include <stdint.h>

/* The defaults of the parameters. */
struct ring_size {
    uint64_t processes;
    uint64_t rounds;
    uint64_t kib; /* the working set of each process */
};

/* main() of a workload. */
int ring_main(const char *name, const struct ring_size *size, int argc, char **argv);

#endif
