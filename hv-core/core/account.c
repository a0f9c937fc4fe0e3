/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of exit accounting that are not on the way from exit to entry.
 */
#include "core/account.h"
#include <coopvirt/string.h>

static void account_clear_reasons(struct account *account)
{
    for (unsigned i = 0; i < VM_EXIT_REASONS; i++) {
        struct account_reason *reason = &account->reasons[i];
        if (reason->count || !reason->minimum)
            memset(reason, 0, sizeof(*reason));
        reason->minimum = UINT64_MAX;
    }
}

void account_reset(struct account *account, uint64_t now)
{
    memset(account, 0, sizeof(*account));
    account_clear_reasons(account);
    account->last = now;
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
    account->is_begin_pending = true;
}

void account_region_enter(struct account *account, uint64_t now)
{
    account_clear_reasons(account);
    account->guest = account->hypervisor = account->idle = 0;
    account->injections = 0;
    memset(account->hypercalls, 0, sizeof(account->hypercalls));
    account->last = account->begun = now;
    account->is_begin_pending = false;
    account->is_counting = true;
}

bool account_region_end(struct account *account, uint32_t region)
{
    bool was_open = account->is_counting && account->region == region;
    account->is_counting = false;
    account->is_begin_pending = false;
    return was_open;
}

uint64_t account_percentile(const struct account_reason *reason, unsigned percent)
{
    uint64_t rank = (reason->count * percent + 99) / 100, seen = 0;
    if (!reason->count)
        return 0;
    for (unsigned bucket = 0; bucket < ACCOUNT_BUCKETS; bucket++) {
        seen += reason->histogram[bucket];
        if (seen >= rank && seen) {
            uint64_t value = account_bucket_floor(bucket);
            value = value < reason->minimum ? reason->minimum : value;
            return value > reason->maximum ? reason->maximum : value;
        }
    }
    return reason->maximum;
}
