/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded view of physical memory from address 0 up, through which tables that others wrote (boot loader,
 * firmware) are read. In hv-core it is the direct map, in host tests a buffer.
 */
#ifndef MACHINE_PHYSICAL_WINDOW_H
#define MACHINE_PHYSICAL_WINDOW_H

#include <stdint.h>
#include <coopvirt/abi.h>

struct physical_window {
    const uint8_t *base; /* address 0 */
    uint64_t bytes;
};

/* `bytes` bytes at an address, or NULL when they are not all in the window. */
static inline const void *physical_window_read(const struct physical_window *window, coop_paddr address, uint64_t bytes)
{
    if (address > window->bytes || bytes > window->bytes - address)
        return 0;
    return window->base + address;
}

/* The string at an address, or NULL when it is not terminated within `limit` bytes inside the window. */
static inline const char *physical_window_string(const struct physical_window *window, coop_paddr address,
                                                 uint64_t limit)
{
    for (uint64_t i = 0; i < limit && address < window->bytes && i < window->bytes - address; i++)
        if (!window->base[address + i])
            return (const char *)window->base + address;
    return 0;
}

#endif
