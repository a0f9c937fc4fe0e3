/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel needs to know from whoever started it, independent of how it was told: memory,
 * what of it is taken, the command line, the initramfs.
 */
#ifndef BOOT_INFORMATION_H
#define BOOT_INFORMATION_H

#include <coopvirt/abi.h>
#include <stdint.h>

#define BOOT_EXTENTS            64
#define BOOT_COMMAND_LINE_BYTES 2048

struct boot_extent {
    coop_paddr base;
    uint64_t bytes;
};

struct boot_information {
    struct boot_extent memory[BOOT_EXTENTS]; /* RAM */
    unsigned memory_count;
    struct boot_extent reserved[BOOT_EXTENTS]; /* taken: image, modules */
    unsigned reserved_count;
    struct boot_extent initrd; /* bytes = 0: none */
    char command_line[BOOT_COMMAND_LINE_BYTES];
    const char *error; /* NULL, or why the information cannot be used */
};

/* Appends an extent; sets the error when the table is full. */
void boot_information_add(struct boot_information *information, struct boot_extent *table, unsigned *count,
                          coop_paddr base, uint64_t bytes);

/*
 * Free RAM in whole frames: memory less what is reserved, less the first 64 KiB, cut to `limit_bytes` in sum (0 = no
 * limit). Fills at most `size` extents and returns their number.
 */
unsigned boot_information_free(const struct boot_information *information, uint64_t limit_bytes,
                               struct boot_extent *free, unsigned size);

#endif
