/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two 8259A interrupt controllers and, for machines without an APIC, channel 0 of the 8254 as tick.
 * Intel 8259A data sheet, "Initialization Command Words".
 */
#ifndef DRIVERS_PIC_H
#define DRIVERS_PIC_H

/* Moves both to VECTOR_PIC, all lines masked. */
void pic_start(void);
void pic_irq_enable(unsigned irq);
void pic_end_of_interrupt(unsigned irq);

/* The 8254's channel 0 as rate generator, `hertz` interrupts a second on IRQ 0. */
void pic_tick_start(unsigned hertz);

#endif
