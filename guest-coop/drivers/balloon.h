/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that the guest lends to the hypervisor: /dev/balloon holds how many MiB, and takes how many it is to be.
 */
#ifndef DRIVERS_BALLOON_H
#define DRIVERS_BALLOON_H

/* Where the hypervisor offers COOP_HYPERCALL_MEMORY. */
void balloon_start(void);

#endif
