/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading headers: each is copied out of the file after its place has been checked.
 */
#include "core/elf_image.h"
#include <coopvirt/elf.h>
#include <coopvirt/multiboot.h>
#include <coopvirt/string.h>

#define MULTIBOOT_SEARCH_BYTES 8192
#define NOTE_PVH_ENTRY         18 /* XEN_ELFNOTE_PHYS32_ENTRY of the owner "Xen" */
/* Flags below 16 are demands; these two we meet. Multiboot 0.6.96, section 3.1.2. */
#define MULTIBOOT_FLAGS_MET (MULTIBOOT_HEADER_PAGE_ALIGN | MULTIBOOT_HEADER_MEMORY)

/* What both classes of header say. */
struct elf_outline {
    uint64_t entry, headers;
    unsigned header_bytes, count;
    bool is_64;
};

static bool elf_image_holds(size_t file_bytes, uint64_t offset, uint64_t bytes)
{
    return offset <= file_bytes && bytes <= file_bytes - offset;
}

static const char *elf_image_outline(const uint8_t *file, size_t bytes, struct elf_outline *outline)
{
    struct elf32_header h32;
    struct elf64_header h64;
    if (bytes < sizeof(h32))
        return "is shorter than an ELF header";
    memcpy(&h32, file, sizeof(h32));
    if (h32.magic != ELF_MAGIC || h32.data != 1)
        return "is no little-endian ELF file";
    outline->is_64 = h32.class == ELF_CLASS_64;
    if (outline->is_64) {
        if (bytes < sizeof(h64))
            return "is shorter than an ELF header";
        memcpy(&h64, file, sizeof(h64));
        outline->entry = h64.entry;
        outline->headers = h64.phoff;
        outline->header_bytes = h64.phentsize;
        outline->count = h64.phnum;
        if (h64.machine != ELF_MACHINE_X86_64 || outline->header_bytes != sizeof(struct elf64_segment))
            return "is not for x86-64";
    } else {
        outline->entry = h32.entry;
        outline->headers = h32.phoff;
        outline->header_bytes = h32.phentsize;
        outline->count = h32.phnum;
        if (h32.class != ELF_CLASS_32 || outline->header_bytes != sizeof(struct elf32_segment) ||
            (h32.machine != ELF_MACHINE_386 && h32.machine != ELF_MACHINE_X86_64))
            return "is not for x86";
    }
    if (!elf_image_holds(bytes, outline->headers, (uint64_t)outline->count * outline->header_bytes))
        return "is truncated: its program headers are missing";
    return 0;
}

static struct elf64_segment elf_image_segment(const uint8_t *file, const struct elf_outline *outline, unsigned index)
{
    struct elf64_segment s64;
    struct elf32_segment s32;
    const uint8_t *at = file + outline->headers + index * outline->header_bytes;
    if (outline->is_64) {
        memcpy(&s64, at, sizeof(s64));
        return s64;
    }
    memcpy(&s32, at, sizeof(s32));
    return (struct elf64_segment){s32.type,  s32.flags,  s32.offset, s32.vaddr,
                                  s32.paddr, s32.filesz, s32.memsz,  s32.align};
}

static const char *elf_image_add(struct elf_image *image, const struct elf64_segment *segment, size_t bytes)
{
    if (image->count == ELF_IMAGE_SEGMENTS)
        return "has too many segments";
    if (segment->filesz > segment->memsz || segment->paddr + segment->memsz < segment->paddr)
        return "has a segment of impossible size";
    if (!elf_image_holds(bytes, segment->offset, segment->filesz))
        return "is truncated: a segment is missing";
    for (unsigned i = 0; i < image->count; i++) {
        const struct elf_image_segment *other = &image->segments[i];
        if (segment->paddr < other->address + other->bytes && other->address < segment->paddr + segment->memsz)
            return "has overlapping segments";
    }
    image->segments[image->count++] =
        (struct elf_image_segment){segment->offset, segment->filesz, segment->paddr, segment->memsz};
    return 0;
}

/* The physical address of the entry: as it is when that lies in a segment, else through the segment's virtual address.
 */
static bool elf_image_find_entry(const uint8_t *file, const struct elf_outline *outline, uint64_t *entry)
{
    for (int by_virtual = 0; by_virtual < 2; by_virtual++)
        for (unsigned i = 0; i < outline->count; i++) {
            struct elf64_segment segment = elf_image_segment(file, outline, i);
            uint64_t start = by_virtual ? segment.vaddr : segment.paddr;
            if (segment.type == ELF_SEGMENT_LOAD && outline->entry - start < segment.memsz) {
                *entry = segment.paddr + (outline->entry - start);
                return *entry <= UINT32_MAX;
            }
        }
    return false;
}

static bool elf_image_has_multiboot(const uint8_t *file, size_t bytes)
{
    struct multiboot_header header;
    size_t limit = bytes < MULTIBOOT_SEARCH_BYTES ? bytes : MULTIBOOT_SEARCH_BYTES;
    for (size_t at = 0; at + 12 <= limit; at += 4) {
        memcpy(&header, file + at, 12);
        if (header.magic == MULTIBOOT_HEADER_MAGIC && header.magic + header.flags + header.checksum == 0)
            return !(header.flags & 0xffff & ~MULTIBOOT_FLAGS_MET);
    }
    return false;
}

static bool elf_image_contains(const struct elf_image *image, uint64_t address)
{
    for (unsigned i = 0; i < image->count; i++)
        if (address - image->segments[i].address < image->segments[i].bytes)
            return true;
    return false;
}

/* The entry that one segment of notes tells; 0 for none. System V ABI, "Note Section". */
static uint32_t elf_image_note_entry(const uint8_t *notes, uint64_t bytes)
{
    struct {
        uint32_t name_bytes, bytes, type;
        char name[4];
        uint32_t value;
    } note;
    for (uint64_t at = 0; at <= bytes && bytes - at >= sizeof(note);) {
        memcpy(&note, notes + at, sizeof(note));
        if (note.type == NOTE_PVH_ENTRY && note.name_bytes == 4 && note.bytes >= 4 && !memcmp(note.name, "Xen", 4))
            return note.value;
        at += 12 + (((uint64_t)note.name_bytes + 3) & ~3ul) + (((uint64_t)note.bytes + 3) & ~3ul);
    }
    return 0;
}

static uint32_t elf_image_find_pvh(const uint8_t *file, const struct elf_outline *outline, size_t bytes,
                                   const struct elf_image *image)
{
    for (unsigned i = 0; i < outline->count; i++) {
        struct elf64_segment segment = elf_image_segment(file, outline, i);
        if (segment.type != ELF_SEGMENT_NOTE || !elf_image_holds(bytes, segment.offset, segment.filesz))
            continue;
        uint32_t entry = elf_image_note_entry(file + segment.offset, segment.filesz);
        if (entry && elf_image_contains(image, entry))
            return entry;
    }
    return 0;
}

const char *elf_image_read(const void *file, size_t bytes, struct elf_image *image)
{
    struct elf_outline outline;
    uint64_t entry;
    const char *error = elf_image_outline(file, bytes, &outline);
    if (error)
        return error;
    image->count = 0;
    for (unsigned i = 0; i < outline.count; i++) {
        struct elf64_segment segment = elf_image_segment(file, &outline, i);
        if (segment.type != ELF_SEGMENT_LOAD || !segment.memsz)
            continue;
        error = elf_image_add(image, &segment, bytes);
        if (error)
            return error;
    }
    if (!image->count)
        return "has nothing to load";
    if (!elf_image_find_entry(file, &outline, &entry))
        return "has an entry point outside of its segments";
    image->has_multiboot = elf_image_has_multiboot(file, bytes);
    image->pvh_entry = elf_image_find_pvh(file, &outline, bytes, image);
    image->entry = (uint32_t)entry;
    return 0;
}
