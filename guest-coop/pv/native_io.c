/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The io part for the bare machine: ports by IN and OUT.
 */
#include "pv/pv.h"

static uint8_t native_io_port_read8(uint16_t port)
{
    return x86_in8(port);
}
static uint16_t native_io_port_read16(uint16_t port)
{
    return x86_in16(port);
}
static uint32_t native_io_port_read32(uint16_t port)
{
    return x86_in32(port);
}
static void native_io_port_write8(uint16_t port, uint8_t value)
{
    x86_out8(port, value);
}
static void native_io_port_write16(uint16_t port, uint16_t value)
{
    x86_out16(port, value);
}
static void native_io_port_write32(uint16_t port, uint32_t value)
{
    x86_out32(port, value);
}

static void native_io_port_read16_many(uint16_t port, void *to, size_t count)
{
    x86_in16_many(port, to, count);
}
static void native_io_port_write16_many(uint16_t port, const void *from, size_t count)
{
    x86_out16_many(port, from, count);
}

const struct pv_io_operations pv_native_io = {
    .name = "native",
    .port_read8 = native_io_port_read8,
    .port_read16 = native_io_port_read16,
    .port_read32 = native_io_port_read32,
    .port_write8 = native_io_port_write8,
    .port_write16 = native_io_port_write16,
    .port_write32 = native_io_port_write32,
    .port_read16_many = native_io_port_read16_many,
    .port_write16_many = native_io_port_write16_many,
};
