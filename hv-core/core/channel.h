/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events of one VCPU: the page it shares with the hypervisor (struct coop_vcpu), whether an upcall is due, its
 * one-shot timer and its clock. Devices raise events here; the run loop looks at `interrupt` before each entry. The
 * page is the guest's to write: what the hypervisor relies on stands in struct channel. Pure.
 */
#ifndef CORE_CHANNEL_H
#define CORE_CHANNEL_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

#define CHANNEL_NO_INTERRUPT   (-1)
#define CHANNEL_NEVER          UINT64_MAX
#define CHANNEL_VECTOR_LEAST   32
#define CHANNEL_VECTOR_TO_TRAP 32 /* where upcalls go to the kernel's trap entry: a vector, but nobody sees it */

struct channel_counts {
    uint64_t raised;     /* events */
    uint64_t suppressed; /* of them raised no upcall: masked, or one was pending already */
    uint64_t upcalls;    /* delivered */
};

/* The VM's lock held, but for `interrupt`, which is read without. */
struct channel {
    struct coop_vcpu *shared; /* the hypervisor's view of the page, held for writing; NULL: there is none */
    int32_t interrupt;        /* the vector of the upcall that is due, or -1 */
    uint8_t vector;           /* 0: the guest has given none yet */
    bool needs_end;           /* constant: no upcall between one and its end, */
    bool is_in_service;       /* which is to come */
    uint64_t timer;           /* TSC at which COOP_EVENT_TIMER is raised, or CHANNEL_NEVER */
    struct channel_counts counts;
};

void channel_reset(struct channel *channel, uint8_t vector);

/* The page, zeroed by whoever made it. */
void channel_attach(struct channel *channel, struct coop_vcpu *shared);

/* Sets an event. True when an upcall has become due by it. */
bool channel_raise(struct channel *channel, unsigned event);

/* The guest's vector for upcalls, 0 or 32..255. */
void channel_set_vector(struct channel *channel, uint8_t vector);

/* The upcall that is due is being delivered: its vector, or -1 when the guest has seen the event by itself or wants no
 * upcalls. */
int channel_take(struct channel *channel);

/* The guest has handled its upcall. */
void channel_end(struct channel *channel);

/* Raises the timer's event if its time has come. True when an upcall has become due by it. */
bool channel_advance(struct channel *channel, uint64_t now);

/* Whether `block` must not wait: an event that is not masked is pending, or no upcall can come since there is no vector
 * or page. */
bool channel_is_awake(const struct channel *channel);

/* What the shared clock says so many TSC units after it was 0. */
uint64_t channel_clock_ns(uint64_t tsc_khz, uint64_t units);

/* Fills a shared clock: ns at this TSC, and how TSC units become ns. For a guest that may be reading it. */
void channel_clock_set(struct coop_clock *clock, uint64_t tsc_khz, uint64_t tsc, uint64_t ns);

#endif
