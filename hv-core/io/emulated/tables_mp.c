/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MP tables of the emulated PC (MultiProcessor Specification 1.4, chapter 4), for kernels that do not read ACPI:
 * processors, the ISA bus, the I/O APIC and every interrupt's way to it.
 */
#include "io/emulated/tables.h"
#include <coopvirt/acpi.h>
#include <coopvirt/string.h>

static void *mp_append(struct mp_config *config, uint8_t type, size_t bytes)
{
    uint8_t *entry = (uint8_t *)config + config->length;

    *entry = type;
    config->length = (uint16_t)(config->length + bytes);
    config->entry_count++;
    return entry;
}

static void mp_append_processors(struct mp_config *config, const struct tables_machine *machine)
{
    for (unsigned vcpu = 0; vcpu < machine->vcpus; vcpu++) {
        struct mp_processor *processor = mp_append(config, MP_ENTRY_PROCESSOR, sizeof(struct mp_processor));
        processor->apic_id = (uint8_t)vcpu;
        processor->apic_version = 0x14;
        processor->flags = MP_PROCESSOR_ENABLED | (vcpu == 0 ? MP_PROCESSOR_BOOT : 0);
        processor->cpu_signature = machine->cpu_signature;
        processor->features = machine->cpu_features;
    }
}

static void mp_append_interrupt(struct mp_config *config, uint8_t entry, uint8_t type, uint8_t irq, uint8_t apic,
                                uint8_t pin)
{
    struct mp_interrupt *interrupt = mp_append(config, entry, sizeof(struct mp_interrupt));

    interrupt->interrupt_type = type;
    interrupt->source_irq = irq;
    interrupt->destination_apic = apic;
    interrupt->destination_pin = pin;
}

static void mp_append_board(struct mp_config *config, const struct tables_machine *machine)
{
    struct mp_bus *bus = mp_append(config, MP_ENTRY_BUS, sizeof(struct mp_bus));
    memcpy(bus->name, "ISA   ", sizeof bus->name);

    struct mp_io_apic *io_apic = mp_append(config, MP_ENTRY_IO_APIC, sizeof(struct mp_io_apic));
    io_apic->io_apic_id = machine->io_apic_id;
    io_apic->version = 0x11;
    io_apic->flags = MP_IO_APIC_ENABLED;
    io_apic->address = machine->io_apic;

    /* The timer comes to input 2, since the 8259's cascade has no line of its own. */
    for (uint8_t irq = 0; irq < 16; irq++)
        if (irq != 2)
            mp_append_interrupt(config, MP_ENTRY_IO_INTERRUPT, MP_INTERRUPT_INT, irq, machine->io_apic_id,
                                irq ? irq : 2);
    mp_append_interrupt(config, MP_ENTRY_LOCAL_INTERRUPT, MP_INTERRUPT_EXTINT, 0, MP_ALL_APICS, 0);
    mp_append_interrupt(config, MP_ENTRY_LOCAL_INTERRUPT, MP_INTERRUPT_NMI, 0, MP_ALL_APICS, 1);
}

void tables_write_mp(uint8_t *area, const struct tables_machine *machine)
{
    struct mp_pointer *pointer = tables_at(area, TABLES_MP_POINTER);
    struct mp_config *config = tables_at(area, TABLES_MP_CONFIG);

    config->signature = MP_CONFIG_SIGNATURE;
    config->length = sizeof *config;
    config->revision = 4;
    memcpy(config->oem_id, "COOPVIRT", sizeof config->oem_id);
    memcpy(config->product_id, "EMULATED PC ", sizeof config->product_id);
    config->local_apic = machine->local_apic;
    mp_append_processors(config, machine);
    mp_append_board(config, machine);
    config->checksum = tables_checksum(config, config->length);

    pointer->signature = MP_POINTER_SIGNATURE;
    pointer->config = TABLES_MP_CONFIG;
    pointer->paragraphs = 1;
    pointer->revision = 4;
    pointer->checksum = tables_checksum(pointer, sizeof *pointer);
}
