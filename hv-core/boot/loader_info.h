/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fills boot_info from whichever boot loader started us.
 */
#ifndef BOOT_LOADER_INFO_H
#define BOOT_LOADER_INFO_H

#include <coopvirt/abi.h>

/* `magic` and `information` as the loader left them in EAX and EBX. NULL, or what is wrong: the rest of boot_info is
 * then as far as it could be read. */
const char *loader_info_read(uint32_t magic, coop_paddr information);

#endif
