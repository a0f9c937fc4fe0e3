/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frequencies of TSC and local APIC timer. The command line wins (emulators: exact and free), then CPUID; only when
 * one of the two is still unknown are both measured once against a clock of known frequency.
 */
#include "machine/tsc.h"
#include "machine/apic_send.h"
#include "machine/log.h"
#include "machine/panic.h"
#include "machine/reference_clock.h"
#include "machine/tsc_start.h"

#include <coopvirt/format.h>
#include <coopvirt/string.h>

#define TSC_CPUID_CRYSTAL   0x15u
#define TSC_CPUID_FREQUENCY 0x16u
#define TSC_MEASURE_US      10000

/* kHz; constant after start; 0 = unknown. */
static uint64_t tsc_frequency, apic_timer_frequency;

uint64_t tsc_khz(void)
{
    return tsc_frequency;
}

static void tsc_log(const char *source)
{
    log_info("tsc: %lu kHz, local APIC timer: %lu kHz (%s)", (unsigned long)tsc_frequency,
             (unsigned long)apic_timer_frequency, source);
}

static bool tsc_known(void)
{
    return tsc_frequency && apic_timer_frequency;
}

/* SDM vol. 3, "Determining the Processor Base Frequency": leaf 15h has the ratio to the crystal, which also clocks the
 * APIC timer; 16h has the base frequency where the crystal's is not given. */
static void tsc_from_cpuid(void)
{
    if (x86_cpuid(0, 0).eax < TSC_CPUID_CRYSTAL)
        return;
    struct x86_cpuid crystal = x86_cpuid(TSC_CPUID_CRYSTAL, 0);
    uint64_t crystal_khz = crystal.ecx / 1000, base_khz = 0;

    if (!crystal.eax || !crystal.ebx)
        return;
    if (!crystal_khz && x86_cpuid(0, 0).eax >= TSC_CPUID_FREQUENCY) {
        base_khz = (x86_cpuid(TSC_CPUID_FREQUENCY, 0).eax & 0xffff) * 1000ul;
        crystal_khz = base_khz * crystal.eax / crystal.ebx;
    }
    if (!tsc_frequency)
        tsc_frequency = base_khz ? base_khz : crystal_khz * crystal.ebx / crystal.eax;
    if (!apic_timer_frequency)
        apic_timer_frequency = crystal_khz;
}

/* Polls the clock over a short window. */
static void tsc_measure(const struct reference_clock *clock)
{
    uint64_t window = clock->hz * TSC_MEASURE_US / 1000000, passed = 0;

    apic_timer_measure_begin();
    uint64_t last = reference_clock_read(clock), begin = tsc_read();
    while (passed < window) {
        x86_pause();
        uint64_t now = reference_clock_read(clock);
        passed += (now - last) & clock->mask;
        last = now;
    }
    uint64_t ticks = tsc_read() - begin;
    uint32_t timer_ticks = apic_timer_measure_end();
    if (!tsc_frequency)
        tsc_frequency = ticks * clock->hz / passed / 1000;
    if (!apic_timer_frequency)
        apic_timer_frequency = timer_ticks * clock->hz / passed / 1000;
}

/* A frequency that a word gives; 0: none does. A word that is no number is refused, and not measured instead. */
static uint64_t tsc_option(const char *command_line, const char *key)
{
    static char why[80];
    char text[48] = "";
    unsigned long khz = 0;
    if (!string_option_read_number(command_line, key, &khz)) {
        string_option(command_line, key, text, sizeof(text));
        format_string(why, sizeof(why), "%s=%s: that is no number", key, text);
        machine_end(false, why);
    }
    return khz;
}

void tsc_start(const char *command_line, const struct acpi_info *acpi)
{
    struct reference_clock clock;
    const char *source = "command line";

    tsc_frequency = tsc_option(command_line, "tsc_khz");
    apic_timer_frequency = tsc_option(command_line, "lapic_khz");
    if (!tsc_known()) {
        source = "CPUID";
        tsc_from_cpuid();
    }
    if (!tsc_known()) {
        reference_clock_start(acpi, &clock);
        source = clock.name;
        tsc_measure(&clock);
    }
    tsc_log(source);
    apic_timer_set_ratio(apic_timer_frequency, tsc_frequency);
}
