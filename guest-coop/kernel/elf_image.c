/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ELF64 checks: System V ABI, "Program Loading". Only static programs: one that names an interpreter is refused.
 */
#include "kernel/elf_image.h"
#include "kernel/errno.h"
#include "memory/area.h"
#include <coopvirt/elf.h>
#include <coopvirt/string.h>

#define PAGE_MASK     4095ul
#define ELF_LITTLE    1
#define ELF_VERSION   1
#define ADDRESS_LIMIT (1ul << 47)

int elf_image_begin(struct elf_image *image, const void *start, size_t bytes)
{
    struct elf64_header header;
    memset(image, 0, sizeof(*image));
    if (bytes < sizeof(header))
        return -ENOEXEC;
    memcpy(&header, start, sizeof(header));
    if (header.magic != ELF_MAGIC || header.class != ELF_CLASS_64 || header.data != ELF_LITTLE ||
        header.version != ELF_VERSION || header.machine != ELF_MACHINE_X86_64)
        return -ENOEXEC;
    if (header.type != ELF_TYPE_EXEC && header.type != ELF_TYPE_DYN)
        return -ENOEXEC;
    if (header.phentsize != sizeof(struct elf64_segment) || header.phnum == 0 || header.phnum > ELF_IMAGE_HEADERS)
        return -ENOEXEC;
    image->entry = header.entry;
    image->headers_offset = header.phoff;
    image->headers_count = header.phnum;
    image->relocatable = header.type == ELF_TYPE_DYN;
    return 0;
}

static uint32_t elf_protection(uint32_t flags)
{
    return (flags & ELF_FLAG_R ? AREA_READ : 0) | (flags & ELF_FLAG_W ? AREA_WRITE : 0) |
           (flags & ELF_FLAG_X ? AREA_EXEC : 0);
}

static bool elf_segment_sound(const struct elf64_segment *segment, uint64_t file_bytes)
{
    if (segment->filesz > segment->memsz || segment->memsz > ADDRESS_LIMIT || segment->vaddr > ADDRESS_LIMIT)
        return false;
    if (segment->offset > file_bytes || segment->filesz > file_bytes - segment->offset)
        return false;
    /* Zeroes after the file's part need a page that may be written. */
    if (segment->memsz > segment->filesz && !(segment->flags & ELF_FLAG_W) &&
        ((segment->vaddr + segment->filesz) & PAGE_MASK))
        return false;
    return ((segment->offset ^ segment->vaddr) & PAGE_MASK) == 0;
}

static int elf_add_segment(struct elf_image *image, const struct elf64_segment *segment, uint64_t file_bytes)
{
    if (segment->memsz == 0)
        return 0;
    if (image->segment_count == ELF_IMAGE_SEGMENTS || !elf_segment_sound(segment, file_bytes))
        return -ENOEXEC;
    uint64_t start = segment->vaddr & ~PAGE_MASK;
    if (image->segment_count == 0)
        image->low = start;
    else if (start < image->high)
        return -ENOEXEC;
    image->high = (segment->vaddr + segment->memsz + PAGE_MASK) & ~PAGE_MASK;
    image->segments[image->segment_count++] = (struct elf_image_segment){
        segment->vaddr, segment->memsz, segment->filesz, segment->offset, elf_protection(segment->flags)};
    uint64_t headers_bytes = image->headers_count * sizeof(struct elf64_segment);
    if (image->headers_offset >= segment->offset && segment->filesz >= headers_bytes &&
        image->headers_offset - segment->offset <= segment->filesz - headers_bytes)
        image->headers_address = segment->vaddr + (image->headers_offset - segment->offset);
    return 0;
}

static bool elf_entry_inside(const struct elf_image *image)
{
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct elf_image_segment *segment = &image->segments[i];
        if ((segment->protection & AREA_EXEC) && image->entry >= segment->address &&
            image->entry - segment->address < segment->memory_bytes)
            return true;
    }
    return false;
}

int elf_image_segments(struct elf_image *image, const void *headers, size_t bytes, uint64_t file_bytes, uint64_t lowest,
                       uint64_t highest)
{
    if (bytes < image->headers_count * sizeof(struct elf64_segment))
        return -ENOEXEC;
    for (unsigned i = 0; i < image->headers_count; i++) {
        struct elf64_segment segment;
        memcpy(&segment, (const uint8_t *)headers + i * sizeof(segment), sizeof(segment));
        if (segment.type == ELF_SEGMENT_INTERP)
            return -ENOEXEC;
        if (segment.type != ELF_SEGMENT_LOAD)
            continue;
        int status = elf_add_segment(image, &segment, file_bytes);
        if (status < 0)
            return status;
    }
    if (image->segment_count == 0 || !elf_entry_inside(image))
        return -ENOEXEC;
    if (image->relocatable)
        return image->high - image->low <= highest - lowest ? 0 : -ENOEXEC;
    return image->low >= lowest && image->high <= highest ? 0 : -ENOEXEC;
}
