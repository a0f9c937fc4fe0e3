/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads struct coop_start_info, which a hypervisor gives, into the neutral start information.
 */
#ifndef BOOT_START_INFO_H
#define BOOT_START_INFO_H

#include "boot/information.h"

/* Everything, after a direct entry. `window` is where coop_paddr 0 is mapped. On failure information->error says why.
 */
void boot_start_info_read(const uint8_t *window, const struct coop_start_info *info,
                          struct boot_information *information);

/* After another entry has told of memory and modules: the pages that stay shared with the hypervisor are memory too,
 * and taken. */
void boot_start_info_keep(const uint8_t *window, const struct coop_start_info *info,
                          struct boot_information *information);

#endif
