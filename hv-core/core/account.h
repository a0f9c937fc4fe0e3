/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a VCPU's time goes, and what each exit costs. One stamp marks the last change of account, so that what is not
 * booked as the hypervisor's or as idle is the guest's, to the tick. Costs are kept in a histogram that is
 * exact up to 1023 and within 1/64 above. Pure: the time is passed in.
 */
#ifndef CORE_ACCOUNT_H
#define CORE_ACCOUNT_H

#include "core/vm_exit.h"
#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

#define ACCOUNT_EXACT      1024u /* costs below have a bucket each */
#define ACCOUNT_SUBBUCKETS 64u   /* buckets an octave above */
#define ACCOUNT_OCTAVES    22u   /* up to 2^32 - 1; greater costs share the last bucket */
#define ACCOUNT_BUCKETS    (ACCOUNT_EXACT + ACCOUNT_OCTAVES * ACCOUNT_SUBBUCKETS)

/* The exits of one reason. Costs below ACCOUNT_EXACT are only in their buckets, from which everything else follows. */
struct account_reason {
    uint64_t large_total, large_maximum; /* of the costs from ACCOUNT_EXACT on */
    uint32_t histogram[ACCOUNT_BUCKETS];
};

#define ACCOUNT_BATCH_SIZES 12u /* 1, 2-3, 4-7 ... 2048 */

struct account_summary {
    uint64_t count, total, minimum, median, percentile99, maximum;
};

struct account {
    uint64_t last; /* the TSC up to which time is accounted */
    uint64_t hypervisor, idle;
    uint64_t carried; /* of the current exit's cost: what lies before an idle time */
    uint64_t begun;   /* TSC of the region's first entry */
    uint64_t injections;
    uint64_t hypercalls[COOP_HYPERCALL_COUNT];
    uint64_t batches[ACCOUNT_BATCH_SIZES]; /* of page-table operations, by how many were carried out */
    uint32_t region;
    bool is_counting;      /* between a begin and an end marker */
    bool is_begin_pending; /* the region begins with the next entry */
    bool is_special;       /* the next entry is not like others: is_begin_pending, or carried is not 0 */
    struct account_reason reasons[VM_EXIT_REASONS];
};

/* Zeroes everything; time counts from `now`. */
void account_reset(struct account *account, uint64_t now);

/* The guest has just left the CPU. */
static inline void account_exit(struct account *account, uint64_t now)
{
    account->last = now;
}

/* What the guest has had of the time since the region's first entry: all that is neither of the others. */
static inline uint64_t account_guest(const struct account *account)
{
    return account->last - account->begun - account->hypervisor - account->idle;
}

/* The bucket of a cost, and the least cost in a bucket. */
unsigned account_bucket(uint64_t cost);
uint64_t account_bucket_floor(unsigned bucket);

/* The VCPU leaves its CPU before the exit is done with. */
static inline void account_hypervisor_until(struct account *account, uint64_t now)
{
    account->hypervisor += now - account->last;
    account->carried += now - account->last;
    account->is_special = true;
    account->last = now;
}

/* It is back on a CPU, which for `idle` of the time since has slept or run others; the rest was work for this VCPU (to
 * put it to sleep and to wake it up). */
static inline void account_return(struct account *account, uint64_t now, uint64_t idle)
{
    account->idle += idle;
    account->last += idle;
    account_hypervisor_until(account, now);
}

/* The begin marker's exit has been handled: the region starts at the next entry. */
void account_region_begin(struct account *account, uint32_t region);
void account_region_enter(struct account *account, uint64_t now);

/* The end marker: call it before anything else is accounted at that exit. False when no such region is open. */
bool account_region_end(struct account *account, uint32_t region);

/* A cost of at least ACCOUNT_EXACT. */
void account_large(struct account_reason *reason, uint64_t cost);

static inline void account_count(struct account *account, enum vm_exit_reason reason, uint64_t cost)
{
    if (__builtin_expect(cost >= ACCOUNT_EXACT, 0))
        account_large(&account->reasons[reason], cost);
    else
        account->reasons[reason].histogram[cost]++;
}

/* A batch of `operations` (at most 2^ACCOUNT_BATCH_SIZES - 1) has been carried out. */
static inline void account_batch(struct account *account, uint32_t operations)
{
    if (operations && operations < 1u << ACCOUNT_BATCH_SIZES)
        account->batches[31 - __builtin_clz(operations)]++;
}

/* account_enter when is_special. */
void account_enter_special(struct account *account, enum vm_exit_reason reason, uint64_t now);

/* The guest is about to be entered, after an exit for `reason`: books its cost. */
static inline void account_enter(struct account *account, enum vm_exit_reason reason, uint64_t now)
{
    if (__builtin_expect(account->is_special, 0)) {
        account_enter_special(account, reason, now);
        return;
    }
    uint64_t cost = now - account->last; /* the next exit moves `last` on */
    account->hypervisor += cost;
    account_count(account, reason, cost);
}

/* What the exits of a reason cost: exact but for median and percentile of large costs, which are the least cost in
 * their bucket (nearest rank). */
struct account_summary account_summarize(const struct account_reason *reason);

#endif
