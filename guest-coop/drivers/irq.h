/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interrupt controllers behind one door: APIC where there is one, else the 8259s.
 */
#ifndef DRIVERS_IRQ_H
#define DRIVERS_IRQ_H

#include "kernel/trap.h"
#include <stdbool.h>

void irq_start(void);
bool irq_apic_present(void);

/* Installs the handler of an ISA interrupt and lets it through. */
void irq_enable(unsigned irq, trap_irq_handler *handler);

void irq_end(unsigned irq);

#endif
