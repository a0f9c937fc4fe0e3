/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of exit accounting that are not on the way from exit to entry.
 */
#include "core/account.h"
#include <coopvirt/string.h>

static void account_clear_reasons(struct account *account)
{
    memset(account->reasons, 0, sizeof(account->reasons));
}

void account_reset(struct account *account, uint64_t now)
{
    memset(account, 0, sizeof(*account));
    account->last = now;
}

void account_large(struct account_reason *reason, uint64_t cost)
{
    reason->large_total += cost;
    if (cost > reason->large_maximum)
        reason->large_maximum = cost;
    reason->histogram[account_bucket(cost)]++;
}

unsigned account_bucket(uint64_t cost)
{
    if (cost < ACCOUNT_EXACT)
        return (unsigned)cost;
    unsigned top = 63u - (unsigned)__builtin_clzll(cost);
    unsigned octave = top - 10; /* ACCOUNT_EXACT is 2^10 */
    if (octave >= ACCOUNT_OCTAVES)
        return ACCOUNT_BUCKETS - 1;
    return ACCOUNT_EXACT + octave * ACCOUNT_SUBBUCKETS + (unsigned)(cost >> (top - 6) & (ACCOUNT_SUBBUCKETS - 1));
}

uint64_t account_bucket_floor(unsigned bucket)
{
    if (bucket < ACCOUNT_EXACT)
        return bucket;
    unsigned octave = (bucket - ACCOUNT_EXACT) / ACCOUNT_SUBBUCKETS;
    uint64_t part = (bucket - ACCOUNT_EXACT) % ACCOUNT_SUBBUCKETS;
    return (ACCOUNT_SUBBUCKETS + part) << (octave + 4);
}

void account_region_begin(struct account *account, uint32_t region)
{
    account->region = region;
    account->is_begin_pending = account->is_special = true;
    account_clear_reasons(
        account); /* nothing is booked before the entry; the time that this takes is not the region's */
    memset(account->hypercalls, 0, sizeof(account->hypercalls));
    memset(account->batches, 0, sizeof(account->batches));
}

void account_region_enter(struct account *account, uint64_t now)
{
    account->hypervisor = account->carried = account->idle = 0;
    account->injections = 0;
    account->last = account->begun = now;
    account->is_begin_pending = account->is_special = false;
    account->is_counting = true;
}

void account_enter_special(struct account *account, enum vm_exit_reason reason, uint64_t now)
{
    if (account->is_begin_pending) {
        account_region_enter(account, now);
        return;
    }
    uint64_t cost = now - account->last;
    account->hypervisor += cost;
    account->last = now;
    account_count(account, reason, cost + account->carried);
    account->carried = 0;
    account->is_special = false;
}

bool account_region_end(struct account *account, uint32_t region)
{
    bool was_open = account->is_counting && account->region == region;
    account->is_counting = false;
    account->is_begin_pending = false;
    return was_open;
}

/* The least cost of the bucket in which the exit of a rank (from 1) lies. */
static uint64_t account_ranked(const struct account_reason *reason, uint64_t rank)
{
    uint64_t seen = 0;
    for (unsigned bucket = 0; bucket < ACCOUNT_BUCKETS; bucket++) {
        seen += reason->histogram[bucket];
        if (seen >= rank)
            return account_bucket_floor(bucket);
    }
    return reason->large_maximum;
}

struct account_summary account_summarize(const struct account_reason *reason)
{
    struct account_summary summary = {.total = reason->large_total, .maximum = reason->large_maximum};
    for (unsigned bucket = 0; bucket < ACCOUNT_BUCKETS; bucket++) {
        uint64_t here = reason->histogram[bucket];
        summary.count += here;
        if (here && bucket < ACCOUNT_EXACT) {
            summary.total += here * bucket;
            if (summary.maximum < ACCOUNT_EXACT)
                summary.maximum = bucket;
        }
    }
    if (summary.count) {
        summary.minimum = account_ranked(reason, 1);
        summary.median = account_ranked(reason, (summary.count + 1) / 2);
        summary.percentile99 = account_ranked(reason, (summary.count * 99 + 99) / 100);
    }
    return summary;
}
