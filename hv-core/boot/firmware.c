/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI, from the RSDP that the loader gave (the only way under UEFI) or from where a BIOS puts it.
 */
#include "boot/firmware.h"
#include "machine/acpi_table.h"
#include "machine/boot_info.h"
#include "machine/frame.h"
#include "machine/log.h"
#include "machine/log_start.h"
#include "machine/paging.h"
#include "machine/power.h"

#include <coopvirt/acpi.h>

static struct acpi_info firmware_info;

const struct acpi_info *firmware_acpi(void)
{
    return &firmware_info;
}

static uint16_t firmware_sleep_value(uint8_t sleep_type)
{
    return (uint16_t)(sleep_type << ACPI_PM1_SLEEP_TYPE_SHIFT | ACPI_PM1_SLEEP_ENABLE);
}

void firmware_read(void)
{
    const struct physical_window window = {frame_address(0), paging_direct_map_bytes()};
    coop_paddr rsdp = boot_info()->rsdp ? boot_info()->rsdp : acpi_table_find_rsdp(&window);

    if (!acpi_read(&window, rsdp, &firmware_info))
        log_warning("no ACPI tables: one CPU, no I/O APIC");
    if (firmware_info.cpus_beyond_limit)
        log_warning("%u CPUs more than hv-core handles stay asleep", firmware_info.cpus_beyond_limit);
    if (firmware_info.serial_port)
        log_offer_port(firmware_info.serial_port);
    if (firmware_info.can_power_off)
        power_set_acpi(firmware_info.pm1a_control, firmware_sleep_value(firmware_info.sleep_type_a),
                       firmware_info.pm1b_control, firmware_sleep_value(firmware_info.sleep_type_b));
    log_debug("ACPI: RSDP %lx, %u CPUs, %u I/O APICs, HPET %lx, PM timer %x", (unsigned long)rsdp,
              firmware_info.cpu_count, firmware_info.io_apic_count, (unsigned long)firmware_info.hpet,
              firmware_info.pm_timer_port);
}
