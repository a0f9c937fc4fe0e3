/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor's network devices as files of raw frames (include/coopnet.h).
 */
#ifndef DRIVERS_QUEUE_NET_H
#define DRIVERS_QUEUE_NET_H

void queue_net_start(void);

#endif
