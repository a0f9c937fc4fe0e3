/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first page of a swap area as mkswap(8) writes it, version 1. It comes from a disk and is not trusted. Pure.
 */
#ifndef MEMORY_SWAP_HEADER_H
#define MEMORY_SWAP_HEADER_H

#include <stdint.h>

#define SWAP_HEADER_BYTES    4096u
#define SWAP_HEADER_BAD_MOST 637u /* the numbers of bad pages that fit between the header and the signature */

struct swap_header {
    uint8_t boot[1024]; /* a boot loader's, or a partition table's */
    uint32_t version;
    uint32_t last_page;
    uint32_t bad_count;
    uint8_t uuid[16], label[16];
    uint32_t unused[117];
    uint32_t bad[SWAP_HEADER_BAD_MOST];
    char before_signature[2];
    char signature[10];
};
_Static_assert(sizeof(struct swap_header) == SWAP_HEADER_BYTES, "a page");

/*
 * Checks it for a device of `pages` pages: the pages that the area uses with its header, all others are beyond its end;
 * 0: it is no swap area, or a broken one. What stands in bad[] then are pages of the area, not the header, perhaps
 * twice.
 */
uint32_t swap_header_check(const struct swap_header *header, uint64_t pages);

#endif
