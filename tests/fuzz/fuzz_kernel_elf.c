/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the reader of guest kernels: whatever the file, nothing outside of it is read; what is accepted lies in the
 * file, does not overlap, does not wrap around, and holds its entry points.
 */
#include "core/elf_image.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool is_in_segment(const struct elf_image *image, uint32_t address)
{
    for (unsigned i = 0; i < image->count; i++)
        if (address - image->segments[i].address < image->segments[i].bytes)
            return true;
    return false;
}

static void check(const struct elf_image *image, size_t size)
{
    require(image->count > 0 && image->count <= ELF_IMAGE_SEGMENTS);
    for (unsigned i = 0; i < image->count; i++) {
        const struct elf_image_segment *one = &image->segments[i];
        require(one->offset <= size && one->file_bytes <= size - one->offset);
        require(one->bytes >= one->file_bytes && one->address + one->bytes > one->address);
        for (unsigned j = 0; j < i; j++) {
            const struct elf_image_segment *other = &image->segments[j];
            require(one->address >= other->address + other->bytes || other->address >= one->address + one->bytes);
        }
    }
    require(!image->has_multiboot || is_in_segment(image, image->entry));
    require(!image->pvh_entry || is_in_segment(image, image->pvh_entry));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_image image;
    uint8_t *file = malloc(size ? size : 1); /* exactly as long: a read behind it is found */
    memcpy(file, data, size);
    if (!elf_image_read(file, size, &image))
        check(&image, size);
    free(file);
    return 0;
}
