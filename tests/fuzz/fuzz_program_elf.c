/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the reader of the guest's programs: whatever the headers, what is accepted lies in the file and in the range
 * for programs, ascends, and does not overlap by page.
 */
#include "kernel/elf_image.h"

#include <stdlib.h>
#include <string.h>

#define PAGE    4096u
#define LOWEST  0x10000ul
#define HIGHEST 0x7ffffffff000ul

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check(const struct elf_image *image, size_t size)
{
    uint64_t last = image->low;
    require(image->segment_count > 0 && image->segment_count <= ELF_IMAGE_SEGMENTS);
    require(image->low % PAGE == 0 && image->high % PAGE == 0 && image->low < image->high);
    require(image->relocatable || (image->low >= LOWEST && image->high <= HIGHEST));
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct elf_image_segment *one = &image->segments[i];
        require(one->offset <= size && one->file_bytes <= size - one->offset && one->file_bytes <= one->memory_bytes);
        require(one->address / PAGE * PAGE >= last);
        last = (one->address + one->memory_bytes + PAGE - 1) / PAGE * PAGE;
        require(last <= image->high);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_image image;
    uint8_t *file = malloc(size ? size : 1); /* exactly as long: a read behind it is found */
    memcpy(file, data, size);
    if (!elf_image_begin(&image, file, size)) {
        uint64_t bytes = image.headers_count * 56ul; /* the size of a program header, ELF-64 */
        require(image.headers_count <= ELF_IMAGE_HEADERS);
        if (image.headers_offset <= size && bytes <= size - image.headers_offset) {
            uint8_t *headers = malloc(bytes ? bytes : 1);
            memcpy(headers, file + image.headers_offset, bytes);
            if (!elf_image_segments(&image, headers, bytes, size, LOWEST, HIGHEST))
                check(&image, size);
            free(headers);
        }
    }
    free(file);
    return 0;
}
