/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What waits to be delivered to a VCPU at its next entry: an exception that a handler raised, or an event whose
 * delivery an exit interrupted. Interrupts of the guest's devices stay in its interrupt controllers until
 * the CPU can take them. Pure.
 */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include "core/vm_exit.h"
#include <stdbool.h>
#include <stdint.h>

struct event_queue {
    struct vm_event exception; /* delivered whatever RFLAGS.IF says */
    int interrupted_vector;    /* an external interrupt already acknowledged, to be delivered again; or -1 */
    uint64_t fault_address;    /* for CR2, with a page fault */
    bool has_fault_address;
    bool triple_fault; /* an exception while delivering a double fault */
    uint8_t nmis;      /* one that has come; or two, when the delivery of another was interrupted */
    bool is_new;  /* after a reset: what blocked NMIs before does so no more, which the backend clears by cpu->window */
    bool is_busy; /* any of these but is_new is set */
};

void event_reset(struct event_queue *queue);

/* The exit interrupted this delivery: it is to be done again. Called before any handler. */
void event_restore(struct event_queue *queue, const struct vm_event *event);

/* An NMI has come. Of those that come before it is delivered only one is kept, as in a CPU. */
void event_raise_nmi(struct event_queue *queue);

/* Raises an exception in the guest; two at once become a double fault or shut the VCPU down.
 * APM vol. 2, "#DF - Double-Fault Exception". */
void event_raise(struct event_queue *queue, uint8_t vector, bool has_error_code, uint32_t error_code);

/* The same for a page fault at an address. */
void event_raise_page_fault(struct event_queue *queue, uint64_t address, uint32_t error_code);

static inline bool event_is_waiting(const struct event_queue *queue)
{
    return queue->exception.kind != VM_EVENT_NONE;
}

#endif
