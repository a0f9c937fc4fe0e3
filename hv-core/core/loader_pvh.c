/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The "x86/HVM direct boot ABI" (Xen, docs/misc/pvh.pandoc and public/arch-x86/hvm/start_info.h): 32-bit protected
 * mode, EBX points to the start information. ACPI's root pointer is left to be found where a BIOS has it.
 */
#include "core/loader_pvh.h"
#include "core/loader_space.h"
#include <coopvirt/string.h>

#define AREA            0x90000u
#define AREA_LINE_BYTES 4096
#define HIGH_START      0x00100000u
#define START_MAGIC     0x336ec578u

struct pvh_start {
    uint32_t magic;        /* 0x00 */
    uint32_t version;      /* 0x04 */
    uint32_t flags;        /* 0x08 */
    uint32_t module_count; /* 0x0c */
    uint64_t modules;      /* 0x10 */
    uint64_t command_line; /* 0x18 */
    uint64_t acpi_root;    /* 0x20 */
    uint64_t map;          /* 0x28 */
    uint32_t map_count;    /* 0x30 */
    uint32_t reserved;     /* 0x34 */
};
_Static_assert(sizeof(struct pvh_start) == 56, "start information, version 1");

struct pvh_module {
    uint64_t start, bytes, command_line, reserved;
};

struct pvh_map_entry {
    uint64_t start, bytes;
    uint32_t type, reserved;
};

struct pvh_area {
    struct pvh_start start;
    struct pvh_module modules[LOADER_MODULES];
    struct pvh_map_entry map[GUEST_MEMORY_RANGES];
    char command_line[AREA_LINE_BYTES];
};
_Static_assert(AREA + sizeof(struct pvh_area) <= 0x9f000, "the area ends before the extended BIOS data");

#define AREA_ADDRESS(member) (AREA + offsetof(struct pvh_area, member))

static const char *loader_pvh_place_modules(const struct guest_memory *memory, const struct loader_input *input,
                                            const struct elf_image *image, struct pvh_area *area)
{
    uint64_t start = HIGH_START, end = loader_space_end(memory, HIGH_START);
    for (unsigned i = 0; i < image->count; i++) {
        uint64_t last = image->segments[i].address + image->segments[i].bytes;
        start = last > start ? last : start;
    }
    for (unsigned i = 0; i < input->module_count; i++) {
        struct pvh_module *module = &area->modules[i];
        if (!loader_space_place(memory, start, end, &input->modules[i], &module->start))
            return "has modules that do not fit into the VM's memory: give more by mem=";
        module->bytes = input->modules[i].size;
        end = module->start;
    }
    return 0;
}

static void loader_pvh_fill(const struct guest_memory *memory, const struct loader_input *input, struct pvh_area *area)
{
    for (unsigned i = 0; i < memory->count; i++) {
        const struct guest_memory_range *range = &memory->ranges[i];
        area->map[i] = (struct pvh_map_entry){range->start, range->bytes, loader_space_type(range), 0};
    }
    area->start = (struct pvh_start){.magic = START_MAGIC,
                                     .version = 1,
                                     .module_count = input->module_count,
                                     .modules = input->module_count ? AREA_ADDRESS(modules) : 0,
                                     .command_line = AREA_ADDRESS(command_line),
                                     .map = AREA_ADDRESS(map),
                                     .map_count = memory->count};
}

const char *loader_pvh_load(const struct guest_memory *memory, const struct loader_input *input,
                            const struct elf_image *image, struct loader_output *output)
{
    struct pvh_area *area = guest_memory_pointer(memory, AREA, sizeof(*area), true);
    if (!area)
        return "finds no low memory in the VM";
    for (unsigned i = 0; i < image->count; i++)
        if (image->segments[i].address < HIGH_START)
            return "has a segment below 1 MiB, where the start information goes";
    memset(area, 0, sizeof(*area));
    const char *error = loader_place_elf(memory, &input->kernel, image);
    if (!error)
        error = loader_pvh_place_modules(memory, input, image, area);
    if (error)
        return error;
    if (string_copy(area->command_line, loader_command_line(input->kernel.words), AREA_LINE_BYTES) >= AREA_LINE_BYTES)
        return "takes no command line of this length";
    loader_pvh_fill(memory, input, area);
    *output =
        (struct loader_output){.entry = image->pvh_entry, .ebx = AREA, .code_selector = 0x08, .data_selector = 0x10};
    return 0;
}
