/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a BIOS leaves behind that kernels still look at: the interrupt vectors of real mode, the BIOS data area, and
 * the code they lead to. There are no services: every one reports "not supported", as real firmware does for those that
 * it lacks.
 */
#include "io/emulated/tables.h"
#include <coopvirt/string.h>

#define BIOS_SEGMENT  0xf000u
#define BIOS_ADDRESS  0xf0000u
#define BIOS_IRET     0xff53u /* where the IBM PC had it */
#define BIOS_SERVICE  0xff60u
#define BIOS_RESET    0xfff0u
#define VECTORS       256
#define SERVICE_FIRST 0x10
#define SERVICE_LAST  0x1b
#define DATA_COM      0x400 /* base ports of the serial lines */
#define DATA_EBDA     0x40e /* segment of the extended BIOS data area: there is none */
#define DATA_EQUIP    0x410
#define DATA_MEMORY   0x413 /* KiB from 0 */

/* IRET: hardware interrupts and breakpoints end here. */
static const uint8_t bios_iret[] = {0xcf};

/* clang-format off */
static const uint8_t bios_service[] = {
    0x55,                   /* push bp */
    0x89, 0xe5,             /* mov bp, sp */
    0x80, 0x4e, 0x06, 0x01, /* or byte [bp + 6], 1    the caller's carry flag */
    0x5d,                   /* pop bp */
    0xb4, 0x86,             /* mov ah, 0x86           "function not supported" */
    0xcf,                   /* iret */
};

/* The reset vector: who jumps here wants the machine reset. */
static const uint8_t bios_reset[] = {
    0xba, 0xf9, 0x0c,       /* mov dx, 0xcf9 */
    0xb0, 0x06,             /* mov al, 6 */
    0xee,                   /* out dx, al */
    0xf4,                   /* hlt */
    0xeb, 0xfd,             /* jmp to the hlt */
};
/* clang-format on */

static void bios_store(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

void tables_write_bios(uint8_t *area)
{
    memcpy(tables_at(area, BIOS_ADDRESS + BIOS_IRET), bios_iret, sizeof bios_iret);
    memcpy(tables_at(area, BIOS_ADDRESS + BIOS_SERVICE), bios_service, sizeof bios_service);
    memcpy(tables_at(area, BIOS_ADDRESS + BIOS_RESET), bios_reset, sizeof bios_reset);
}

void tables_write_low_memory(uint8_t *low, uint64_t base_memory_bytes)
{
    for (unsigned vector = 0; vector < VECTORS; vector++) {
        bool is_service = vector >= SERVICE_FIRST && vector <= SERVICE_LAST;
        bios_store(low + 4 * vector, is_service ? BIOS_SERVICE : BIOS_IRET);
        bios_store(low + 4 * vector + 2, BIOS_SEGMENT);
    }
    bios_store(low + DATA_COM, 0x3f8);
    bios_store(low + DATA_COM + 2, 0x2f8);
    bios_store(low + DATA_EBDA, 0);
    bios_store(low + DATA_EQUIP, 2 << 9 | 1 << 1); /* two serial lines, a coprocessor */
    bios_store(low + DATA_MEMORY, (uint16_t)(base_memory_bytes >> 10));
}
