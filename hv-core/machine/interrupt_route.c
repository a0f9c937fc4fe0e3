/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 8259 and I/O APIC of the host.
 */
#include "machine/interrupt_route.h"
#include "machine/apic.h"
#include "machine/frame.h"

#include <coopvirt/x86_instructions.h>

/* 8259A data sheet, "Initialization Command Words". */
#define PIC_MASTER      0x20
#define PIC_SLAVE       0xa0
#define PIC_ICW1        0x11 /* initialise, ICW4 follows */
#define PIC_VECTOR_BASE 0x20
#define PIC_CASCADE     2
#define PIC_ICW4_8086   0x01

/* 82093AA data sheet, "Register Description". */
#define IO_APIC_SELECT        0x00
#define IO_APIC_WINDOW        0x10
#define IO_APIC_VERSION       0x01 /* bits 16-23: number of the last input */
#define IO_APIC_REDIRECTION   0x10 /* two registers an input */
#define IO_APIC_LOW_POLARITY  (1u << 13)
#define IO_APIC_LEVEL_TRIGGER (1u << 15)
#define IO_APIC_MASKED        (1u << 16)

void interrupt_route_silence_pic(void)
{
    x86_out8(PIC_MASTER, PIC_ICW1);
    x86_out8(PIC_SLAVE, PIC_ICW1);
    x86_out8(PIC_MASTER + 1, PIC_VECTOR_BASE);
    x86_out8(PIC_SLAVE + 1, PIC_VECTOR_BASE + 8);
    x86_out8(PIC_MASTER + 1, 1 << PIC_CASCADE);
    x86_out8(PIC_SLAVE + 1, PIC_CASCADE);
    x86_out8(PIC_MASTER + 1, PIC_ICW4_8086);
    x86_out8(PIC_SLAVE + 1, PIC_ICW4_8086);
    x86_out8(PIC_MASTER + 1, 0xff);
    x86_out8(PIC_SLAVE + 1, 0xff);
}

static uint32_t io_apic_read(volatile uint32_t *registers, uint32_t number)
{
    registers[IO_APIC_SELECT / 4] = number;
    return registers[IO_APIC_WINDOW / 4];
}

static void io_apic_write(volatile uint32_t *registers, uint32_t number, uint32_t value)
{
    registers[IO_APIC_SELECT / 4] = number;
    registers[IO_APIC_WINDOW / 4] = value;
}

static uint32_t io_apic_last(volatile uint32_t *registers)
{
    return io_apic_read(registers, IO_APIC_VERSION) >> 16 & 0xff;
}

void interrupt_route_silence_io_apics(const struct acpi_info *acpi)
{
    for (unsigned i = 0; i < acpi->io_apic_count; i++) {
        volatile uint32_t *registers = frame_address(acpi->io_apics[i].address);
        uint32_t last = io_apic_last(registers);
        for (uint32_t input = 0; input <= last; input++)
            io_apic_write(registers, IO_APIC_REDIRECTION + 2 * input, IO_APIC_MASKED);
    }
}

bool interrupt_route_isa(const struct acpi_info *acpi, unsigned irq, uint8_t vector)
{
    const struct acpi_interrupt *interrupt = &acpi->isa[irq];

    for (unsigned i = 0; i < acpi->io_apic_count; i++) {
        volatile uint32_t *registers = frame_address(acpi->io_apics[i].address);
        uint32_t base = acpi->io_apics[i].interrupt_base;
        uint32_t last = io_apic_last(registers);
        if (interrupt->number < base || interrupt->number - base > last)
            continue;
        uint32_t number = IO_APIC_REDIRECTION + 2 * (interrupt->number - base);
        io_apic_write(registers, number + 1, apic_id() << 24);
        io_apic_write(registers, number,
                      vector | (interrupt->low ? IO_APIC_LOW_POLARITY : 0) |
                          (interrupt->level ? IO_APIC_LEVEL_TRIGGER : 0));
        return true;
    }
    return false;
}
