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
/* Eight visits in a row that saved nothing, or the first one, cost as much as many exits, which go by before the next
 * try. A site that saves an exit in one visit of eight goes on, however many instructions that takes: whoever asks for
 * clusters trades instructions for exits. */
#define CLUSTER_FAILED -100

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
    struct cluster_site *site = cluster->last;
    site->successes = (uint8_t)(site->successes << 1 | (saved != 0));
    if (saved)
        cluster_move(site, 1);
    else if (!site->successes)
        site->score = CLUSTER_FAILED;
    site->reach = (uint8_t)reach;
    cluster->last = 0; /* the next exit follows the visit, not this instruction */
}
