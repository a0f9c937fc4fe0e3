/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI tables of the emulated PC (ACPI specification 6.4, chapters 5 and 20): RSDP, RSDT, XSDT, FADT, FACS, DSDT, MADT.
 * They name the ports that power.c answers and the interrupt wiring of platform_interrupts.c.
 */
#include "io/emulated/power.h"
#include "io/emulated/tables.h"
#include <coopvirt/acpi.h>
#include <coopvirt/string.h>

/*
 * DSDT, written by hand; SLP_TYPa and SLP_TYPb of soft-off are all that a kernel has to be told:
 *   Name (\_S5, Package (4) { POWER_SLEEP_TYPE_OFF, POWER_SLEEP_TYPE_OFF, 0, 0 })
 */
/* clang-format off */
static const uint8_t tables_aml[] = {
    0x08,                       /* NameOp */
    '\\', '_', 'S', '5', '_',   /*   root, name segment */
    0x12, 0x08, 0x04,           /*   PackageOp, length 8, four elements */
    0x0a, POWER_SLEEP_TYPE_OFF, /*     BytePrefix */
    0x0a, POWER_SLEEP_TYPE_OFF,
    0x00, 0x00,                 /*     ZeroOp twice */
};
/* clang-format on */

/* Writes tables one after the other. */
struct acpi_writer {
    uint8_t *area;
    uint32_t next;
};

uint8_t tables_checksum(const void *bytes, size_t count)
{
    const uint8_t *byte = bytes;
    uint8_t sum = 0;

    while (count--)
        sum = (uint8_t)(sum + *byte++);
    return (uint8_t)-sum;
}

/* Opens a table at the next 16-byte boundary, with its header but for the checksum. */
static void *acpi_open(struct acpi_writer *writer, uint32_t signature, uint8_t revision, size_t bytes)
{
    struct acpi_header *header = tables_at(writer->area, writer->next);

    header->signature = signature;
    header->length = (uint32_t)bytes;
    header->revision = revision;
    memcpy(header->oem_id, TABLES_OEM, sizeof header->oem_id);
    memcpy(header->oem_table_id, "COOPVIRT", sizeof header->oem_table_id);
    header->oem_revision = 1;
    header->creator_id = ACPI_SIGNATURE('C', 'O', 'O', 'P');
    header->creator_revision = 1;
    return header;
}

/* Closes it; returns its guest-physical address. */
static uint32_t acpi_close(struct acpi_writer *writer, void *table)
{
    struct acpi_header *header = table;
    uint32_t address = writer->next;

    header->checksum = tables_checksum(table, header->length);
    writer->next = (writer->next + header->length + 15) & ~15u;
    return address;
}

static uint32_t acpi_write_facs(struct acpi_writer *writer)
{
    writer->next = (writer->next + 63) & ~63u;
    uint32_t address = writer->next;
    struct acpi_facs *facs = tables_at(writer->area, address);

    facs->signature = ACPI_SIGNATURE_FACS;
    facs->length = sizeof *facs;
    facs->version = 2;
    writer->next += sizeof *facs;
    return address;
}

static uint32_t acpi_write_dsdt(struct acpi_writer *writer)
{
    struct acpi_header *dsdt =
        acpi_open(writer, ACPI_SIGNATURE_DSDT, 2, sizeof(struct acpi_header) + sizeof tables_aml);

    memcpy(dsdt + 1, tables_aml, sizeof tables_aml);
    return acpi_close(writer, dsdt);
}

static struct acpi_address acpi_port(unsigned port, unsigned bytes)
{
    return (struct acpi_address){
        .space = ACPI_SPACE_IO,
        .bit_width = (uint8_t)(8 * bytes),
        .access_size = bytes == 1   ? 1
                       : bytes == 2 ? 2
                                    : 3,
        .address = port,
    };
}

static uint32_t acpi_write_fadt(struct acpi_writer *writer, uint32_t facs, uint32_t dsdt)
{
    struct acpi_fadt *fadt = acpi_open(writer, ACPI_SIGNATURE_FADT, 6, sizeof *fadt);

    fadt->minor_revision = 4;
    fadt->facs = facs;
    fadt->dsdt = dsdt;
    fadt->x_dsdt = dsdt;
    fadt->preferred_profile = 1; /* desktop */
    fadt->sci_interrupt = POWER_IRQ;
    fadt->pm1a_event = POWER_PORT_EVENT;
    fadt->pm1_event_bytes = 4;
    fadt->x_pm1a_event = acpi_port(POWER_PORT_EVENT, 4);
    fadt->x_pm1a_event.access_size = 2;
    fadt->pm1a_control = POWER_PORT_CONTROL;
    fadt->pm1_control_bytes = 2;
    fadt->x_pm1a_control = acpi_port(POWER_PORT_CONTROL, 2);
    fadt->pm_timer = POWER_PORT_TIMER;
    fadt->pm_timer_bytes = 4;
    fadt->x_pm_timer = acpi_port(POWER_PORT_TIMER, 4);
    fadt->c2_latency = 101;  /* more than 100: no C2 */
    fadt->c3_latency = 1001; /* more than 1000: no C3 */
    fadt->rtc_century = 0x32;
    fadt->iapc_boot_arch =
        ACPI_FADT_BOOT_LEGACY_DEVICES | ACPI_FADT_BOOT_8042 | ACPI_FADT_BOOT_NO_VGA | ACPI_FADT_BOOT_NO_MSI;
    fadt->flags = ACPI_FADT_WBINVD | ACPI_FADT_PROC_C1 | ACPI_FADT_PWR_BUTTON | ACPI_FADT_SLP_BUTTON |
                  ACPI_FADT_FIX_RTC | ACPI_FADT_RESET_REG_SUP;
    fadt->reset_register = acpi_port(POWER_PORT_RESET, 1);
    fadt->reset_value = POWER_RESET_VALUE;
    return acpi_close(writer, fadt);
}

static void *acpi_append(struct acpi_madt *madt, uint8_t type, size_t bytes)
{
    struct acpi_madt_entry *entry = (void *)((uint8_t *)madt + madt->header.length);

    entry->type = type;
    entry->length = (uint8_t)bytes;
    madt->header.length += (uint32_t)bytes;
    return entry;
}

static void acpi_append_override(struct acpi_madt *madt, uint8_t irq, uint32_t interrupt, uint16_t flags)
{
    struct acpi_madt_interrupt_override *entry =
        acpi_append(madt, ACPI_MADT_INTERRUPT_OVERRIDE, sizeof(struct acpi_madt_interrupt_override));

    entry->source = irq;
    entry->interrupt = interrupt;
    entry->flags = flags;
}

static uint32_t acpi_write_madt(struct acpi_writer *writer, const struct tables_machine *machine)
{
    struct acpi_madt *madt = acpi_open(writer, ACPI_SIGNATURE_MADT, 5, sizeof *madt);

    madt->local_apic = machine->local_apic;
    madt->flags = ACPI_MADT_PCAT_COMPAT;
    for (unsigned vcpu = 0; vcpu < machine->vcpus; vcpu++) {
        struct acpi_madt_local_apic *local =
            acpi_append(madt, ACPI_MADT_LOCAL_APIC, sizeof(struct acpi_madt_local_apic));
        local->processor_uid = local->apic_id = (uint8_t)vcpu;
        local->flags = ACPI_MADT_CPU_ENABLED;
    }
    struct acpi_madt_io_apic *io_apic = acpi_append(madt, ACPI_MADT_IO_APIC, sizeof(struct acpi_madt_io_apic));
    io_apic->io_apic_id = machine->io_apic_id;
    io_apic->address = machine->io_apic;
    acpi_append_override(madt, 0, 2, ACPI_MADT_POLARITY_BUS | ACPI_MADT_TRIGGER_BUS);
    acpi_append_override(madt, POWER_IRQ, POWER_IRQ, ACPI_MADT_POLARITY_HIGH | ACPI_MADT_TRIGGER_LEVEL);
    struct acpi_madt_local_apic_nmi *nmi =
        acpi_append(madt, ACPI_MADT_LOCAL_APIC_NMI, sizeof(struct acpi_madt_local_apic_nmi));
    nmi->processor_uid = ACPI_MADT_ALL_CPUS;
    nmi->lint = 1;
    return acpi_close(writer, madt);
}

static uint32_t acpi_write_rsdt(struct acpi_writer *writer, const uint32_t *tables, unsigned count)
{
    struct acpi_header *rsdt =
        acpi_open(writer, ACPI_SIGNATURE_RSDT, 1, sizeof(struct acpi_header) + count * sizeof(uint32_t));

    memcpy(rsdt + 1, tables, count * sizeof *tables);
    return acpi_close(writer, rsdt);
}

static uint32_t acpi_write_xsdt(struct acpi_writer *writer, const uint32_t *tables, unsigned count)
{
    struct acpi_header *xsdt =
        acpi_open(writer, ACPI_SIGNATURE_XSDT, 1, sizeof(struct acpi_header) + count * sizeof(uint64_t));

    for (unsigned i = 0; i < count; i++) {
        uint64_t table = tables[i];
        memcpy((uint8_t *)(xsdt + 1) + i * sizeof table, &table, sizeof table);
    }
    return acpi_close(writer, xsdt);
}

void tables_write_acpi(uint8_t *area, const struct tables_machine *machine)
{
    struct acpi_writer writer = {area, TABLES_ACPI};
    struct acpi_rsdp *rsdp = tables_at(area, TABLES_RSDP);
    uint32_t facs = acpi_write_facs(&writer), dsdt = acpi_write_dsdt(&writer);
    uint32_t tables[] = {acpi_write_fadt(&writer, facs, dsdt), acpi_write_madt(&writer, machine)};

    memcpy(rsdp->signature, ACPI_RSDP_SIGNATURE, ACPI_RSDP_SIGNATURE_BYTES);
    memcpy(rsdp->oem_id, TABLES_OEM, sizeof rsdp->oem_id);
    rsdp->revision = 2;
    rsdp->rsdt = acpi_write_rsdt(&writer, tables, 2);
    rsdp->length = sizeof *rsdp;
    rsdp->xsdt = acpi_write_xsdt(&writer, tables, 2);
    rsdp->checksum = tables_checksum(rsdp, ACPI_RSDP_BYTES_REVISION0);
    rsdp->extended_checksum = tables_checksum(rsdp, sizeof *rsdp);
}
