/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 8254 interval timer (Intel 231164) and the system control port 0x61 around it. Time is ticks of its clock
 * (1.193182 MHz). A counter is the tick at which it was loaded, so that any stretch of time costs the same.
 */
#ifndef IO_EMULATED_PIT_H
#define IO_EMULATED_PIT_H

#include <stdbool.h>
#include <stdint.h>

#define PIT_HZ       1193182u
#define PIT_NEVER    UINT64_MAX
#define PIT_CHANNELS 3

struct pit_channel {
    uint8_t mode;    /* 0-5 */
    uint8_t access;  /* 1 = low byte, 2 = high byte, 3 = low, then high */
    bool is_decimal; /* counts in BCD */
    bool gate;
    bool is_written;     /* a count was given since the control word */
    bool is_counting;    /* and loaded: modes 1 and 5 wait for their trigger */
    bool is_high_next;   /* two-byte write: the high byte comes next */
    bool is_read_high;   /* two-byte read: the high byte comes next */
    uint8_t low_byte;    /* of a two-byte write */
    uint8_t latched;     /* bytes of the latched count still to be read */
    bool status_latched; /* the next read gives the status */
    uint8_t status;
    uint16_t latch;
    uint32_t reload;     /* count register, 1-65536 */
    uint32_t count;      /* what the counting element was loaded with */
    uint64_t start;      /* tick of that */
    uint64_t frozen;     /* ticks counted when the gate stopped modes 0 and 4 */
    uint64_t switch_at;  /* modes 2 and 3: when `reload` takes over, or PIT_NEVER */
    uint64_t next_start; /* `start` from then on */
};

struct pit {
    struct pit_channel channels[PIT_CHANNELS];
    uint64_t now;    /* up to here channel 0 was watched */
    bool has_risen;  /* its output rose since it was last asked */
    uint8_t control; /* port 0x61, bits 0-3 */
};

/* Channel 0 is not programmed: it stays silent until a kernel wants it. */
void pit_reset(struct pit *pit);

/* Ports 0x40-0x43. */
uint8_t pit_read(struct pit *pit, unsigned offset, uint64_t now);
void pit_write(struct pit *pit, unsigned offset, uint8_t value, uint64_t now);

/* Port 0x61: gate and output of channel 2, speaker, refresh toggle. */
uint8_t pit_control_read(struct pit *pit, uint64_t now);
void pit_control_write(struct pit *pit, uint8_t value, uint64_t now);

/* Whether channel 0's output rose since the last call. */
bool pit_advance(struct pit *pit, uint64_t now);

/* The tick of its next rising edge, or PIT_NEVER. */
uint64_t pit_deadline(const struct pit *pit);

#endif
