/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Forwarding. IEEE 802.1D, "Forwarding Process" and "Learning Process", without a spanning tree: there is one switch.
 */
#include "io/queue/queue_switch.h"
#include <coopvirt/mutation.h>
#include <coopvirt/string.h>

static uint64_t switch_address(const uint8_t *bytes)
{
    uint64_t address = 0;
    memcpy(&address, bytes, 6);
    return address;
}

/* The lowest bit of an address's first byte: a group, never learned. */
static bool switch_is_group(uint64_t address)
{
    return address & 1;
}

void queue_switch_attach(struct queue_switch *fabric, unsigned port, void (*arrived)(void *context), void *context)
{
    spinlock_take(&fabric->lock);
    fabric->ports[port].arrived = arrived;
    fabric->ports[port].context = context;
    fabric->ports[port].first = fabric->ports[port].end = 0;
    spinlock_release(&fabric->lock);
}

void queue_switch_detach(struct queue_switch *fabric, unsigned port)
{
    spinlock_take(&fabric->lock);
    fabric->ports[port].arrived = 0;
    fabric->ports[port].end = fabric->ports[port].first;
    for (unsigned i = 0; i < QUEUE_SWITCH_ADDRESSES; i++)
        if (fabric->learned[i].port == port)
            fabric->learned[i].address = 0;
    spinlock_release(&fabric->lock);
}

static void switch_learn(struct queue_switch *fabric, uint64_t address, unsigned port)
{
    if (!address || switch_is_group(address))
        return;
    for (unsigned i = 0; i < QUEUE_SWITCH_ADDRESSES; i++)
        if (fabric->learned[i].address == address) {
            fabric->learned[i].port = port;
            return;
        }
    unsigned at = fabric->next_learned++ % QUEUE_SWITCH_ADDRESSES;
    fabric->learned[at].address = address;
    fabric->learned[at].port = port;
}

/* The ports that a frame goes to. */
static uint32_t switch_find(const struct queue_switch *fabric, uint64_t address)
{
    for (unsigned i = 0; i < QUEUE_SWITCH_ADDRESSES; i++)
        if (address && fabric->learned[i].address == address)
            return 1u << fabric->learned[i].port;
    return (1u << QUEUE_SWITCH_PORTS) - 1;
}

static void switch_put(struct queue_switch_port *port, const uint8_t *frame, size_t bytes)
{
    if (!port->arrived)
        return;
    if (!MUTATED(queue_switch_bound) && port->end - port->first == QUEUE_SWITCH_FRAMES) {
        port->dropped++;
        return;
    }
    struct queue_switch_frame *slot = &port->frames[port->end++ % QUEUE_SWITCH_FRAMES];
    slot->bytes = (uint16_t)bytes;
    memcpy(slot->data, frame, bytes);
    port->arrived(port->context);
}

void queue_switch_send(struct queue_switch *fabric, unsigned port, const uint8_t *frame, size_t bytes)
{
    if (bytes < QUEUE_SWITCH_FRAME_LEAST || bytes > QUEUE_SWITCH_FRAME_MOST)
        return;
    spinlock_take(&fabric->lock);
    switch_learn(fabric, switch_address(frame + 6), port);
    uint32_t to = switch_find(fabric, switch_address(frame)) & ~(1u << port);
    for (unsigned i = 0; i < QUEUE_SWITCH_PORTS; i++)
        if (to & 1u << i)
            switch_put(&fabric->ports[i], frame, bytes);
    spinlock_release(&fabric->lock);
}

size_t queue_switch_receive(struct queue_switch *fabric, unsigned port, uint8_t *frame)
{
    struct queue_switch_port *from = &fabric->ports[port];
    size_t bytes = 0;
    spinlock_take(&fabric->lock);
    if (from->first != from->end) {
        const struct queue_switch_frame *slot = &from->frames[from->first++ % QUEUE_SWITCH_FRAMES];
        bytes = slot->bytes;
        memcpy(frame, slot->data, bytes);
    }
    spinlock_release(&fabric->lock);
    return bytes;
}
