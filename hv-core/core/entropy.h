/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random numbers for guests.
 */
#ifndef CORE_ENTROPY_H
#define CORE_ENTROPY_H

#include <stdbool.h>
#include <stdint.h>

/* The state of one VM's generator. */
struct entropy {
    bool has_source; /* numbers come from the CPU */
    uint64_t state;
};

void entropy_start(struct entropy *entropy, uint64_t seed);
uint64_t entropy_next(struct entropy *entropy);

#endif
