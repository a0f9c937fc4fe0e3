/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 8254's bus interface: control word, counter latch and read-back commands, byte order of counts; and port 0x61.
 */
#include "io/emulated/pit.h"
#include "io/emulated/pit_channel.h"
#include <coopvirt/string.h>

#define CONTROL_GATE        0x01
#define CONTROL_WRITABLE    0x0f
#define CONTROL_REFRESH     0x10
#define CONTROL_OUTPUT      0x20
#define REFRESH_TICKS       18 /* 15 microseconds */
#define READ_BACK           3
#define READ_BACK_NO_COUNT  0x20
#define READ_BACK_NO_STATUS 0x10
#define STATUS_OUTPUT       0x80
#define STATUS_NULL         0x40

void pit_reset(struct pit *pit)
{
    memset(pit, 0, sizeof *pit);
    for (unsigned i = 0; i < PIT_CHANNELS; i++) {
        pit->channels[i].access = 3;
        pit->channels[i].gate = i != 2;
        pit->channels[i].reload = pit->channels[i].count = 65536;
        pit_channel_set_mode(&pit->channels[i], 3, false);
    }
}

/* Everything below works on counters that have taken over what was due. */
static void pit_settle(struct pit *pit, uint64_t now)
{
    if (pit_channel_next_rise(&pit->channels[0], pit->now) <= now)
        pit->has_risen = true;
    pit->now = now;
    for (unsigned i = 0; i < PIT_CHANNELS; i++)
        pit_channel_settle(&pit->channels[i], now);
}

static void channel_latch_count(struct pit_channel *channel, uint64_t now)
{
    if (channel->latched) /* a second latch command is ignored until the first was read */
        return;
    channel->latch = pit_channel_count(channel, now);
    channel->latched = channel->access == 3 ? 2 : 1;
}

static void channel_latch_status(struct pit_channel *channel, uint64_t now)
{
    if (channel->status_latched)
        return;
    channel->status = (uint8_t)(channel->access << 4 | channel->mode << 1 | channel->is_decimal);
    if (pit_channel_output(channel, now))
        channel->status |= STATUS_OUTPUT;
    if (pit_channel_is_null(channel, now))
        channel->status |= STATUS_NULL;
    channel->status_latched = true;
}

static uint8_t channel_read(struct pit_channel *channel, uint64_t now)
{
    if (channel->status_latched) {
        channel->status_latched = false;
        return channel->status;
    }
    uint16_t value = channel->latched ? channel->latch : pit_channel_count(channel, now);
    if (channel->latched)
        channel->latched--;
    if (channel->access != 3)
        return (uint8_t)(channel->access == 2 ? value >> 8 : value);
    bool is_high = channel->is_read_high;
    channel->is_read_high = !is_high;
    return (uint8_t)(is_high ? value >> 8 : value);
}

static void channel_write(struct pit_channel *channel, uint8_t value, uint64_t now)
{
    if (channel->access == 1) {
        pit_channel_load(channel, value, now);
    } else if (channel->access == 2) {
        pit_channel_load(channel, (uint16_t)(value << 8), now);
    } else if (!channel->is_high_next) {
        channel->low_byte = value;
        channel->is_high_next = true;
        if (channel->mode == 0) /* "Writing the first byte disables counting. OUT is set low immediately" */
            channel->is_counting = false;
    } else {
        channel->is_high_next = false;
        pit_channel_load(channel, (uint16_t)(value << 8 | channel->low_byte), now);
    }
}

static void pit_read_back(struct pit *pit, uint8_t value, uint64_t now)
{
    for (unsigned i = 0; i < PIT_CHANNELS; i++) {
        if (!(value & 2 << i))
            continue;
        if (!(value & READ_BACK_NO_COUNT))
            channel_latch_count(&pit->channels[i], now);
        if (!(value & READ_BACK_NO_STATUS))
            channel_latch_status(&pit->channels[i], now);
    }
}

static void pit_write_control(struct pit *pit, uint8_t value, uint64_t now)
{
    if (value >> 6 == READ_BACK) {
        pit_read_back(pit, value, now);
        return;
    }
    struct pit_channel *channel = &pit->channels[value >> 6];
    if (!(value >> 4 & 3)) {
        channel_latch_count(channel, now);
        return;
    }
    bool before = pit_channel_output(channel, now);
    channel->access = value >> 4 & 3;
    pit_channel_set_mode(channel, value >> 1 & 7, value & 1);
    if (channel == &pit->channels[0] && !before && pit_channel_output(channel, now))
        pit->has_risen = true;
}

uint8_t pit_read(struct pit *pit, unsigned offset, uint64_t now)
{
    pit_settle(pit, now);
    return offset < PIT_CHANNELS ? channel_read(&pit->channels[offset], now) : 0xff;
}

void pit_write(struct pit *pit, unsigned offset, uint8_t value, uint64_t now)
{
    pit_settle(pit, now);
    if (offset < PIT_CHANNELS)
        channel_write(&pit->channels[offset], value, now);
    else
        pit_write_control(pit, value, now);
}

uint8_t pit_control_read(struct pit *pit, uint64_t now)
{
    pit_settle(pit, now);
    return pit->control | (now / REFRESH_TICKS & 1 ? CONTROL_REFRESH : 0) |
           (pit_channel_output(&pit->channels[2], now) ? CONTROL_OUTPUT : 0);
}

void pit_control_write(struct pit *pit, uint8_t value, uint64_t now)
{
    pit_settle(pit, now);
    pit->control = value & CONTROL_WRITABLE;
    pit_channel_set_gate(&pit->channels[2], value & CONTROL_GATE, now);
}

bool pit_advance(struct pit *pit, uint64_t now)
{
    pit_settle(pit, now);
    bool has_risen = pit->has_risen;
    pit->has_risen = false;
    return has_risen;
}

uint64_t pit_deadline(const struct pit *pit)
{
    return pit_channel_next_rise(&pit->channels[0], pit->now);
}
