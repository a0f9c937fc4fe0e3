/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The io part for a PC: the drivers of its devices, and ports by IN and OUT.
 */
#include "drivers/ata.h"
#include "drivers/irq.h"
#include "drivers/pc_power.h"
#include "drivers/pc_timer.h"
#include "drivers/rtc.h"
#include "drivers/uart.h"
#include "pv/pv.h"

static uint8_t native_io_port_read8(uint16_t port)
{
    return x86_in8(port);
}
static void native_io_port_write8(uint16_t port, uint8_t value)
{
    x86_out8(port, value);
}
static void native_io_port_write16(uint16_t port, uint16_t value)
{
    x86_out16(port, value);
}

static void native_io_port_read16_many(uint16_t port, void *to, size_t count)
{
    x86_in16_many(port, to, count);
}
static void native_io_port_write16_many(uint16_t port, const void *from, size_t count)
{
    x86_out16_many(port, from, count);
}

/* Text never waits here to be sent together. */
static void native_io_text_flush(void)
{
}

static void native_io_text_drain(void)
{
    uart_drain(PV_TEXT_CONSOLE);
    uart_drain(PV_TEXT_LOG);
}

static void native_io_devices_start(void)
{
    ata_start();
    uart_connect_terminal();
}

const struct pv_io_operations pv_native_io = {
    .name = "native",
    .start = uart_start,
    .text_write = uart_write,
    .text_flush = native_io_text_flush,
    .text_drain = native_io_text_drain,
    .interrupts_start = irq_start,
    .clock_start = rtc_start,
    .timer_start = pc_timer_start,
    .timer_set = pc_timer_set,
    .devices_start = native_io_devices_start,
    .power_off = pc_power_off,
    .port_read8 = native_io_port_read8,
    .port_write8 = native_io_port_write8,
    .port_write16 = native_io_port_write16,
    .port_read16_many = native_io_port_read16_many,
    .port_write16_many = native_io_port_write16_many,
};
