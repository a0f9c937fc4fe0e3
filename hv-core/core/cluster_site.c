/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which exits are followed closely by another, and how far behind. Pure.
 */
#include "core/cluster.h"

/* The time in the guest between two exits that still is "closely": what the way in and out takes, and an instruction or
 * two for each that may be emulated (in TSC units, which in an emulator are instructions). */
#define CLUSTER_WAY     160
#define CLUSTER_EACH    2
#define CLUSTER_HIGHEST 8
#define CLUSTER_LOWEST  -8
#define CLUSTER_FAILED  -100 /* a try that saved too little costs as much as many exits, which go by before the next */
/* Instructions that may be emulated for one exit saved: an exit and its entry took 761 to 3,963 cycles, by the CPU
 * (Agesen et al. 2012, table 1), an emulated instruction takes some 300 of ours: this pays on the oldest. */
#define CLUSTER_WORTH 12

static void cluster_move(struct cluster_site *site, int by)
{
    int score = site->score + by;
    if (score <= CLUSTER_HIGHEST && (by > 0 || score >= CLUSTER_LOWEST))
        site->score = (int8_t)score;
}

unsigned cluster_expects(struct cluster *cluster, uint64_t rip, uint64_t guest_time, unsigned most)
{
    struct cluster_site *site = &cluster->sites[(rip ^ rip >> 6) % CLUSTER_SITES];
    bool is_close = guest_time - cluster->guest_before < CLUSTER_WAY + CLUSTER_EACH * (uint64_t)most;
    if (cluster->last)
        cluster_move(cluster->last, is_close ? 1 : -1);
    if (site->rip != rip)
        *site = (struct cluster_site){.rip = rip};
    cluster->last = site;
    cluster->guest_before = guest_time;
    if (site->score <= 0)
        return 0;
    return site->reach && site->reach < most ? site->reach : most;
}

void cluster_learn(struct cluster *cluster, unsigned emulated, unsigned saved, unsigned reach)
{
    cluster->visits++;
    cluster->emulated += emulated;
    cluster->saved += saved;
    if (saved && reach <= CLUSTER_WORTH * saved)
        cluster_move(cluster->last, 1);
    else
        cluster->last->score = CLUSTER_FAILED;
    cluster->last->reach = (uint8_t)reach;
    cluster->last = 0; /* the next exit follows the visit, not this instruction */
}
