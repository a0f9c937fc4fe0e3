/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables that a guest finds: signatures, checksums, that all lies inside the BIOS area, and that they tell of the
 * processors, ports and wires that are there.
 */
#include "device_suite.h"
#include "io/emulated/power.h"
#include "io/emulated/tables.h"
#include <coopvirt/acpi.h>
#include <string.h>

static uint8_t area[TABLES_AREA_BYTES];
static struct tables_machine machine;

static void write_tables(unsigned vcpus)
{
    memset(area, 0, sizeof area);
    machine = (struct tables_machine){
        .vcpus = vcpus,
        .local_apic = 0xfee00000,
        .io_apic = 0xfec00000,
        .io_apic_id = 15,
        .cpu_signature = 0x800f12,
        .cpu_features = 0x78bfbff,
    };
    tables_write_acpi(area, &machine);
    tables_write_mp(area, &machine);
}

static void setup(void)
{
    write_tables(3);
}

static void check_sum(const void *bytes, size_t count)
{
    ck_assert_uint_eq(tables_checksum(bytes, count), 0);
}

static void *table_at(uint64_t address, size_t bytes)
{
    ck_assert_uint_ge(address, TABLES_AREA_FIRST);
    ck_assert_uint_le(address + bytes, 0x100000);
    return tables_at(area, (uint32_t)address);
}

static struct acpi_header *table_checked(uint64_t address, uint32_t signature)
{
    struct acpi_header *header = table_at(address, sizeof *header);
    ck_assert_uint_eq(header->signature, signature);
    table_at(address, header->length);
    check_sum(header, header->length);
    return header;
}

static struct acpi_header *table_listed(unsigned index, uint32_t signature)
{
    const struct acpi_rsdp *rsdp = table_at(TABLES_RSDP, sizeof *rsdp);
    const struct acpi_header *rsdt = table_checked(rsdp->rsdt, ACPI_SIGNATURE_RSDT);
    const struct acpi_header *xsdt = table_checked(rsdp->xsdt, ACPI_SIGNATURE_XSDT);
    uint32_t narrow;
    uint64_t wide;
    memcpy(&narrow, (const uint8_t *)(rsdt + 1) + index * 4, 4);
    memcpy(&wide, (const uint8_t *)(xsdt + 1) + index * 8, 8);
    ck_assert_uint_eq(narrow, wide);
    ck_assert_uint_eq(rsdt->length, sizeof *rsdt + 2 * 4);
    ck_assert_uint_eq(xsdt->length, sizeof *xsdt + 2 * 8);
    return table_checked(narrow, signature);
}

START_TEST(test_root)
{
    const struct acpi_rsdp *rsdp = (const void *)area;
    ck_assert_mem_eq(rsdp->signature, "RSD PTR ", 8);
    ck_assert_uint_eq(rsdp->revision, 2);
    ck_assert_uint_eq(rsdp->length, 36);
    check_sum(rsdp, 20);
    check_sum(rsdp, 36);
}
END_TEST

START_TEST(test_fadt_names_the_ports)
{
    const struct acpi_fadt *fadt = (const void *)table_listed(0, ACPI_SIGNATURE_FADT);
    ck_assert_uint_eq(fadt->header.length, sizeof *fadt);
    ck_assert_uint_eq(fadt->pm1a_event, POWER_PORT_EVENT);
    ck_assert_uint_eq(fadt->x_pm1a_event.address, POWER_PORT_EVENT);
    ck_assert_uint_eq(fadt->pm1a_control, POWER_PORT_CONTROL);
    ck_assert_uint_eq(fadt->pm_timer, POWER_PORT_TIMER);
    ck_assert_uint_eq(fadt->pm_timer_bytes, 4);
    ck_assert_uint_eq(fadt->flags & ACPI_FADT_TMR_VAL_EXT, 0); /* 24 bits */
    ck_assert_uint_eq(fadt->flags & ACPI_FADT_HW_REDUCED_ACPI, 0);
    ck_assert_uint_eq(fadt->reset_register.address, POWER_PORT_RESET);
    ck_assert_uint_eq(fadt->reset_value, POWER_RESET_VALUE);
    ck_assert_uint_eq(fadt->smi_command, 0);
    ck_assert_uint_eq(fadt->sci_interrupt, POWER_IRQ);
    ck_assert_uint_eq(fadt->rtc_century, 0x32);
    const struct acpi_facs *facs = table_at(fadt->facs, sizeof *facs);
    ck_assert_uint_eq(facs->signature, ACPI_SIGNATURE_FACS);
    ck_assert_uint_eq(fadt->facs % 64, 0);
}
END_TEST

START_TEST(test_dsdt_has_soft_off)
{
    const struct acpi_fadt *fadt = (const void *)table_listed(0, ACPI_SIGNATURE_FADT);
    const struct acpi_header *dsdt = table_checked(fadt->dsdt, ACPI_SIGNATURE_DSDT);
    ck_assert_uint_eq(fadt->x_dsdt, fadt->dsdt);
    static const uint8_t name[] = {0x08, '\\', '_', 'S', '5', '_', 0x12, 8, 4, 0x0a, POWER_SLEEP_TYPE_OFF};
    ck_assert_mem_eq(dsdt + 1, name, sizeof name);
    ck_assert_uint_eq(dsdt->length, sizeof *dsdt + 6 + 1 + 8);
}
END_TEST

START_TEST(test_madt_counts)
{
    for (unsigned vcpus = 1; vcpus <= 16; vcpus++) {
        write_tables(vcpus);
        const struct acpi_madt *madt = (const void *)table_listed(1, ACPI_SIGNATURE_MADT);
        unsigned counts[11] = {0};
        uint32_t at = sizeof *madt;
        while (at < madt->header.length) {
            const struct acpi_madt_entry *entry = (const void *)((const uint8_t *)madt + at);
            ck_assert_uint_ge(entry->length, 2);
            ck_assert_uint_le(entry->type, 10);
            counts[entry->type]++;
            at += entry->length;
        }
        ck_assert_uint_eq(at, madt->header.length);
        ck_assert_uint_eq(counts[ACPI_MADT_LOCAL_APIC], vcpus);
        ck_assert_uint_eq(counts[ACPI_MADT_IO_APIC], 1);
        ck_assert_uint_eq(counts[ACPI_MADT_INTERRUPT_OVERRIDE], 2);
        ck_assert_uint_eq(counts[ACPI_MADT_LOCAL_APIC_NMI], 1);
        ck_assert_uint_eq(madt->local_apic, 0xfee00000);
    }
}
END_TEST

START_TEST(test_mp_tables)
{
    const struct mp_pointer *pointer = table_at(TABLES_MP_POINTER, sizeof *pointer);
    ck_assert_uint_eq(pointer->signature, MP_POINTER_SIGNATURE);
    check_sum(pointer, 16);
    const struct mp_config *config = table_at(pointer->config, sizeof *config);
    ck_assert_uint_eq(config->signature, MP_CONFIG_SIGNATURE);
    check_sum(config, config->length);
    const uint8_t *entry = (const uint8_t *)(config + 1), *end = (const uint8_t *)config + config->length;
    unsigned count = 0, processors = 0, last = 0;
    bool timer_at_2 = false;
    while (entry < end) {
        ck_assert_uint_ge(*entry, last); /* sorted by type */
        last = *entry;
        if (*entry == MP_ENTRY_PROCESSOR) {
            const struct mp_processor *processor = (const void *)entry;
            ck_assert_uint_eq(processor->apic_id, processors++);
            ck_assert_uint_eq(processor->flags, processors == 1 ? 3 : 1);
            ck_assert_uint_eq(processor->features, machine.cpu_features);
        } else if (*entry == MP_ENTRY_IO_INTERRUPT) {
            const struct mp_interrupt *interrupt = (const void *)entry;
            ck_assert_uint_eq(interrupt->destination_apic, machine.io_apic_id);
            timer_at_2 |= interrupt->source_irq == 0 && interrupt->destination_pin == 2;
        }
        entry += *entry == MP_ENTRY_PROCESSOR ? 20 : 8;
        count++;
    }
    ck_assert_ptr_eq(entry, end);
    ck_assert_uint_eq(count, config->entry_count);
    ck_assert_uint_eq(processors, 3);
    ck_assert(timer_at_2);
}
END_TEST

START_TEST(test_nothing_overlaps)
{
    write_tables(16);
    /* ACPI ends before the MP tables begin; what lies between is untouched. */
    unsigned last = 0;
    for (unsigned i = 0; i < TABLES_MP_POINTER - TABLES_AREA_FIRST; i++)
        if (area[i])
            last = i;
    ck_assert_uint_lt(last, 0x1000);
    ck_assert_uint_eq(area[sizeof area - 1], 0);
}
END_TEST

START_TEST(test_bios_leavings)
{
    static uint8_t low[0x1000];
    tables_write_bios(area);
    tables_write_low_memory(low, 0xa0000);
    for (unsigned vector = 0; vector < 256; vector++) {
        uint32_t offset = low[4 * vector] | (uint32_t)low[4 * vector + 1] << 8;
        uint32_t segment = low[4 * vector + 2] | (uint32_t)low[4 * vector + 3] << 8;
        const uint8_t *code = table_at(segment * 16 + offset, 11);
        bool is_service = vector >= 0x10 && vector <= 0x1b;
        ck_assert_uint_eq(*code, is_service ? 0x55 : 0xcf); /* push bp; iret */
        ck_assert(!is_service || code[10] == 0xcf);
    }
    ck_assert_uint_eq(low[0x400] | low[0x401] << 8, 0x3f8);
    ck_assert_uint_eq(low[0x402] | low[0x403] << 8, 0x2f8);
    ck_assert_uint_eq(low[0x40e] | low[0x40f] << 8, 0);
    ck_assert_uint_eq(low[0x413] | low[0x414] << 8, 640);
    ck_assert_uint_eq(area[sizeof area - 16], 0xba); /* the reset vector */
}
END_TEST

DEVICE_SUITE("tables", setup, test_root, test_fadt_names_the_ports, test_dsdt_has_soft_off, test_madt_counts,
             test_mp_tables, test_nothing_overlaps, test_bios_leavings)
