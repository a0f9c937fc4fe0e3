/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocol of abi.h: the hypervisor sets the event's bit, then upcall_pending; the guest clears upcall_pending,
 * then looks at the bits. Either the guest sees the bit, or the hypervisor sees upcall_pending clear and makes a new
 * upcall due.
 */
#include "core/channel.h"
#include <coopvirt/mutation.h>

void channel_reset(struct channel *channel, uint8_t vector)
{
    *channel = (struct channel){.interrupt = CHANNEL_NO_INTERRUPT, .vector = vector, .timer = CHANNEL_NEVER};
}

void channel_attach(struct channel *channel, struct coop_vcpu *shared)
{
    channel->shared = shared;
}

static void channel_make_due(struct channel *channel)
{
    bool is_wanted = channel->vector && !channel->is_in_service;
    __atomic_store_n(&channel->interrupt, is_wanted ? channel->vector : CHANNEL_NO_INTERRUPT, __ATOMIC_RELEASE);
}

bool channel_raise(struct channel *channel, unsigned event)
{
    struct coop_vcpu *shared = channel->shared;
    if (!shared || event >= COOP_EVENTS)
        return false;
    uint64_t bit = 1ul << event;
    channel->counts.raised++;
    __atomic_fetch_or(&shared->events, bit, __ATOMIC_SEQ_CST);
    bool is_due = !(__atomic_load_n(&shared->events_masked, __ATOMIC_SEQ_CST) & bit) &&
                  !__atomic_exchange_n(&shared->upcall_pending, 1, __ATOMIC_SEQ_CST);
    if (is_due)
        channel_make_due(channel);
    else
        channel->counts.suppressed++;
    return is_due;
}

void channel_set_vector(struct channel *channel, uint8_t vector)
{
    channel->vector = vector;
    if (channel->shared && __atomic_load_n(&channel->shared->upcall_pending, __ATOMIC_SEQ_CST))
        channel_make_due(channel);
}

int channel_take(struct channel *channel)
{
    bool is_wanted = channel->shared && __atomic_load_n(&channel->shared->upcall_pending, __ATOMIC_SEQ_CST);
    int vector = channel->vector;
    __atomic_store_n(&channel->interrupt, CHANNEL_NO_INTERRUPT, __ATOMIC_RELEASE);
    /* A vector below 32 would be an exception to the guest, and to the CPU an invalid event. */
    if (!is_wanted || (!MUTATED(channel_vector_bound) && vector < CHANNEL_VECTOR_LEAST))
        return CHANNEL_NO_INTERRUPT;
    channel->counts.upcalls++;
    channel->is_in_service = channel->needs_end;
    return vector;
}

void channel_end(struct channel *channel)
{
    channel->is_in_service = false;
    if (channel->shared && __atomic_load_n(&channel->shared->upcall_pending, __ATOMIC_SEQ_CST))
        channel_make_due(channel);
}

bool channel_advance(struct channel *channel, uint64_t now)
{
    if (now < channel->timer)
        return false;
    channel->timer = CHANNEL_NEVER;
    return channel_raise(channel, COOP_EVENT_TIMER);
}

bool channel_is_awake(const struct channel *channel)
{
    const struct coop_vcpu *shared = channel->shared;
    return !channel->vector || !shared || __atomic_load_n(&channel->interrupt, __ATOMIC_ACQUIRE) >= 0 ||
           __atomic_load_n(&shared->events, __ATOMIC_SEQ_CST) &
               ~__atomic_load_n(&shared->events_masked, __ATOMIC_SEQ_CST);
}

uint64_t channel_clock_ns(uint64_t tsc_khz, uint64_t units)
{
    return tsc_khz ? units / tsc_khz * 1000000 + units % tsc_khz * 1000000 / tsc_khz : 0;
}

/* ns = (units << shift) * multiplier >> 32: the multiplier is brought into [2^31, 2^32), the most precise. */
static void channel_clock_scale(uint64_t tsc_khz, uint32_t *multiplier, int8_t *shift)
{
    uint64_t hz = tsc_khz * 1000, ns = 1000000000;
    *shift = 0;
    while (hz > 2 * ns) {
        hz >>= 1;
        (*shift)--;
    }
    while (hz <= ns) {
        hz <<= 1;
        (*shift)++;
    }
    *multiplier = (uint32_t)((ns << 32) / hz);
}

void channel_clock_set(struct coop_clock *clock, uint64_t tsc_khz, uint64_t tsc, uint64_t ns)
{
    uint32_t multiplier = 0;
    int8_t shift = 0;
    if (tsc_khz)
        channel_clock_scale(tsc_khz, &multiplier, &shift);
    uint32_t version = __atomic_load_n(&clock->version, __ATOMIC_RELAXED) | 1;
    __atomic_store_n(&clock->version, version, __ATOMIC_SEQ_CST);
    __atomic_store_n(&clock->tsc_timestamp, tsc, __ATOMIC_SEQ_CST);
    __atomic_store_n(&clock->system_time, ns, __ATOMIC_SEQ_CST);
    __atomic_store_n(&clock->tsc_to_system_mul, multiplier, __ATOMIC_SEQ_CST);
    __atomic_store_n(&clock->tsc_shift, shift, __ATOMIC_SEQ_CST);
    __atomic_store_n(&clock->version, version + 1, __ATOMIC_SEQ_CST);
}
