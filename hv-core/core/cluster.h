/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many instructions for one trap (O. Agesen et al., "Software Techniques for Avoiding Hardware Virtualization Exits",
 * USENIX ATC 2012): where one exit has been followed closely by another, the instructions behind the first are emulated
 * in the same visit, up to a limit, those that would have exited among them. A VM with cluster=N has this row's handler
 * around those of its own; any other VM does not know of it.
 */
#ifndef CORE_CLUSTER_H
#define CORE_CLUSTER_H

#include "core/exit_table.h"
#include <stdbool.h>
#include <stdint.h>

#define CLUSTER_MOST  64  /* instructions a visit */
#define CLUSTER_SITES 256 /* RIPs at which exits happened; a power of two */

/* An exit's RIP, and how often another followed it closely of late. */
struct cluster_site {
    uint64_t rip;
    int16_t score;
    int16_t balance;      /* instructions that its savings paid for, less those that its visits took */
    uint8_t reach;        /* instructions to the last one that the latest visit from here saved; 0: none */
    uint8_t reach_before; /* the same of the visit before that: the end of a run is shorter than the run */
    uint8_t visits;
    uint8_t failures; /* times it has been given up since it last saved one */
};

/* Per VCPU, only the CPU that runs it. */
struct cluster {
    struct cluster_site sites[CLUSTER_SITES];
    struct cluster_site *last; /* of the latest exit */
    uint64_t guest_before;     /* its account's time in the guest, when that exit was left */
    uint64_t way;              /* of that time, what the way in and out takes, in sixteenths */
    /* Since the region began. */
    uint64_t visits;   /* that went on */
    uint64_t emulated; /* instructions in them, */
    uint64_t saved;    /* of which so many would have exited */
};

/* How many instructions behind the exit at this RIP are worth emulating, at most `most`; takes note of how soon this
 * exit came. is_carried_out: by emulation, so that a visit before could have done it; it may be gone on from. Pure. */
unsigned cluster_expects(struct cluster *cluster, uint64_t rip, uint64_t guest_time, bool is_carried_out,
                         unsigned most);

/* What came of it: exits saved, the last of them by instruction `reach`. An exit saved pays for sixteen instructions; a
 * site whose visits have taken more is given up. */
void cluster_learn(struct cluster *cluster, unsigned emulated, unsigned saved, unsigned reach);

/* Puts the handler around those of a composed table; `own` (VM_EXIT_REASONS rows) keeps them. */
void cluster_install(struct vm_exit_row *table, struct vm_exit_row *own);

#endif
