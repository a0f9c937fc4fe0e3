/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random numbers for guests: the CPU's own on a bare machine, and a repeatable sequence elsewhere, which is no secret.
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

/* `seed` decides the sequence where the CPU's own numbers are not taken. */
void entropy_start(struct entropy *entropy, uint64_t seed);

/* Any 64 bits. The VM's lock held. */
uint64_t entropy_next(struct entropy *entropy);

#endif
