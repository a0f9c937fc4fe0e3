/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest kernel's ELF file (32 or 64 bits), checked completely before a byte of it is used: the file may be
 * truncated or hostile. Pure.
 */
#ifndef CORE_ELF_IMAGE_H
#define CORE_ELF_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_IMAGE_SEGMENTS 16

struct elf_image_segment {
    uint64_t offset;     /* in the file */
    uint64_t file_bytes; /* within the file */
    uint64_t address;    /* physical */
    uint64_t bytes;      /* at least file_bytes; the rest is zero */
    uint64_t linear;     /* where the kernel expects it; of an ELF32 copy of a 64-bit kernel, sign-extended */
    uint32_t flags;      /* ELF_FLAG_ */
};

struct elf_image {
    struct elf_image_segment segments[ELF_IMAGE_SEGMENTS];
    unsigned count;
    uint32_t entry;     /* physical, below 4 GiB */
    bool has_multiboot; /* a Multiboot header in the first 8 KiB that can be met */
    uint32_t pvh_entry; /* physical, from the note XEN_ELFNOTE_PHYS32_ENTRY; 0: there is none */

    /* Linear addresses, from the notes COOP_NOTE_; 0: there is none. */
    uint64_t direct_entry, direct_map;
};

/* NULL, or what is wrong with the file. Segments neither overlap nor wrap around; each entry lies in one. */
const char *elf_image_read(const void *file, size_t bytes, struct elf_image *image);

#endif
