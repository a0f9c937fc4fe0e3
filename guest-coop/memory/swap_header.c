/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must hold before a number of the header is used.
 */
#include "memory/swap_header.h"
#include <coopvirt/string.h>

#define SWAP_HEADER_VERSION 1u

uint32_t swap_header_check(const struct swap_header *header, uint64_t pages)
{
    if (memcmp(header->signature, "SWAPSPACE2", sizeof(header->signature)) != 0)
        return 0;
    if (header->version != SWAP_HEADER_VERSION || header->last_page == 0 || header->last_page >= pages)
        return 0;
    if (header->bad_count > SWAP_HEADER_BAD_MOST)
        return 0;
    for (uint32_t i = 0; i < header->bad_count; i++)
        if (header->bad[i] == 0 || header->bad[i] > header->last_page)
            return 0;
    return header->last_page + 1;
}
