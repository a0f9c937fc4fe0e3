/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables in which the emulated PC describes itself: where they lie in the BIOS area, and a small writer that keeps
 * them inside it. platform_write_tables() calls both kinds.
 */
#ifndef IO_EMULATED_TABLES_H
#define IO_EMULATED_TABLES_H

#include <stddef.h>
#include <stdint.h>

#define TABLES_AREA_FIRST 0xe0000u /* guest-physical; ends at 1 MiB */
#define TABLES_AREA_BYTES 0x20000u

/* The RSDP stands at the beginning of the area, the MP floating pointer where the BIOS ROM begins. */
#define TABLES_RSDP       0xe0000u
#define TABLES_ACPI       0xe0040u
#define TABLES_MP_POINTER 0xf0000u
#define TABLES_MP_CONFIG  0xf0010u

#define TABLES_OEM "COOPVT"

/* What the tables tell of. */
struct tables_machine {
    unsigned vcpus;
    uint32_t local_apic, io_apic;
    uint8_t io_apic_id;
    uint32_t cpu_signature, cpu_features; /* CPUID 1 EAX, EDX */
};

/* Host memory of a guest-physical address in the area. */
static inline void *tables_at(uint8_t *area, uint32_t address)
{
    return area + (address - TABLES_AREA_FIRST);
}

/* What makes the bytes sum to 0, when the byte for it is 0. */
uint8_t tables_checksum(const void *bytes, size_t count);

void tables_write_acpi(uint8_t *area, const struct tables_machine *machine);
/* Code that the vectors of real mode lead to. */
void tables_write_bios(uint8_t *area);

/* Interrupt vectors and BIOS data area: `low` stands for guest-physical [0, 0x1000). */
void tables_write_low_memory(uint8_t *low, uint64_t base_memory_bytes);

void tables_write_mp(uint8_t *area, const struct tables_machine *machine);

#endif
