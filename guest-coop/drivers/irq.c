/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chooses between APIC and 8259 once, at start.
 */
#include "drivers/irq.h"
#include "drivers/apic.h"
#include "drivers/pic.h"
#include "kernel/log.h"

static bool irq_by_apic;

void irq_start(void)
{
    pic_start();
    irq_by_apic = apic_start();
    if (!irq_by_apic)
        log_line(LOG_INFO, "no local APIC: interrupts by 8259");
}

bool irq_apic_present(void)
{
    return irq_by_apic;
}

void irq_enable(unsigned irq, trap_irq_handler *handler)
{
    trap_irq_register(irq, handler);
    if (irq_by_apic)
        apic_irq_enable(irq);
    else
        pic_irq_enable(irq);
}

void irq_end(unsigned irq)
{
    if (irq_by_apic)
        apic_end_of_interrupt();
    else
        pic_end_of_interrupt(irq);
}
