/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first C function, called by entry.asm in long mode on the CPU that boots.
 */
#ifndef BOOT_HV_MAIN_H
#define BOOT_HV_MAIN_H

#include <coopvirt/abi.h>

_Noreturn void hv_main(uint32_t magic, coop_paddr information);

#endif
