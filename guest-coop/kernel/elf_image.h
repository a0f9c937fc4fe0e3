/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads an ELF64 program's headers into what exec has to map. Pure: refuses whatever is broken.
 */
#ifndef KERNEL_ELF_IMAGE_H
#define KERNEL_ELF_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_IMAGE_SEGMENTS 16
#define ELF_IMAGE_HEADERS  64 /* program headers at most */

struct elf_image_segment {
    uint64_t address; /* as in the file; add the base for a position-independent program */
    uint64_t memory_bytes, file_bytes, offset;
    uint32_t protection; /* AREA_* */
};

struct elf_image {
    struct elf_image_segment segments[ELF_IMAGE_SEGMENTS]; /* ascending, not overlapping by page */
    unsigned segment_count;
    uint64_t entry;
    uint64_t headers_offset;  /* of the program headers in the file */
    uint64_t headers_address; /* where they are mapped, 0 = nowhere */
    unsigned headers_count;
    uint64_t low, high; /* whole pages that the segments span */
    bool relocatable;   /* static PIE: any base */
};

/*
 * Step one: checks the file's header; gives where the program headers are. 0 or -ENOEXEC.
 * `bytes` of the file's beginning are at `header`.
 */
int elf_image_begin(struct elf_image *image, const void *header, size_t bytes);

/*
 * Step two: reads the program headers (image->headers_count of them, `bytes` in sum). `file_bytes` is the file's size,
 * [lowest, highest) where a fixed program may lie. 0, or -ENOEXEC.
 */
int elf_image_segments(struct elf_image *image, const void *headers, size_t bytes, uint64_t file_bytes, uint64_t lowest,
                       uint64_t highest);

#endif
