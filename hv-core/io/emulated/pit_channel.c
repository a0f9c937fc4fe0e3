/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One 8254 counter. A count is loaded on the clock after it is written; from there on count and output are
 * functions of the ticks that have passed. Sections named are those of the data sheet's "Mode Definitions".
 */
#include "io/emulated/pit_channel.h"

enum { MODE_TERMINAL_COUNT, MODE_ONE_SHOT, MODE_RATE, MODE_SQUARE, MODE_SOFTWARE_STROBE, MODE_HARDWARE_STROBE };

static bool channel_is_periodic(const struct pit_channel *channel)
{
    return channel->mode == MODE_RATE || channel->mode == MODE_SQUARE;
}

static bool channel_is_triggered(const struct pit_channel *channel)
{
    return channel->mode == MODE_ONE_SHOT || channel->mode == MODE_HARDWARE_STROBE;
}

/* A low gate stops counting in all modes but those that it triggers. */
static bool channel_is_stopped(const struct pit_channel *channel)
{
    return !channel->gate && !channel_is_triggered(channel);
}

/* Ticks from `start` to `now`, 0 before it. A square wave that took over in its low half may have its start before tick
 * 0: the difference is what counts. */
static uint64_t ticks_since(uint64_t start, uint64_t now)
{
    return (int64_t)(now - start) > 0 ? now - start : 0;
}

static uint64_t channel_passed(const struct pit_channel *channel, uint64_t now)
{
    if (channel_is_stopped(channel))
        return channel_is_periodic(channel) ? 0 : channel->frozen;
    return ticks_since(channel->start, now);
}

static uint32_t channel_modulus(const struct pit_channel *channel)
{
    return channel->is_decimal ? 10000 : 65536;
}

static uint32_t channel_decode(const struct pit_channel *channel, uint16_t written)
{
    uint32_t count = written;

    if (channel->is_decimal)
        count = (written & 15) + (written >> 4 & 15) * 10 + (written >> 8 & 15) * 100 + (written >> 12) * 1000;
    if (count == 0 || count > channel_modulus(channel))
        count = channel_modulus(channel);
    /* "A count of 1 is illegal in Mode 2"; the square wave needs both halves too. */
    return channel_is_periodic(channel) && count == 1 ? 2 : count;
}

void pit_channel_set_mode(struct pit_channel *channel, unsigned mode, bool is_decimal)
{
    channel->mode = (uint8_t)(mode > MODE_HARDWARE_STROBE ? mode - 4 : mode); /* bit 2 is "don't care" for 2 and 3 */
    channel->is_decimal = is_decimal;
    channel->is_written = channel->is_counting = false;
    channel->is_high_next = channel->is_read_high = false;
    channel->latched = 0;
    channel->status_latched = false;
    channel->frozen = 0;
    channel->switch_at = PIT_NEVER;
}

static void channel_start(struct pit_channel *channel, uint64_t now)
{
    channel->is_counting = true;
    channel->count = channel->reload;
    channel->start = now + 1;
    channel->frozen = 0;
    channel->switch_at = PIT_NEVER;
}

/* "The new count will be loaded at the end of the current counting cycle", in mode 3 of the current half-cycle. */
static void channel_schedule(struct pit_channel *channel, uint64_t now)
{
    uint64_t passed = channel_passed(channel, now), high = (channel->count + 1) / 2;
    uint64_t cycle = channel->start + passed / channel->count * channel->count;

    channel->switch_at = channel->next_start = cycle + channel->count;
    if (channel->mode == MODE_SQUARE && passed % channel->count < high) {
        channel->switch_at = cycle + high;
        channel->next_start = channel->switch_at - (channel->reload + 1) / 2;
    }
}

void pit_channel_load(struct pit_channel *channel, uint16_t written, uint64_t now)
{
    channel->reload = channel_decode(channel, written);
    channel->is_written = true;
    if (channel_is_triggered(channel))
        return;
    if (channel_is_periodic(channel) && channel->is_counting && channel->gate)
        channel_schedule(channel, now);
    else
        channel_start(channel, now);
}

void pit_channel_settle(struct pit_channel *channel, uint64_t now)
{
    if (now < channel->switch_at)
        return;
    channel->switch_at = PIT_NEVER;
    channel->start = channel->next_start;
    channel->count = channel->reload;
}

void pit_channel_set_gate(struct pit_channel *channel, bool gate, uint64_t now)
{
    if (gate == channel->gate)
        return;
    if (!gate)
        channel->frozen = channel->is_counting ? channel_passed(channel, now) : 0;
    channel->gate = gate;
    if (!gate || !channel->is_written)
        return;
    if (channel_is_triggered(channel) || channel_is_periodic(channel))
        channel_start(channel, now);
    else
        channel->start = now - channel->frozen;
}

static uint16_t channel_encode(const struct pit_channel *channel, uint64_t count)
{
    uint32_t value = (uint32_t)(count % channel_modulus(channel));

    if (!channel->is_decimal)
        return (uint16_t)value;
    return (uint16_t)(value % 10 | value / 10 % 10 << 4 | value / 100 % 10 << 8 | value / 1000 << 12);
}

uint16_t pit_channel_count(const struct pit_channel *channel, uint64_t now)
{
    uint64_t passed = channel_passed(channel, now), at, high;

    if (!channel->is_counting)
        return channel_encode(channel, channel->reload);
    switch (channel->mode) {
    case MODE_RATE:
        return channel_encode(channel, channel->count - passed % channel->count);
    case MODE_SQUARE: /* by twos, once in each half; an odd count loses its lowest bit */
        at = passed % channel->count;
        high = (channel->count + 1) / 2;
        return channel_encode(channel, (channel->count & ~1u) - 2 * (at < high ? at : at - high));
    default: /* goes on below zero, around the modulus */
        return channel_encode(channel, channel->count + channel_modulus(channel) - passed % channel_modulus(channel));
    }
}

bool pit_channel_output(const struct pit_channel *channel, uint64_t now)
{
    uint64_t passed = channel_passed(channel, now);

    if (!channel->is_counting)
        return channel->mode != MODE_TERMINAL_COUNT;
    switch (channel->mode) {
    case MODE_TERMINAL_COUNT:
        return passed >= channel->count;
    case MODE_ONE_SHOT: /* low from the clock after the trigger */
        return (int64_t)(now - channel->start) < 0 || passed >= channel->count;
    case MODE_RATE:
        return channel_is_stopped(channel) || passed % channel->count != channel->count - 1;
    case MODE_SQUARE:
        return channel_is_stopped(channel) || passed % channel->count < (channel->count + 1) / 2;
    default:
        return passed != channel->count;
    }
}

bool pit_channel_is_null(const struct pit_channel *channel, uint64_t now)
{
    return !channel->is_counting || channel->switch_at != PIT_NEVER || (int64_t)(now - channel->start) < 0;
}

/* Of one load, without a later one: the rise after `now`. */
static uint64_t channel_rise_of(const struct pit_channel *channel, uint64_t start, uint32_t count, uint64_t now)
{
    uint64_t at;

    if (channel_is_periodic(channel))
        return start + (ticks_since(start, now) / count + 1) * count;
    at = start + count;
    if (channel->mode == MODE_SOFTWARE_STROBE || channel->mode == MODE_HARDWARE_STROBE)
        at++;
    return at > now ? at : PIT_NEVER;
}

uint64_t pit_channel_next_rise(const struct pit_channel *channel, uint64_t now)
{
    if (!channel->is_counting || channel_is_stopped(channel))
        return PIT_NEVER;
    uint64_t rise = channel_rise_of(channel, channel->start, channel->count, now);
    if (rise <= channel->switch_at)
        return rise;
    /* The later count comes in between. */
    return channel_rise_of(channel, channel->next_start, channel->reload,
                           now > channel->switch_at ? now : channel->switch_at);
}
