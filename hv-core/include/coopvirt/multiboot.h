/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multiboot 1 structures (specification 0.6.96), read at boot by both kernels and written by
 * hv-core's loader for its guests.
 */
#ifndef COOPVIRT_MULTIBOOT_H
#define COOPVIRT_MULTIBOOT_H

#include <stdint.h>

#define MULTIBOOT_HEADER_MAGIC 0x1badb002u /* in the image, first 8 KiB, 4-byte aligned */
#define MULTIBOOT_BOOT_MAGIC   0x2badb002u /* in EAX at entry */

/* Header flags */
#define MULTIBOOT_HEADER_PAGE_ALIGN (1u << 0)
#define MULTIBOOT_HEADER_MEMORY     (1u << 1)
#define MULTIBOOT_HEADER_ADDRESSES  (1u << 16)

/* Info flags */
#define MULTIBOOT_INFO_MEMORY      (1u << 0)
#define MULTIBOOT_INFO_CMDLINE     (1u << 2)
#define MULTIBOOT_INFO_MODULES     (1u << 3)
#define MULTIBOOT_INFO_MEMORY_MAP  (1u << 6)
#define MULTIBOOT_INFO_LOADER_NAME (1u << 9)

struct multiboot_header {
    uint32_t magic;         /* 0x00 */
    uint32_t flags;         /* 0x04 */
    uint32_t checksum;      /* 0x08 magic + flags + checksum == 0 */
    uint32_t header_addr;   /* 0x0c these five with MULTIBOOT_HEADER_ADDRESSES */
    uint32_t load_addr;     /* 0x10 */
    uint32_t load_end_addr; /* 0x14 0 = to the end of the file */
    uint32_t bss_end_addr;  /* 0x18 0 = no bss */
    uint32_t entry_addr;    /* 0x1c */
};

struct multiboot_info {
    uint32_t flags;            /* 0x00 */
    uint32_t mem_lower;        /* 0x04 KiB from 0 */
    uint32_t mem_upper;        /* 0x08 KiB from 1 MiB */
    uint32_t boot_device;      /* 0x0c */
    uint32_t cmdline;          /* 0x10 physical address of a string */
    uint32_t mods_count;       /* 0x14 */
    uint32_t mods_addr;        /* 0x18 */
    uint32_t syms[4];          /* 0x1c */
    uint32_t mmap_length;      /* 0x2c bytes */
    uint32_t mmap_addr;        /* 0x30 */
    uint32_t drives_length;    /* 0x34 */
    uint32_t drives_addr;      /* 0x38 */
    uint32_t config_table;     /* 0x3c */
    uint32_t boot_loader_name; /* 0x40 */
    uint32_t apm_table;        /* 0x44 */
    uint32_t vbe[4];           /* 0x48 */
    uint8_t framebuffer[28];   /* 0x58 */
};
_Static_assert(sizeof(struct multiboot_info) == 116, "Multiboot information");

struct multiboot_module {
    uint32_t start;    /* 0x00 physical address of the first byte */
    uint32_t end;      /* 0x04 of the byte after the last */
    uint32_t cmdline;  /* 0x08 physical address of a string */
    uint32_t reserved; /* 0x0c */
};
_Static_assert(sizeof(struct multiboot_module) == 16, "Multiboot module");

#define MULTIBOOT_MEMORY_AVAILABLE 1
#define MULTIBOOT_MEMORY_RESERVED  2
#define MULTIBOOT_MEMORY_ACPI      3
#define MULTIBOOT_MEMORY_NVS       4

struct multiboot_mmap_entry {
    uint32_t size;   /* 0x00 of the rest: 20 or more; the next entry is at size + 4 */
    uint64_t base;   /* 0x04 */
    uint64_t length; /* 0x0c */
    uint32_t type;   /* 0x14 */
} __attribute__((packed));
_Static_assert(sizeof(struct multiboot_mmap_entry) == 24, "Multiboot memory map entry");

#endif
