/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 8259A pair: always moved off the exception vectors and masked; used only where there is no APIC.
 */
#include "drivers/pic.h"
#include "kernel/cpu.h"
#include "pv/pv.h"

#define PIC1_COMMAND 0x20
#define PIC1_DATA    0x21
#define PIC2_COMMAND 0xa0
#define PIC2_DATA    0xa1
#define PIC_ICW1     0x11 /* edge, cascade, ICW4 follows */
#define PIC_ICW4     0x01 /* 8086 mode */
#define PIC_EOI      0x20
#define PIC_CASCADE  2

#define PIT_CHANNEL0 0x40
#define PIT_CONTROL  0x43
#define PIT_RATE     0x34 /* channel 0, low then high byte, mode 2 */
#define PIT_HERTZ    1193182u

static uint16_t pic_mask = 0xffff;

static void pic_mask_write(void)
{
    pv.io.port_write8(PIC1_DATA, (uint8_t)pic_mask);
    pv.io.port_write8(PIC2_DATA, (uint8_t)(pic_mask >> 8));
}

void pic_start(void)
{
    pv.io.port_write8(PIC1_COMMAND, PIC_ICW1);
    pv.io.port_write8(PIC2_COMMAND, PIC_ICW1);
    pv.io.port_write8(PIC1_DATA, VECTOR_PIC);
    pv.io.port_write8(PIC2_DATA, VECTOR_PIC + 8);
    pv.io.port_write8(PIC1_DATA, 1 << PIC_CASCADE);
    pv.io.port_write8(PIC2_DATA, PIC_CASCADE);
    pv.io.port_write8(PIC1_DATA, PIC_ICW4);
    pv.io.port_write8(PIC2_DATA, PIC_ICW4);
    pic_mask_write();
}

void pic_irq_enable(unsigned irq)
{
    pic_mask &= (uint16_t) ~(1u << irq);
    if (irq >= 8)
        pic_mask &= (uint16_t) ~(1u << PIC_CASCADE);
    pic_mask_write();
}

void pic_end_of_interrupt(unsigned irq)
{
    if (irq >= 8)
        pv.io.port_write8(PIC2_COMMAND, PIC_EOI);
    pv.io.port_write8(PIC1_COMMAND, PIC_EOI);
}

void pic_tick_start(unsigned hertz)
{
    unsigned divisor = PIT_HERTZ / hertz;
    pv.io.port_write8(PIT_CONTROL, PIT_RATE);
    pv.io.port_write8(PIT_CHANNEL0, (uint8_t)divisor);
    pv.io.port_write8(PIT_CHANNEL0, (uint8_t)(divisor >> 8));
    pic_irq_enable(0);
}
