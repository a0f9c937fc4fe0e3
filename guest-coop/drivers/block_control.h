/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioctl(2) on block devices.
 */
#ifndef DRIVERS_BLOCK_CONTROL_H
#define DRIVERS_BLOCK_CONTROL_H

#include "fs/file.h"

long block_control(struct file *file, uint32_t request, uint64_t argument);

#endif
