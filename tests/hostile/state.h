/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers that must be a VM's own: filled with numbers that follow from a seed, and looked at again.
 */
#ifndef HOSTILE_STATE_H
#define HOSTILE_STATE_H

#include <stdint.h>

void state_fill(uint64_t seed);

/* NULL, or which is another's now. */
const char *state_check(uint64_t seed);

#endif
