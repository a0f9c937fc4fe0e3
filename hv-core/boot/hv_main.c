/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of contents: from the boot loader's hands to the first guest.
 */
#include "boot/hv_main.h"
#include "boot/loader_info.h"
#include "boot/firmware.h"
#include "boot/memory.h"
#include "boot/selftest.h"
#include "core/core.h"
#include "machine/apic.h"
#include "machine/apic_send.h"
#include "machine/boot_info.h"
#include "machine/console.h"
#include "machine/cpu_features.h"
#include "machine/cpu_private.h"
#include "machine/cpu_start.h"
#include "machine/interrupt_route.h"
#include "machine/log.h"
#include "machine/log_start.h"
#include "machine/panic.h"
#include "machine/tsc_start.h"

void hv_main(uint32_t magic, coop_paddr information)
{
    memory_use_boot_map();
    const char *error = loader_info_read(magic, information);
    log_start(boot_info()->command_line);
    console_start();
    if (error)
        machine_end(false, error);

    cpu_features_detect();
    cpu_start_this();
    log_info("%s, %s family %u model %u", cpu_features()->brand, cpu_features()->vendor, cpu_features()->family,
             cpu_features()->model);
    memory_start();
    firmware_read();
    interrupt_route_silence_pic();
    interrupt_route_silence_io_apics(firmware_acpi());
    apic_start();
    tsc_start(boot_info()->command_line, firmware_acpi());
    cpu_start_others(firmware_acpi()->apic_ids, firmware_acpi()->cpu_count, memory_low_page());
    if (interrupt_route_isa(firmware_acpi(), CONSOLE_IRQ, APIC_VECTOR_SERIAL))
        console_enable_interrupt();
    log_info("%u CPU%s", cpu_count(), cpu_count() > 1 ? "s" : "");

    selftest_run(boot_info()->command_line);

    core_run();
}
