/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a VCPU is in its life, by what others send it (INIT, start-up IPIs, NMIs) and by its own halts with interrupts
 * off. Senders change the state at once, so that each finds what those before it made of the VCPU, whether or not that
 * has run since; it takes what came as one sum (life_take). Pure: the caller holds the VM's lock.
 */
#ifndef CORE_LIFE_H
#define CORE_LIFE_H

#include <stdbool.h>
#include <stdint.h>

enum life_state {
    LIFE_WAITING, /* for a start-up IPI; after INIT */
    LIFE_ONLINE,  /* runs, or is halted until an interrupt */
    LIFE_HALTED,  /* with interrupts off: an NMI or INIT ends that */
    LIFE_ENDED    /* the same while an NMI waits for the end of another one's handler: INIT only */
};

struct life {
    enum life_state state;
    bool is_reset_due, is_nmi_due; /* sent and not taken yet */
    uint8_t startup_vector;
};

/* Each is told of the VM's count of VCPUs that are online, and keeps it. True: the VCPU has something to take. */
bool life_init(struct life *life, uint32_t *online);
bool life_start(struct life *life, uint8_t vector, uint32_t *online);
bool life_nmi(struct life *life, uint32_t *online);

/* It halts with interrupts off. False: it does not, since there is something to take. */
bool life_halt(struct life *life, bool takes_nmis, uint32_t *online);

/* What was sent since it last took: a reset comes before an NMI. 'life' owes nothing then. */
struct life life_take(struct life *life);

#endif
