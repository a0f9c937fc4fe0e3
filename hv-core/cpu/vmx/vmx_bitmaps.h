/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The permission bitmaps for MSRs and ports. Pure.
 */
#ifndef CPU_VMX_VMX_BITMAPS_H
#define CPU_VMX_VMX_BITMAPS_H

#include <stdbool.h>
#include <stdint.h>

#define VMX_MSR_BITMAP_BYTES 4096
#define VMX_IO_BITMAP_BYTES  (2 * 4096) /* bitmaps A and B, one behind the other */

/* Everything traps but the MSRs of the allow-list. */
void vmx_bitmaps_fill_msrs(uint8_t *map);

/* Every port traps. */
void vmx_bitmaps_fill_ports(uint8_t *map);

/* Whether an access to an MSR traps. */
bool vmx_bitmaps_msr_traps(const uint8_t *map, uint32_t msr, bool is_write);

#endif
