/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The io service of paravirtual guests as its own exit rows and hypercalls see it: the queue devices of a VM, and the
 * channels of its VCPUs.
 */
#ifndef CORE_IO_QUEUE_H
#define CORE_IO_QUEUE_H

#include "core/entropy.h"
#include "io/queue/queue_devices.h"

struct vcpu;
struct vm;

/* vm->devices. The VM's lock held. */
struct io_queue {
    struct queue_devices devices;
    struct queue_counts begun[QUEUE_DEVICES]; /* when the region that is measured began */
    struct entropy entropy;
    struct vcpu *current; /* in whose name guest memory is written */
    uint64_t absent;      /* accesses to ports and device memory that a PC would have */
};

/* Takes a queue into service or (NULL) out of it, or handles what is in it. 0 or -errno; a broken queue stops the VM.
 */
int io_queue_set(struct vcpu *vcpu, uint64_t device, uint64_t queue, const struct coop_queue *shape);
int io_queue_kick(struct vcpu *vcpu, uint64_t device, uint64_t queue);

/* Sets the VCPU's timer: TSC, or CHANNEL_NEVER. */
void io_queue_set_timer(struct vcpu *vcpu, uint64_t tsc);

/* A region of measurement begins. */
void io_queue_region_begin(struct vm *vm);

#endif
