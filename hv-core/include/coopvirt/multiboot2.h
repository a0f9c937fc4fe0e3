/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multiboot 2 information (specification 2.0), as GRUB hands it over from BIOS and from UEFI. The header in the image
 * is in boot/entry.asm.
 */
#ifndef COOPVIRT_MULTIBOOT2_H
#define COOPVIRT_MULTIBOOT2_H

#include <stdint.h>

#define MULTIBOOT2_BOOT_MAGIC 0x36d76289u /* in EAX at entry */

/* "Boot information format": the tags follow, each on an 8-byte boundary. */
struct multiboot2_info {
    uint32_t total_size; /* 0x00 this header and all tags */
    uint32_t reserved;   /* 0x04 */
};

#define MULTIBOOT2_TAG_END          0
#define MULTIBOOT2_TAG_COMMAND_LINE 1 /* then a string */
#define MULTIBOOT2_TAG_MODULE       3
#define MULTIBOOT2_TAG_MEMORY_MAP   6
#define MULTIBOOT2_TAG_RSDP_OLD     14 /* then a copy of the RSDP of ACPI 1 */
#define MULTIBOOT2_TAG_RSDP_NEW     15 /* then a copy of the RSDP of ACPI 2 and later */

struct multiboot2_tag {
    uint32_t type; /* 0x00 MULTIBOOT2_TAG_* */
    uint32_t size; /* 0x04 of the tag with this header, without the padding behind it */
};

struct multiboot2_module {
    struct multiboot2_tag tag;
    uint32_t start; /* 0x08 physical address of the first byte */
    uint32_t end;   /* 0x0c of the byte after the last */
    /* 0x10 string */
};
_Static_assert(sizeof(struct multiboot2_module) == 16, "Multiboot 2 module tag");

struct multiboot2_memory_map {
    struct multiboot2_tag tag;
    uint32_t entry_size;    /* 0x08 a multiple of 8 */
    uint32_t entry_version; /* 0x0c */
    /* 0x10 entries */
};
_Static_assert(sizeof(struct multiboot2_memory_map) == 16, "Multiboot 2 memory map tag");

struct multiboot2_memory_entry {
    uint64_t base;     /* 0x00 */
    uint64_t length;   /* 0x08 */
    uint32_t type;     /* 0x10 MULTIBOOT_MEMORY_* of Multiboot 1 */
    uint32_t reserved; /* 0x14 */
};
_Static_assert(sizeof(struct multiboot2_memory_entry) == 24, "Multiboot 2 memory map entry");

#endif
