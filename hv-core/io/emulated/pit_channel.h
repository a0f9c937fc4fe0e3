/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the 8254: one counter in its six modes, without the bus interface.
 */
#ifndef IO_EMULATED_PIT_CHANNEL_H
#define IO_EMULATED_PIT_CHANNEL_H

#include "io/emulated/pit.h"

/* A control word: the mode is set, the counter waits for its count. */
void pit_channel_set_mode(struct pit_channel *channel, unsigned mode, bool is_decimal);

/* A complete count, 0-0xffff as written; 0 is the largest. */
void pit_channel_load(struct pit_channel *channel, uint16_t written, uint64_t now);
void pit_channel_set_gate(struct pit_channel *channel, bool gate, uint64_t now);

/* Lets a count that was written earlier take over when its time has come. */
void pit_channel_settle(struct pit_channel *channel, uint64_t now);

/* The counting element as read by the CPU (BCD where it is so), and the output. */
uint16_t pit_channel_count(const struct pit_channel *channel, uint64_t now);
bool pit_channel_output(const struct pit_channel *channel, uint64_t now);
bool pit_channel_is_null(const struct pit_channel *channel, uint64_t now);

/* The first tick after `now` at which the output rises by itself, or PIT_NEVER. */
uint64_t pit_channel_next_rise(const struct pit_channel *channel, uint64_t now);

#endif
