/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the header: each field is copied out of the file, which holds all of them once its length has been checked.
 */
#include "core/linux_image.h"
#include <coopvirt/string.h>

#define FIELD_SECTORS      0x1f1 /* u8, of the real-mode part after the first sector; 0 means 4 */
#define FIELD_PARAGRAPHS   0x1f4 /* u32, of the part for protected mode */
#define FIELD_JUMP         0x201 /* u8, the header ends that far behind the next byte */
#define FIELD_MAGIC        0x202
#define FIELD_VERSION      0x206 /* u16 */
#define FIELD_FLAGS        0x211 /* u8 */
#define FIELD_INITRD_LAST  0x22c /* from 2.03 on */
#define FIELD_ALIGNMENT    0x230 /* from 2.05 on */
#define FIELD_RELOCATABLE  0x234 /* u8, from 2.05 on */
#define FIELD_COMMAND_LINE 0x238 /* from 2.06 on */
#define FIELD_PREFERRED    0x258 /* u64, from 2.10 on */
#define FIELD_INITIAL_SIZE 0x260 /* from 2.10 on */
#define FIELDS_END         0x264

#define MAGIC            0x53726448u /* "HdrS" */
#define FLAG_LOADED_HIGH 1u
#define SECTOR_BYTES     512u
#define ADDRESS_LOW      0x00010000u
#define ADDRESS_LOW_END  0x00090000u /* the boot parameters follow */
#define ADDRESS_HIGH     0x00100000u

static uint64_t linux_image_field(const void *file, size_t offset, size_t bytes)
{
    uint64_t value = 0;
    memcpy(&value, (const char *)file + offset, bytes);
    return value;
}

bool linux_image_is(const void *file, size_t bytes)
{
    return bytes >= FIELDS_END && linux_image_field(file, FIELD_MAGIC, 4) == MAGIC;
}

/* The memory that it needs: what the file fills, and from 2.10 on what it says that it uses before it knows the memory
 * map. It moves itself up to the address it prefers. */
static uint64_t linux_image_end(const void *file, const struct linux_image *image, unsigned version)
{
    uint64_t end = image->address + image->bytes;
    if (version < 0x20a)
        return end;
    uint64_t start = linux_image_field(file, FIELD_PREFERRED, 8),
             alignment = linux_image_field(file, FIELD_ALIGNMENT, 4);
    if (start > UINT32_MAX)
        return UINT64_MAX;
    if (linux_image_field(file, FIELD_RELOCATABLE, 1) && start < image->address)
        start = image->address + (alignment ? alignment - 1 : 0);
    uint64_t used = start + linux_image_field(file, FIELD_INITIAL_SIZE, 4);
    return used > end ? used : end;
}

const char *linux_image_read(const void *file, size_t bytes, struct linux_image *image)
{
    if (!linux_image_is(file, bytes))
        return "has no header of the Linux boot protocol";
    unsigned version = (unsigned)linux_image_field(file, FIELD_VERSION, 2);
    if (version < 0x202)
        return "speaks a Linux boot protocol older than 2.02";
    uint64_t sectors = linux_image_field(file, FIELD_SECTORS, 1);
    image->offset = ((sectors ? sectors : 4) + 1) * SECTOR_BYTES;
    if (image->offset >= bytes)
        return "is truncated: the part for protected mode is missing";
    image->bytes = bytes - image->offset;
    if (image->bytes + 15 < linux_image_field(file, FIELD_PARAGRAPHS, 4) * 16)
        return "is truncated: the end of the part for protected mode is missing";
    image->header_end = FIELD_MAGIC + linux_image_field(file, FIELD_JUMP, 1);
    if (image->header_end < FIELDS_END && version >= 0x20a)
        return "has a Linux boot header that is shorter than its version says";
    if (image->header_end > LINUX_IMAGE_HEADER_END)
        image->header_end = LINUX_IMAGE_HEADER_END;
    if (image->header_end > bytes)
        return "is truncated: its Linux boot header is not whole";
    bool is_high = linux_image_field(file, FIELD_FLAGS, 1) & FLAG_LOADED_HIGH;
    image->address = is_high ? ADDRESS_HIGH : ADDRESS_LOW;
    if (!is_high && image->bytes > ADDRESS_LOW_END - ADDRESS_LOW)
        return "does not fit below 640 KiB, where it wants to be";
    image->end = linux_image_end(file, image, version);
    image->initrd_end = (version >= 0x203 ? linux_image_field(file, FIELD_INITRD_LAST, 4) : 0x37ffffff) + 1;
    image->command_line_size = version >= 0x206 ? (uint32_t)linux_image_field(file, FIELD_COMMAND_LINE, 4) : 255;
    return 0;
}
