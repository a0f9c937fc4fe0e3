/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multiboot 1 as a boot loader gives it: information, strings and memory map at 0x9000, modules as high as possible
 * below 4 GiB. Multiboot 0.6.96, section 3.3.
 */
#include "core/loader.h"
#include "core/elf_image.h"
#include "core/linux_image.h"
#include "core/loader_linux.h"
#include "core/loader_pvh.h"
#include "core/loader_space.h"
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

#define LOADER_AREA       0x9000u /* what is written here ends before 0x9f000 */
#define LOADER_AREA_BYTES 0x10000u
#define LOADER_LINE_BYTES 4096
#define LOADER_LOW_LIMIT  0x100000000ul
#define LOADER_HIGH_START 0x00100000u /* where 'upper memory' begins */

/* What is laid down at LOADER_AREA. */
struct loader_area {
    struct multiboot_info info;
    struct multiboot_module modules[LOADER_MODULES];
    struct multiboot_mmap_entry map[GUEST_MEMORY_RANGES + 1];
    char name[16];
    char command_line[LOADER_LINE_BYTES];
    char module_lines[LOADER_MODULES][512];
};
_Static_assert(sizeof(struct loader_area) < LOADER_AREA_BYTES, "the Multiboot information fits");

#define AREA_ADDRESS(member) ((uint32_t)(LOADER_AREA + offsetof(struct loader_area, member)))

const char *loader_command_line(const char *words)
{
    for (const char *at = words; *at; at++)
        if (at[0] == '-' && at[1] == '-' && (at == words || at[-1] == ' ') && (at[2] == ' ' || !at[2]))
            return at[2] ? at + 3 : at + 2;
    return "";
}

static bool loader_clear(const struct guest_memory *memory, coop_paddr address, uint64_t bytes)
{
    static const char zeros[X86_PAGE_BYTES];
    for (uint64_t part; bytes; address += part, bytes -= part) {
        part = bytes < sizeof(zeros) ? bytes : sizeof(zeros);
        if (!guest_memory_write(memory, address, zeros, part))
            return false;
    }
    return true;
}

const char *loader_place_elf(const struct guest_memory *memory, const struct loader_file *kernel,
                             const struct elf_image *image)
{
    for (unsigned i = 0; i < image->count; i++) {
        const struct elf_image_segment *segment = &image->segments[i];
        if (segment->address < LOADER_AREA + LOADER_AREA_BYTES && segment->address + segment->bytes > LOADER_AREA)
            return "has a segment where the Multiboot information goes";
        if (!guest_memory_write(memory, segment->address, (const char *)kernel->bytes + segment->offset,
                                segment->file_bytes) ||
            !loader_clear(memory, segment->address + segment->file_bytes, segment->bytes - segment->file_bytes))
            return "does not fit into the VM's memory: give more by mem=";
    }
    return 0;
}

/* The end of the highest range below 4 GiB, and where the kernel ends in it. */
static void loader_free_space(const struct guest_memory *memory, const struct elf_image *image, uint64_t *start,
                              uint64_t *end)
{
    *start = *end = 0;
    for (unsigned i = 0; i < memory->count; i++) {
        const struct guest_memory_range *range = &memory->ranges[i];
        if (range->is_writable && range->start + range->bytes <= LOADER_LOW_LIMIT) {
            *start = range->start;
            *end = range->start + range->bytes;
        }
    }
    for (unsigned i = 0; i < image->count; i++) {
        uint64_t last = image->segments[i].address + image->segments[i].bytes;
        if (last > *start && last <= *end)
            *start = last;
    }
}

static const char *loader_place_modules(const struct guest_memory *memory, const struct loader_input *input,
                                        const struct elf_image *image, struct loader_area *area)
{
    uint64_t start, end;
    loader_free_space(memory, image, &start, &end);
    for (unsigned i = 0; i < input->module_count; i++) {
        const struct loader_file *module = &input->modules[i];
        uint64_t bytes = (module->size + X86_PAGE_BYTES - 1) & ~(X86_PAGE_BYTES - 1);
        if (bytes < module->size || end < start || bytes > end - start)
            return "has modules that do not fit into the VM's memory: give more by mem=";
        end = (end - bytes) & ~(X86_PAGE_BYTES - 1);
        if (end < start || !guest_memory_write(memory, end, module->bytes, module->size))
            return "has modules that do not fit into the VM's memory: give more by mem=";
        area->modules[i] = (struct multiboot_module){
            .start = (uint32_t)end,
            .end = (uint32_t)(end + module->size),
            .cmdline = AREA_ADDRESS(module_lines) + i * (uint32_t)sizeof(area->module_lines[0]),
        };
        string_copy(area->module_lines[i], module->words, sizeof(area->module_lines[0]));
    }
    return 0;
}

static struct multiboot_mmap_entry loader_map_entry(uint64_t base, uint64_t length, uint32_t type)
{
    return (struct multiboot_mmap_entry){sizeof(struct multiboot_mmap_entry) - 4, base, length, type};
}

static void loader_fill_map(const struct guest_memory *memory, struct loader_area *area)
{
    unsigned count = 0;
    for (unsigned i = 0; i < memory->count; i++) {
        const struct guest_memory_range *range = &memory->ranges[i];
        area->map[count++] = loader_map_entry(range->start, range->bytes, loader_space_type(range));
        if (range->is_writable && range->start == LOADER_HIGH_START)
            area->info.mem_upper = (uint32_t)(range->bytes / 1024);
        if (range->start == 0)
            area->info.mem_lower = (uint32_t)(range->bytes / 1024);
    }
    area->info.mmap_length = count * (uint32_t)sizeof(area->map[0]);
    area->info.mmap_addr = AREA_ADDRESS(map);
}

static void loader_fill_info(const struct loader_input *input, struct loader_area *area)
{
    string_copy(area->name, "hv-core", sizeof(area->name));
    string_copy(area->command_line, loader_command_line(input->kernel.words), sizeof(area->command_line));
    area->info.flags = MULTIBOOT_INFO_MEMORY | MULTIBOOT_INFO_CMDLINE | MULTIBOOT_INFO_MODULES |
                       MULTIBOOT_INFO_MEMORY_MAP | MULTIBOOT_INFO_LOADER_NAME;
    area->info.cmdline = AREA_ADDRESS(command_line);
    area->info.mods_count = input->module_count;
    area->info.mods_addr = AREA_ADDRESS(modules);
    area->info.boot_loader_name = AREA_ADDRESS(name);
}

static const char *loader_multiboot_load(const struct guest_memory *memory, const struct loader_input *input,
                                         const struct elf_image *image, struct loader_output *output)
{
    struct loader_area *area = guest_memory_pointer(memory, LOADER_AREA, sizeof(*area), true);
    if (!area)
        return "finds no low memory in the VM";
    memset(area, 0, sizeof(*area));
    const char *error = loader_place_elf(memory, &input->kernel, image);
    if (!error)
        error = loader_place_modules(memory, input, image, area);
    if (error)
        return error;
    loader_fill_info(input, area);
    loader_fill_map(memory, area);
    *output = (struct loader_output){.entry = image->entry,
                                     .eax = MULTIBOOT_BOOT_MAGIC,
                                     .ebx = LOADER_AREA,
                                     .code_selector = 0x08,
                                     .data_selector = 0x10};
    return 0;
}

const char *loader_load(const struct guest_memory *memory, const struct loader_input *input,
                        struct loader_output *output)
{
    struct elf_image image;
    if (linux_image_is(input->kernel.bytes, input->kernel.size))
        return loader_linux_load(memory, input, output);
    const char *error = elf_image_read(input->kernel.bytes, input->kernel.size, &image);
    if (error)
        return error;
    if (image.has_multiboot)
        return loader_multiboot_load(memory, input, &image, output);
    if (image.pvh_entry)
        return loader_pvh_load(memory, input, &image, output);
    return "has no Multiboot header that can be met, and no PVH entry";
}
