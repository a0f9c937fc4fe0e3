/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Things that happen at a time: a sorted list, looked at by the timer interrupt.
 */
#ifndef KERNEL_TIMEOUT_H
#define KERNEL_TIMEOUT_H

#include <stdbool.h>
#include <stdint.h>

struct timeout {
    struct timeout *next, *previous;
    uint64_t deadline_ns;
    void (*expire)(struct timeout *timeout); /* in the timer interrupt, already removed */
    bool armed;
};

void timeout_add(struct timeout *timeout, uint64_t deadline_ns, void (*expire)(struct timeout *));
void timeout_remove(struct timeout *timeout);

/* Runs what is due. Called by the timer interrupt. */
void timeout_run(void);

#endif
