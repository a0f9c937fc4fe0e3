/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RSDP, then XSDT or RSDT, then tables. Whatever is broken is treated as not being there.
 */
#include "machine/acpi_table.h"

#include <coopvirt/string.h>
#include <stdbool.h>

#define ACPI_TABLE_EBDA_BYTES 1024
#define ACPI_TABLE_RSDP_STEP  16

static bool acpi_table_sums_to_zero(const void *start, uint64_t bytes)
{
    const uint8_t *byte = start;
    uint8_t sum = 0;

    while (bytes--)
        sum = (uint8_t)(sum + *byte++);
    return sum == 0;
}

static const struct acpi_rsdp *acpi_table_rsdp_at(const struct physical_window *window, coop_paddr address)
{
    const struct acpi_rsdp *rsdp = physical_window_read(window, address, ACPI_RSDP_BYTES_REVISION0);

    if (!rsdp || memcmp(rsdp->signature, ACPI_RSDP_SIGNATURE, ACPI_RSDP_SIGNATURE_BYTES) ||
        !acpi_table_sums_to_zero(rsdp, ACPI_RSDP_BYTES_REVISION0))
        return NULL;
    return rsdp;
}

static coop_paddr acpi_table_scan(const struct physical_window *window, coop_paddr first, coop_paddr last)
{
    for (; first <= last; first += ACPI_TABLE_RSDP_STEP)
        if (acpi_table_rsdp_at(window, first))
            return first;
    return 0;
}

coop_paddr acpi_table_find_rsdp(const struct physical_window *window)
{
    const uint8_t *segment = physical_window_read(window, ACPI_EBDA_SEGMENT_POINTER, 2);
    coop_paddr found = 0;

    if (segment) {
        coop_paddr ebda = (coop_paddr)(segment[0] | segment[1] << 8) << 4;
        if (ebda)
            found = acpi_table_scan(window, ebda, ebda + ACPI_TABLE_EBDA_BYTES - 1);
    }
    return found ? found : acpi_table_scan(window, ACPI_RSDP_SCAN_FIRST, ACPI_RSDP_SCAN_LAST);
}

const struct acpi_header *acpi_table_at(const struct physical_window *window, coop_paddr address)
{
    const struct acpi_header *header = physical_window_read(window, address, sizeof(*header));

    if (!address || !header || header->length < sizeof(*header) ||
        !physical_window_read(window, address, header->length) || !acpi_table_sums_to_zero(header, header->length))
        return NULL;
    return header;
}

/* Address number `index` in an RSDT or XSDT; they need not be aligned. */
static coop_paddr acpi_table_entry(const struct acpi_header *root, uint64_t index, unsigned entry_bytes)
{
    uint64_t address = 0;

    memcpy(&address, (const uint8_t *)(root + 1) + index * entry_bytes, entry_bytes);
    return address;
}

static const struct acpi_header *acpi_table_find_in(const struct physical_window *window,
                                                    const struct acpi_header *root, unsigned entry_bytes,
                                                    uint32_t signature)
{
    uint64_t count = (root->length - sizeof(*root)) / entry_bytes;

    for (uint64_t i = 0; i < count; i++) {
        const struct acpi_header *table = acpi_table_at(window, acpi_table_entry(root, i, entry_bytes));
        if (table && table->signature == signature)
            return table;
    }
    return NULL;
}

const struct acpi_header *acpi_table_find(const struct physical_window *window, coop_paddr rsdp, uint32_t signature)
{
    const struct acpi_rsdp *pointer = acpi_table_rsdp_at(window, rsdp);

    if (!pointer)
        return NULL;
    if (pointer->revision >= 2 && physical_window_read(window, rsdp, sizeof(*pointer)) &&
        acpi_table_sums_to_zero(pointer, sizeof(*pointer))) {
        const struct acpi_header *root = acpi_table_at(window, pointer->xsdt);
        if (root && root->signature == ACPI_SIGNATURE_XSDT)
            return acpi_table_find_in(window, root, sizeof(uint64_t), signature);
    }
    const struct acpi_header *root = acpi_table_at(window, pointer->rsdt);
    if (!root || root->signature != ACPI_SIGNATURE_RSDT)
        return NULL;
    return acpi_table_find_in(window, root, sizeof(uint32_t), signature);
}
