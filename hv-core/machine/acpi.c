/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MADT, FADT, HPET and SPCR into acpi_info. The _S5 package is found in the DSDT by its byte pattern; there is
 * no AML interpreter.
 */
#include "machine/acpi.h"
#include "machine/acpi_table.h"

#include <coopvirt/string.h>

/* ACPI specification, "ACPI Machine Language (AML) Specification". */
#define AML_ZERO        0x00
#define AML_ONE         0x01
#define AML_NAME        0x08
#define AML_BYTE_PREFIX 0x0a
#define AML_PACKAGE     0x12
#define AML_ROOT        '\\'

static void acpi_add_cpu(struct acpi_info *info, uint32_t apic_id, uint32_t flags)
{
    if (!(flags & ACPI_MADT_CPU_ENABLED))
        return;
    if (info->cpu_count < CPU_LIMIT)
        info->apic_ids[info->cpu_count++] = apic_id;
    else
        info->cpus_beyond_limit++;
}

static void acpi_add_io_apic(struct acpi_info *info, const struct acpi_madt_io_apic *entry)
{
    if (info->io_apic_count < ACPI_IO_APICS)
        info->io_apics[info->io_apic_count++] = (struct acpi_io_apic){entry->address, entry->interrupt_base};
}

static void acpi_add_override(struct acpi_info *info, const struct acpi_madt_interrupt_override *entry)
{
    if (entry->bus || entry->source >= ACPI_ISA_IRQS)
        return;
    info->isa[entry->source] = (struct acpi_interrupt){
        .number = entry->interrupt,
        .low = (entry->flags & ACPI_MADT_POLARITY_MASK) == ACPI_MADT_POLARITY_LOW,
        .level = (entry->flags & ACPI_MADT_TRIGGER_MASK) == ACPI_MADT_TRIGGER_LEVEL,
    };
}

/* An entry whose length is at least that of its kind. */
static void acpi_read_madt_entry(struct acpi_info *info, const struct acpi_madt_entry *entry)
{
    const void *whole = entry;

    if (entry->type == ACPI_MADT_LOCAL_APIC && entry->length >= sizeof(struct acpi_madt_local_apic)) {
        const struct acpi_madt_local_apic *cpu = whole;
        acpi_add_cpu(info, cpu->apic_id, cpu->flags);
    } else if (entry->type == ACPI_MADT_LOCAL_X2APIC && entry->length >= sizeof(struct acpi_madt_local_x2apic)) {
        const struct acpi_madt_local_x2apic *cpu = whole;
        acpi_add_cpu(info, cpu->apic_id, cpu->flags);
    } else if (entry->type == ACPI_MADT_IO_APIC && entry->length >= sizeof(struct acpi_madt_io_apic)) {
        acpi_add_io_apic(info, whole);
    } else if (entry->type == ACPI_MADT_INTERRUPT_OVERRIDE &&
               entry->length >= sizeof(struct acpi_madt_interrupt_override)) {
        acpi_add_override(info, whole);
    }
}

static bool acpi_read_madt(const struct acpi_header *table, struct acpi_info *info)
{
    if (!table || table->length < sizeof(struct acpi_madt))
        return false;
    const uint8_t *at = (const uint8_t *)table + sizeof(struct acpi_madt);
    const uint8_t *end = (const uint8_t *)table + table->length;

    while ((uint64_t)(end - at) >= sizeof(struct acpi_madt_entry)) {
        const struct acpi_madt_entry *entry = (const void *)at;
        if (entry->length < sizeof(*entry) || entry->length > end - at)
            break;
        acpi_read_madt_entry(info, entry);
        at += entry->length;
    }
    return true;
}

/* One small integer of AML at *at; false when it is none. */
static bool acpi_read_aml_byte(const uint8_t **at, const uint8_t *end, uint8_t *value)
{
    if (*at < end && (**at == AML_ZERO || **at == AML_ONE)) {
        *value = *(*at)++;
        return true;
    }
    if (end - *at < 2 || **at != AML_BYTE_PREFIX)
        return false;
    *value = (*at)[1];
    *at += 2;
    return true;
}

/* The package behind the name _S5_: its first two elements are the sleep types. */
static bool acpi_read_s5_package(const uint8_t *at, const uint8_t *end, struct acpi_info *info)
{
    if (end - at < 2 || *at++ != AML_PACKAGE)
        return false;
    unsigned length_bytes = 1 + (*at >> 6);
    if ((uint64_t)(end - at) < length_bytes + 1u)
        return false;
    at += length_bytes + 1; /* the number of elements too */
    return acpi_read_aml_byte(&at, end, &info->sleep_type_a) && acpi_read_aml_byte(&at, end, &info->sleep_type_b);
}

static bool acpi_read_s5(const struct acpi_header *dsdt, struct acpi_info *info)
{
    const uint8_t *start = (const uint8_t *)(dsdt + 1), *end = (const uint8_t *)dsdt + dsdt->length;

    for (const uint8_t *at = start; end - at >= 4; at++) {
        if (memcmp(at, "_S5_", 4))
            continue;
        bool named =
            (at - start >= 1 && at[-1] == AML_NAME) || (at - start >= 2 && at[-1] == AML_ROOT && at[-2] == AML_NAME);
        if (named && acpi_read_s5_package(at + 4, end, info))
            return true;
    }
    return false;
}

static void acpi_read_fadt(const struct physical_window *window, const struct acpi_header *table,
                           struct acpi_info *info)
{
    struct acpi_fadt fadt = {.facs = 0};

    if (!table || table->length < ACPI_FADT_BYTES_REVISION1)
        return;
    memcpy(&fadt, table, table->length < sizeof(fadt) ? table->length : sizeof(fadt));
    if (fadt.flags & ACPI_FADT_HW_REDUCED_ACPI)
        return;
    if (fadt.pm_timer_bytes == 4)
        info->pm_timer_port = (uint16_t)fadt.pm_timer;
    info->pm_timer_32bit = fadt.flags & ACPI_FADT_TMR_VAL_EXT;

    const struct acpi_header *dsdt = acpi_table_at(window, fadt.x_dsdt ? fadt.x_dsdt : fadt.dsdt);
    info->pm1a_control = (uint16_t)fadt.pm1a_control;
    info->pm1b_control = (uint16_t)fadt.pm1b_control;
    info->can_power_off = dsdt && info->pm1a_control && acpi_read_s5(dsdt, info);
}

static void acpi_read_hpet(const struct acpi_header *table, struct acpi_info *info)
{
    const struct acpi_hpet *hpet = (const void *)table;

    if (table && table->length >= sizeof(*hpet) && hpet->address.space == ACPI_SPACE_MEMORY)
        info->hpet = hpet->address.address;
}

static void acpi_read_spcr(const struct acpi_header *table, struct acpi_info *info)
{
    const struct acpi_spcr *spcr = (const void *)table;

    if (table && table->length >= sizeof(*spcr) && spcr->address.space == ACPI_SPACE_IO &&
        (spcr->interface_type <= ACPI_SPCR_16450_COMPATIBLE || spcr->interface_type == ACPI_SPCR_16550_GAS))
        info->serial_port = (uint16_t)spcr->address.address;
}

bool acpi_read(const struct physical_window *window, coop_paddr rsdp, struct acpi_info *info)
{
    *info = (struct acpi_info){.cpu_count = 0};
    for (unsigned irq = 0; irq < ACPI_ISA_IRQS; irq++)
        info->isa[irq].number = irq;
    if (!rsdp)
        return false;
    acpi_read_fadt(window, acpi_table_find(window, rsdp, ACPI_SIGNATURE_FADT), info);
    acpi_read_hpet(acpi_table_find(window, rsdp, ACPI_SIGNATURE_HPET), info);
    acpi_read_spcr(acpi_table_find(window, rsdp, ACPI_SIGNATURE_SPCR), info);
    return acpi_read_madt(acpi_table_find(window, rsdp, ACPI_SIGNATURE_MADT), info);
}
