/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IDENTIFY DEVICE: 256 words that claim what ata_command.c does, and nothing else.
 */
#include "io/emulated/ata_command.h"
#include <coopvirt/string.h>

#define LBA28_SECTORS 0x0fffffffu
#define CHS_CYLINDERS 16383u

static void identify_word(uint8_t *buffer, unsigned word, unsigned value)
{
    buffer[2 * word] = (uint8_t)value;
    buffer[2 * word + 1] = (uint8_t)(value >> 8);
}

static void identify_double_word(uint8_t *buffer, unsigned word, uint32_t value)
{
    identify_word(buffer, word, value & 0xffff);
    identify_word(buffer, word + 1, value >> 16);
}

/* ATA strings hold the first character of each pair in the high byte, and are padded with blanks. */
static void identify_string(uint8_t *buffer, unsigned word, unsigned words, const char *text)
{
    unsigned length = (unsigned)strlen(text);

    for (unsigned i = 0; i < 2 * words; i++)
        buffer[2 * word + (i ^ 1)] = i < length ? (uint8_t)text[i] : ' ';
}

static unsigned identify_cylinders(uint64_t sectors, unsigned track_sectors)
{
    uint64_t cylinders = track_sectors ? sectors / track_sectors : 0;
    return cylinders < CHS_CYLINDERS ? (unsigned)cylinders : CHS_CYLINDERS;
}

static void identify_geometry(const struct ata *ata, uint64_t sectors, uint8_t *buffer)
{
    unsigned current = identify_cylinders(sectors, (unsigned)ata->heads * ata->sectors_per_track);

    identify_word(buffer, 1, identify_cylinders(sectors, 16 * 63));
    identify_word(buffer, 3, 16);
    identify_word(buffer, 6, 63);
    identify_word(buffer, 53, 0x0003); /* words 54-58 and 64-70 are valid */
    identify_word(buffer, 54, current);
    identify_word(buffer, 55, ata->heads);
    identify_word(buffer, 56, ata->sectors_per_track);
    identify_double_word(buffer, 57, current * ata->heads * ata->sectors_per_track);
    identify_double_word(buffer, 60, sectors < LBA28_SECTORS ? (uint32_t)sectors : LBA28_SECTORS);
    identify_double_word(buffer, 100, (uint32_t)sectors);
    identify_double_word(buffer, 102, (uint32_t)(sectors >> 32));
}

void ata_identify(const struct ata *ata, uint64_t sectors, uint8_t *buffer)
{
    uint8_t sum = 0;

    memset(buffer, 0, ATA_SECTOR_BYTES);
    identify_word(buffer, 0, 0x0040); /* not removable */
    identify_string(buffer, 10, 10, "COOPVIRT00000001");
    identify_string(buffer, 23, 4, "1.0");
    identify_string(buffer, 27, 20, "COOPVIRT DISK");
    identify_word(buffer, 47, 0x8000 | ATA_MULTIPLE_MAX);
    identify_word(buffer, 49, 0x0a00); /* LBA, IORDY; no DMA */
    identify_word(buffer, 50, 0x4000);
    identify_word(buffer, 51, 0x0200); /* PIO mode 2 without flow control */
    identify_geometry(ata, sectors, buffer);
    identify_word(buffer, 59, ata->multiple ? 0x0100u | ata->multiple : 0);
    identify_word(buffer, 64, 0x0003); /* PIO modes 3 and 4 */
    identify_word(buffer, 67, 120);    /* ns a cycle */
    identify_word(buffer, 68, 120);
    identify_word(buffer, 80, 0x0070); /* ATA-4 to ATA-6 */
    identify_word(buffer, 82, 0x0008); /* power management */
    identify_word(buffer, 83, 0x7400); /* FLUSH CACHE, FLUSH CACHE EXT, 48-bit addresses */
    identify_word(buffer, 84, 0x4000);
    identify_word(buffer, 85, 0x0008); /* the same three, enabled */
    identify_word(buffer, 86, 0x3400);
    identify_word(buffer, 87, 0x4000);
    identify_word(buffer, 93, 0x400b); /* device 0 by jumper, passed its diagnostics */
    buffer[510] = 0xa5;                /* integrity word: the bytes sum to 0 */
    for (unsigned i = 0; i < 511; i++)
        sum = (uint8_t)(sum + buffer[i]);
    buffer[511] = (uint8_t)-sum;
}
