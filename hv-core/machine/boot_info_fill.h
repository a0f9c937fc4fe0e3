/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot_info for the one who fills it, at start.
 */
#ifndef MACHINE_BOOT_INFO_FILL_H
#define MACHINE_BOOT_INFO_FILL_H

#include "machine/boot_info.h"

struct boot_info *boot_info_fill(void);

#endif
