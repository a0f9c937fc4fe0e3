/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor's queue devices (hv-core/io/queue) behind the hypercalls of guest-coop's drivers, in one program: what
 * the two sides agree on is tried on both at once. A coop_paddr is an address of the test.
 */
#ifndef FAKE_QUEUE_DEVICE_H
#define FAKE_QUEUE_DEVICE_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_DISK_BYTES (128u * 4096u)

extern uint8_t fake_disk[FAKE_DISK_BYTES];
extern char fake_text[2][65536]; /* of console and log */
extern size_t fake_text_bytes[2];
extern unsigned fake_kicks, fake_polled_writes, fake_hypercalls;
extern uint8_t fake_wire[2048]; /* the last frame sent, and the next received */
extern size_t fake_wire_sent, fake_wire_waits;

/* True: a kick only leaves a note, and the devices work when fake_devices_run is called. */
extern bool fake_devices_lazy;

/* Fresh devices; fills in a start-info and sets the hypercall entry. */
void fake_devices_start(struct coop_start_info *info, struct coop_vcpu *vcpu);
void fake_devices_stop(void);

/* Does what was kicked. True: an event was raised. */
bool fake_devices_run(void);

/* Typed text. */
void fake_type(const char *text);

/* A frame comes over the wire. */
void fake_frame(const void *frame, size_t bytes);

#endif
