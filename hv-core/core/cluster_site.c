/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which exits are followed closely by another. Pure.
 */
#include "core/cluster.h"

/* The time in the guest between two exits that still is "closely": what the way in and out takes, and an instruction or
 * two for each that may be emulated (in TSC units, which in an emulator are instructions). */
#define CLUSTER_WAY     160
#define CLUSTER_EACH    2
#define CLUSTER_HIGHEST 8
#define CLUSTER_LOWEST  -8

static void cluster_move(struct cluster_site *site, int by)
{
    int score = site->score + by;
    site->score = (int8_t)(score > CLUSTER_HIGHEST ? CLUSTER_HIGHEST : score < CLUSTER_LOWEST ? CLUSTER_LOWEST : score);
}

bool cluster_expects(struct cluster *cluster, uint64_t rip, uint64_t guest_time, unsigned most)
{
    struct cluster_site *site = &cluster->sites[(rip ^ rip >> 6) % CLUSTER_SITES];
    bool is_close = guest_time - cluster->guest_before < CLUSTER_WAY + CLUSTER_EACH * (uint64_t)most;
    if (cluster->last)
        cluster_move(cluster->last, is_close ? 1 : -1);
    if (site->rip != rip)
        *site = (struct cluster_site){rip, 0};
    cluster->last = site;
    cluster->guest_before = guest_time;
    return site->score > 0;
}

void cluster_learn(struct cluster *cluster, unsigned emulated, unsigned saved)
{
    cluster->visits++;
    cluster->emulated += emulated;
    cluster->saved += saved;
    cluster_move(cluster->last, saved ? 1 : -2);
    cluster->last = 0; /* the next exit follows the visit, not this instruction */
}
