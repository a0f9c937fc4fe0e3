/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header of a kernel for the Linux/x86 boot protocol (Linux, Documentation/arch/x86/boot.rst, "The Real-Mode Kernel
 * Header"), checked completely before it is used: the file may be truncated or hostile. Pure.
 */
#ifndef CORE_LINUX_IMAGE_H
#define CORE_LINUX_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINUX_IMAGE_HEADER     0x1f1 /* where the setup header lies: in the file, and in the boot parameters */
#define LINUX_IMAGE_HEADER_END 0x290 /* where it ends at the latest */

struct linux_image {
    uint64_t header_end;        /* at most LINUX_IMAGE_HEADER_END and the file's end */
    uint64_t offset, bytes;     /* the part that runs in protected mode, in the file */
    uint32_t address;           /* where that goes */
    uint64_t end;               /* of the memory it needs from there, beyond 4 GiB for an impossible wish */
    uint64_t initrd_end;        /* initial ramdisks end here at the latest */
    uint32_t command_line_size; /* without the final 0 */
};

/* Whether a file says that it is such a kernel. */
bool linux_image_is(const void *file, size_t bytes);

/* NULL, or what is wrong with the file. */
const char *linux_image_read(const void *file, size_t bytes, struct linux_image *image);

#endif
