/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs say to loop devices, and /dev/loop-control.
 */
#ifndef DRIVERS_LOOP_CONTROL_H
#define DRIVERS_LOOP_CONTROL_H

#include "fs/file.h"

/* block_device.control of a loop device. */
long loop_control(struct file *file, uint32_t request, uint64_t argument);

void loop_control_start(void);

#endif
