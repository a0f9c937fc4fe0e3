/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Ethernet switch inside the machine: one port a VM. Learns which addresses are behind which port, floods what it
 * does not know. Each port has a bounded queue of frames; what finds it full is dropped, as by any switch. Pure; its
 * own lock, since the VMs on it are on different CPUs.
 */
#ifndef IO_QUEUE_QUEUE_SWITCH_H
#define IO_QUEUE_QUEUE_SWITCH_H

#include <coopvirt/spinlock.h>
#include <stddef.h>
#include <stdint.h>

#define QUEUE_SWITCH_PORTS       8
#define QUEUE_SWITCH_FRAMES      16u /* that wait at a port; a power of two */
#define QUEUE_SWITCH_FRAME_LEAST 14u /* destination, source, type */
#define QUEUE_SWITCH_FRAME_MOST  1514u
#define QUEUE_SWITCH_ADDRESSES   16u /* learned */

struct queue_switch_frame {
    uint16_t bytes;
    uint8_t data[QUEUE_SWITCH_FRAME_MOST];
};

struct queue_switch_port {
    void (*arrived)(void *context); /* a frame waits; the switch's lock held. NULL: nobody is attached */
    void *context;
    unsigned first, end; /* count up; modulo QUEUE_SWITCH_FRAMES */
    uint64_t dropped;
    struct queue_switch_frame frames[QUEUE_SWITCH_FRAMES];
};

struct queue_switch {
    struct spinlock lock;
    struct queue_switch_port ports[QUEUE_SWITCH_PORTS];
    struct {
        uint64_t address; /* 0: none */
        unsigned port;
    } learned[QUEUE_SWITCH_ADDRESSES];
    unsigned next_learned; /* replaced in turn */
};

void queue_switch_attach(struct queue_switch *fabric, unsigned port, void (*arrived)(void *context), void *context);
void queue_switch_detach(struct queue_switch *fabric, unsigned port);

/* A frame of QUEUE_SWITCH_FRAME_LEAST to _MOST bytes from a port; anything else is lost. */
void queue_switch_send(struct queue_switch *fabric, unsigned port, const uint8_t *frame, size_t bytes);

/* Takes the frame that has waited longest at a port; its length, 0 when there is none. `frame` has room for the
 * longest. */
size_t queue_switch_receive(struct queue_switch *fabric, unsigned port, uint8_t *frame);

/* The address that a port's device is given: locally administered. As in the low 48 bits of struct coop_device. */
static inline uint64_t queue_switch_address(unsigned port)
{
    return 0x004f4f4302ull | (uint64_t)(port + 1) << 40; /* 02:43:4f:4f:00:nn */
}

#endif
