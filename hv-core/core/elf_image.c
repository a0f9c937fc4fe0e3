/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading headers: each is copied out of the file after its place has been checked.
 */
#include "core/elf_image.h"
#include <coopvirt/abi.h>
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

/* Its name and its value follow, each padded to 4 bytes. */
struct elf_note {
    uint32_t name_bytes, bytes, type;
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
    image->segments[image->count++] = (struct elf_image_segment){segment->offset, segment->filesz, segment->paddr,
                                                                 segment->memsz,  segment->vaddr,  segment->flags};
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

static bool elf_image_is_note(const uint8_t *name, const struct elf_note *note, const char *owner, size_t bytes)
{
    return note->name_bytes == bytes && !memcmp(name, owner, bytes);
}

static void elf_image_take_note(struct elf_image *image, const struct elf_note *note, const uint8_t *name,
                                const uint8_t *value)
{
    uint32_t entry;
    if (elf_image_is_note(name, note, "Xen", sizeof("Xen")) && note->type == NOTE_PVH_ENTRY && note->bytes >= 4) {
        memcpy(&entry, value, sizeof(entry));
        if (!image->pvh_entry && elf_image_contains(image, entry))
            image->pvh_entry = entry;
    }
    if (!elf_image_is_note(name, note, COOP_NOTE_OWNER, sizeof(COOP_NOTE_OWNER)) || note->bytes != sizeof(uint64_t))
        return;
    if (note->type == COOP_NOTE_ENTRY)
        memcpy(&image->direct_entry, value, sizeof(uint64_t));
    if (note->type == COOP_NOTE_DIRECT_MAP)
        memcpy(&image->direct_map, value, sizeof(uint64_t));
}

/* What one segment of notes tells. System V ABI, "Note Section". */
static void elf_image_take_notes(struct elf_image *image, const uint8_t *notes, uint64_t bytes)
{
    struct elf_note note;
    for (uint64_t at = 0; at <= bytes && bytes - at >= sizeof(note);) {
        memcpy(&note, notes + at, sizeof(note));
        uint64_t name = at + sizeof(note), value = name + (((uint64_t)note.name_bytes + 3) & ~3ul);
        at = value + (((uint64_t)note.bytes + 3) & ~3ul);
        if (at <= bytes)
            elf_image_take_note(image, &note, notes + name, notes + value);
    }
}

static void elf_image_find_notes(const uint8_t *file, const struct elf_outline *outline, size_t bytes,
                                 struct elf_image *image)
{
    image->pvh_entry = 0;
    image->direct_entry = image->direct_map = 0;
    for (unsigned i = 0; i < outline->count; i++) {
        struct elf64_segment segment = elf_image_segment(file, outline, i);
        if (segment.type == ELF_SEGMENT_NOTE && elf_image_holds(bytes, segment.offset, segment.filesz))
            elf_image_take_notes(image, file + segment.offset, segment.filesz);
    }
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
        if (!outline.is_64) /* objcopy keeps the low halves of the addresses of a kernel in the last 2 GiB */
            image->segments[image->count - 1].linear = (uint64_t)(int64_t)(int32_t)segment.vaddr;
    }
    if (!image->count)
        return "has nothing to load";
    if (!elf_image_find_entry(file, &outline, &entry))
        return "has an entry point outside of its segments";
    image->has_multiboot = elf_image_has_multiboot(file, bytes);
    elf_image_find_notes(file, &outline, bytes, image);
    image->entry = (uint32_t)entry;
    return 0;
}
