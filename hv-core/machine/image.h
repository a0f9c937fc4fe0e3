/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where hv-core's own image lies: symbols of boot/hv-core.ld, and its fixed distance from physical memory.
 */
#ifndef MACHINE_IMAGE_H
#define MACHINE_IMAGE_H

#include <coopvirt/abi.h>
#include <stdint.h>

#define IMAGE_BASE      0xffff800000000000ul /* L4 slot 256 */
#define IMAGE_DIRECT    0xffff808000000000ul /* L4 slot 257 and up: the direct map of physical memory */
#define IMAGE_STACKS    0xffff804000000000ul /* in slot 256 too: the further CPUs' stacks */
#define IMAGE_BOOT_SPAN 0x100000000ul        /* what the boot page tables map: the first 4 GiB */

extern uint8_t image_start[], image_text_start[], image_text_end[], image_rodata_end[], image_end[];

static inline coop_paddr image_physical(const void *address)
{
    return (uint64_t)address - IMAGE_BASE;
}

#endif
