/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which exits are followed closely by another, how far behind, and whether what that saves is worth it. Pure.
 */
#include "core/cluster.h"

#define CLUSTER_HIGHEST 8
#define CLUSTER_LOWEST  -8
/* Exits from a site that go by before the next try, once it has been given up; twice as many each time again. */
#define CLUSTER_FAILED  100
#define CLUSTER_DOUBLED 4 /* times at most */
/* Instructions that an exit saved pays for, what a visit takes beside its instructions, and what a site may owe and
 * have to its credit: a short visit that saves nothing, and ten or so of all. */
#define CLUSTER_WORTH  16
#define CLUSTER_FIXED  2
#define CLUSTER_DEBT   8
#define CLUSTER_CREDIT 160
/* One visit in so many looks farther than those before it saved anything. */
#define CLUSTER_EXPLORES 128
/* The least gap between two exits is what the way in and out takes, in units of the TSC that an emulator and a CPU
 * differ in by a factor of twenty: it is the least seen, grows by one in so many exits, to be found again, and is no
 * longer than on the slowest CPU (Agesen et al. 2012, table 1: 3,963 cycles). */
#define CLUSTER_PARTS    16
#define CLUSTER_WAY_MOST (4096 * CLUSTER_PARTS)

/* Whether the guest ran for no longer than `most` instructions take since the exit before. */
static bool cluster_is_close(struct cluster *cluster, uint64_t guest_time, unsigned most)
{
    uint64_t gap = (guest_time - cluster->guest_before) * CLUSTER_PARTS;
    cluster->guest_before = guest_time;
    if (gap <= cluster->way)
        cluster->way = gap;
    else if (!cluster->way || cluster->way++ >= CLUSTER_WAY_MOST)
        cluster->way = CLUSTER_WAY_MOST;
    return gap <= cluster->way + cluster->way / 2 + CLUSTER_PARTS * (uint64_t)most;
}

static void cluster_move(struct cluster_site *site, int by)
{
    int score = site->score + by;
    if (score <= CLUSTER_HIGHEST && (by > 0 || score >= CLUSTER_LOWEST))
        site->score = (int16_t)score;
}

static int cluster_weight(const struct cluster_site *site)
{
    return site->score < 0 ? -site->score : site->score;
}

/* One of two places; of two others' the one goes of which less is known. */
static struct cluster_site *cluster_find(struct cluster *cluster, uint64_t rip)
{
    unsigned at = (unsigned)(rip * 0x9e3779b97f4a7c15u >> 32) % CLUSTER_SITES;
    struct cluster_site *one = &cluster->sites[at], *other = &cluster->sites[at ^ 1];
    if (one->rip == rip)
        return one;
    if (other->rip == rip)
        return other;
    struct cluster_site *gone = cluster_weight(one) <= cluster_weight(other) ? one : other;
    *gone = (struct cluster_site){.rip = rip};
    return gone;
}

unsigned cluster_expects(struct cluster *cluster, uint64_t rip, uint64_t guest_time, bool is_carried_out, unsigned most)
{
    bool is_close = cluster_is_close(cluster, guest_time, most) && is_carried_out;
    if (cluster->last)
        cluster_move(cluster->last, is_close ? 1 : -1);
    struct cluster_site *site = cluster->last = is_carried_out ? cluster_find(cluster, rip) : 0;
    if (!site || site->score <= 0)
        return 0;
    unsigned reach = site->reach > site->reach_before ? site->reach : site->reach_before;
    return reach && reach < most && ++site->visits % CLUSTER_EXPLORES ? reach : most;
}

static void cluster_give_up(struct cluster_site *site)
{
    site->score = (int16_t) - (CLUSTER_FAILED << site->failures);
    site->failures += site->failures < CLUSTER_DOUBLED;
    site->balance = 0;
}

void cluster_learn(struct cluster *cluster, unsigned emulated, unsigned saved, unsigned reach)
{
    cluster->visits++;
    cluster->emulated += emulated;
    cluster->saved += saved;
    struct cluster_site *site = cluster->last;
    /* What lies behind the last exit saved will not be looked at again. */
    unsigned taken = CLUSTER_FIXED + (saved ? reach : emulated);
    int balance = site->balance + (int)(saved * CLUSTER_WORTH) - (int)taken;
    site->balance = (int16_t)(balance < CLUSTER_CREDIT ? balance : CLUSTER_CREDIT);
    site->reach_before = site->reach;
    site->reach = (uint8_t)reach;
    cluster->last = 0; /* the next exit follows the visit, not this instruction */
    if (site->balance < -CLUSTER_DEBT) {
        cluster_give_up(site);
    } else if (saved) {
        cluster_move(site, 1);
        if (site->balance == CLUSTER_CREDIT)
            site->failures = 0;
    }
}
