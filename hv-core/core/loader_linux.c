/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux, Documentation/arch/x86/boot.rst, "32-bit Boot Protocol", and zero-page.rst: boot parameters, command line and
 * descriptor table below 640 KiB, the kernel where it wants to be, the ramdisk as high as possible.
 */
#include "core/loader_linux.h"
#include "core/linux_image.h"
#include "core/loader_space.h"
#include <coopvirt/string.h>

#define AREA            0x90000u /* where boot loaders have always put the real-mode part */
#define AREA_LINE_BYTES 4096u
#define HIGH_START      0x00100000u
#define LOADER_UNKNOWN  0xff
#define SELECTOR_CODE   0x10                  /* __BOOT_CS */
#define SELECTOR_DATA   0x18                  /* __BOOT_DS */
#define DESCRIPTOR_CODE 0x00cf9b000000ffffull /* flat, 32 bits */
#define DESCRIPTOR_DATA 0x00cf93000000ffffull
#define MAP_ENTRIES     128
_Static_assert(GUEST_MEMORY_RANGES <= MAP_ENTRIES, "the memory map fits");

struct linux_map_entry {
    uint64_t start;
    uint64_t bytes;
    uint32_t type;
} __attribute__((packed));

/* struct boot_params, as far as it is filled in here. */
struct linux_parameters {
    uint8_t unused0[0x1e8];
    uint8_t map_count; /* 0x1e8 */
    uint8_t unused1[0x210 - 0x1e9];
    uint8_t loader; /* 0x210 */
    uint8_t unused2[0x214 - 0x211];
    uint32_t entry;        /* 0x214 */
    uint32_t initrd;       /* 0x218 */
    uint32_t initrd_bytes; /* 0x21c */
    uint8_t unused3[0x228 - 0x220];
    uint32_t command_line; /* 0x228 */
    uint8_t unused4[0x2d0 - 0x22c];
    struct linux_map_entry map[MAP_ENTRIES]; /* 0x2d0 */
    uint8_t unused5[0x1000 - 0x2d0 - MAP_ENTRIES * sizeof(struct linux_map_entry)];
} __attribute__((packed));
_Static_assert(sizeof(struct linux_parameters) == 4096, "the zero page");

struct linux_area {
    struct linux_parameters parameters;
    char command_line[AREA_LINE_BYTES];
    uint64_t descriptors[4];
};
_Static_assert(AREA + sizeof(struct linux_area) <= 0x9f000, "the area ends before the extended BIOS data");

static const char *loader_linux_place_kernel(const struct guest_memory *memory, const struct loader_file *kernel,
                                             const struct linux_image *image)
{
    if (image->end > HIGH_START && image->end > loader_space_end(memory, HIGH_START))
        return "does not fit into the VM's memory: give more by mem=";
    if (!guest_memory_write(memory, image->address, (const char *)kernel->bytes + image->offset, image->bytes))
        return "does not fit into the VM's memory: give more by mem=";
    return 0;
}

static const char *loader_linux_place_initrd(const struct guest_memory *memory, const struct loader_input *input,
                                             const struct linux_image *image, struct linux_parameters *parameters)
{
    uint64_t start = image->end > HIGH_START ? image->end : HIGH_START, address;
    uint64_t end = loader_space_end(memory, start);
    if (!input->module_count)
        return 0;
    if (end > image->initrd_end)
        end = image->initrd_end;
    if (!loader_space_place(memory, start, end, &input->modules[0], &address))
        return "has modules that do not fit into the VM's memory: give more by mem=";
    parameters->initrd = (uint32_t)address;
    parameters->initrd_bytes = (uint32_t)input->modules[0].size;
    return 0;
}

static void loader_linux_fill(const struct guest_memory *memory, const struct linux_image *image,
                              struct linux_area *area)
{
    struct linux_parameters *parameters = &area->parameters;
    for (unsigned i = 0; i < memory->count; i++) {
        const struct guest_memory_range *range = &memory->ranges[i];
        parameters->map[i] = (struct linux_map_entry){range->start, range->bytes, loader_space_type(range)};
    }
    parameters->map_count = (uint8_t)memory->count;
    parameters->loader = LOADER_UNKNOWN;
    parameters->entry = image->address;
    parameters->command_line = AREA + offsetof(struct linux_area, command_line);
    area->descriptors[SELECTOR_CODE / 8] = DESCRIPTOR_CODE;
    area->descriptors[SELECTOR_DATA / 8] = DESCRIPTOR_DATA;
}

static const char *loader_linux_command_line(const struct loader_input *input, const struct linux_image *image,
                                             struct linux_area *area)
{
    const char *line = loader_command_line(input->kernel.words);
    size_t length = string_copy(area->command_line, line, sizeof(area->command_line));
    if (length >= sizeof(area->command_line) || length > image->command_line_size)
        return "takes no command line of this length";
    return 0;
}

const char *loader_linux_load(const struct guest_memory *memory, const struct loader_input *input,
                              struct loader_output *output)
{
    struct linux_image image;
    const char *error = linux_image_read(input->kernel.bytes, input->kernel.size, &image);
    if (error)
        return error;
    struct linux_area *area = guest_memory_pointer(memory, AREA, sizeof(*area), true);
    if (!area)
        return "finds no low memory in the VM";
    memset(area, 0, sizeof(*area));
    memcpy((char *)&area->parameters + LINUX_IMAGE_HEADER, (const char *)input->kernel.bytes + LINUX_IMAGE_HEADER,
           image.header_end - LINUX_IMAGE_HEADER);
    error = loader_linux_command_line(input, &image, area);
    if (!error)
        error = loader_linux_place_kernel(memory, &input->kernel, &image);
    if (!error)
        error = loader_linux_place_initrd(memory, input, &image, &area->parameters);
    if (error)
        return error;
    loader_linux_fill(memory, &image, area);
    *output = (struct loader_output){.entry = image.address,
                                     .esi = AREA,
                                     .code_selector = SELECTOR_CODE,
                                     .data_selector = SELECTOR_DATA,
                                     .gdt = AREA + offsetof(struct linux_area, descriptors),
                                     .gdt_limit = sizeof(area->descriptors) - 1};
    return 0;
}
