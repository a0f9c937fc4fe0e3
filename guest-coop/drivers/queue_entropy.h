/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor's source of entropy: /dev/hwrng, and with random=device on the command line the seed of the
 * generator behind getrandom(2).
 */
#ifndef DRIVERS_QUEUE_ENTROPY_H
#define DRIVERS_QUEUE_ENTROPY_H

void queue_entropy_start(void);

#endif
