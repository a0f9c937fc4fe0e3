/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual address space: user below, kernel above. Each kernel region begins at its own top-level
 * slot, whose second-level table is made at boot, so that every address space shares it.
 */
#ifndef MEMORY_LAYOUT_H
#define MEMORY_LAYOUT_H

#define USER_LOWEST      0x0000000000010000ul /* nothing is mapped below by default */
#define USER_TOP         0x00007ffffffff000ul /* the last page stays free: SYSCALL there would return to a hole */
#define USER_STACK_TOP   0x00007fffffff0000ul
#define USER_MAP_TOP     0x00007ffff0000000ul /* mappings without a wish go downward from here */
#define USER_PIE_BASE    0x0000555555554000ul
#define USER_STACK_BYTES (8ul << 20) /* limit of growth */

#define DIRECT_MAP_BASE    0xffff880000000000ul /* all RAM: slots 272 to 399; those before may be a hypervisor's */
#define DIRECT_MAP_BYTES   0x0000400000000000ul
#define STACK_WINDOW_BASE  0xffffff0000000000ul /* kernel stacks with guard pages: slot 510 */
#define DEVICE_WINDOW_BASE 0xffffff8000000000ul /* memory-mapped devices: slot 511 */
#define KERNEL_BASE        0xffffffff80000000ul /* the image: slot 511 */

#define LAYOUT_SLOT(address) (((address) >> 39) & 511)

#endif
