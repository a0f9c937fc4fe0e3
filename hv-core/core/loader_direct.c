/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is laid down is taken from the start of each piece of memory, so that what remains is free in one run.
 */
#include "core/loader_direct.h"
#include "core/elf_image.h"
#include "core/loader_space.h"
#include <coopvirt/elf.h>
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

#define WORDS_BYTES 4096
#define UPPER_HALF  0xffff800000000000ul
#define SLOT_BYTES  (1ul << 39)

static const char no_room[] = "does not fit into the VM's memory: give more by mem=";

struct loader_direct {
    const struct guest_memory *memory;
    const struct loader_direct_input *input;
    struct elf_image image;
    uint64_t used[GUEST_MEMORY_RANGES]; /* bytes at the start of each range */
    struct loader_tables tables;
    coop_paddr stack, info_page;
    struct coop_start_info info;
};

static uint64_t loader_direct_round(uint64_t bytes)
{
    return (bytes + X86_PAGE_BYTES - 1) & ~(X86_PAGE_BYTES - 1);
}

static bool loader_direct_is_ram(const struct guest_memory_range *range)
{
    return loader_space_type(range) == MULTIBOOT_MEMORY_AVAILABLE;
}

/* Nothing is put at address 0, which in the start-info says that there is nothing. */
static void loader_direct_skip_0(struct loader_direct *loader)
{
    for (unsigned i = 0; i < loader->memory->count; i++)
        if (loader->memory->ranges[i].start == 0 && loader->memory->ranges[i].bytes >= X86_PAGE_BYTES)
            loader->used[i] = X86_PAGE_BYTES;
}

/* Whole pages in one run. False when no piece has room for them. */
static bool loader_direct_take(struct loader_direct *loader, uint64_t bytes, coop_paddr *address)
{
    if (bytes > UINT64_MAX - X86_PAGE_BYTES)
        return false;
    bytes = loader_direct_round(bytes);
    for (unsigned i = 0; i < loader->memory->count; i++) {
        const struct guest_memory_range *range = &loader->memory->ranges[i];
        if (!loader_direct_is_ram(range) || bytes > range->bytes - loader->used[i])
            continue;
        *address = range->start + loader->used[i];
        loader->used[i] += bytes;
        return true;
    }
    return false;
}

/* Takes pages for some bytes and puts these there. */
static bool loader_direct_put(struct loader_direct *loader, const void *from, uint64_t bytes, coop_paddr *address)
{
    return loader_direct_take(loader, bytes, address) && guest_memory_write(loader->memory, *address, from, bytes);
}

static const char *loader_direct_check(const struct loader_direct *loader)
{
    const struct elf_image *image = &loader->image;
    uint64_t map = image->direct_map;
    if (!image->direct_entry || !map)
        return "has no direct entry (notes of owner Coopvirt), which this mode needs";
    if (map % SLOT_BYTES || map < UPPER_HALF || (map - UPPER_HALF) / SLOT_BYTES <= COOP_SLOT_LAST - COOP_SLOT_FIRST)
        return "wants its memory mapped where the hypervisor is, or not at the start of a top-level slot";
    for (unsigned i = 0; i < image->count; i++) {
        const struct elf_image_segment *segment = &image->segments[i];
        if (segment->linear < UPPER_HALF)
            continue;
        if (segment->linear < map || segment->linear + segment->bytes < segment->linear)
            return "has a segment below the map of its memory";
        if ((segment->linear ^ segment->address) & (X86_PAGE_BYTES - 1))
            return "has a segment that cannot be mapped by pages";
    }
    return 0;
}

static const char *loader_direct_place_image(struct loader_direct *loader)
{
    const struct elf_image *image = &loader->image;
    const struct loader_file *file = &loader->input->files->kernel;
    uint64_t first = UINT64_MAX, end = 0;
    for (unsigned i = 0; i < image->count; i++) {
        const struct elf_image_segment *segment = &image->segments[i];
        first = segment->address < first ? segment->address : first;
        end = segment->address + segment->bytes > end ? segment->address + segment->bytes : end;
    }
    first &= ~(X86_PAGE_BYTES - 1);
    loader->info.image_bytes = end - first;
    if (!loader_direct_take(loader, end - first, &loader->info.image))
        return no_room;
    for (unsigned i = 0; i < image->count; i++) {
        const struct elf_image_segment *segment = &image->segments[i];
        if (!guest_memory_write(loader->memory, loader->info.image + (segment->address - first),
                                (const char *)file->bytes + segment->offset, segment->file_bytes))
            return no_room;
    }
    return 0;
}

/* The words of a module behind its name: a page each at most. */
static bool loader_direct_put_words(struct loader_direct *loader, const char *words, coop_paddr *address)
{
    size_t length = strlen(words);
    return length < WORDS_BYTES && loader_direct_put(loader, words, length + 1, address);
}

static const char *loader_direct_place_files(struct loader_direct *loader)
{
    const struct loader_input *files = loader->input->files;
    struct coop_start_info *info = &loader->info;
    if (files->module_count > COOP_MODULES)
        return "has more modules than the start-info names";
    for (unsigned i = 0; i < files->module_count; i++) {
        struct coop_module *module = &info->modules[i];
        module->bytes = files->modules[i].size;
        if (!loader_direct_put(loader, files->modules[i].bytes, module->bytes, &module->base) ||
            !loader_direct_put_words(loader, files->modules[i].words, &module->words))
            return "has modules that do not fit into the VM's memory: give more by mem=";
    }
    info->module_count = files->module_count;
    return loader_direct_put_words(loader, loader_command_line(files->kernel.words), &info->command_line) ? 0 : no_room;
}

/* The pages that are shared or handed over, and the zone of the page tables. */
static const char *loader_direct_place_pages(struct loader_direct *loader)
{
    struct coop_start_info *info = &loader->info;
    struct loader_tables *tables = &loader->tables;
    tables->frames = 1;
    for (unsigned i = 0; i < loader->memory->count; i++)
        tables->frames += loader_tables_most(loader->memory->ranges[i].bytes);
    for (unsigned i = 0; i < loader->image.count; i++)
        tables->frames += loader_tables_most(loader->image.segments[i].bytes);
    if (!loader_direct_take(loader, X86_PAGE_BYTES, &loader->info_page) ||
        !loader_direct_take(loader, COOP_ENTRY_STACK_BYTES, &loader->stack) ||
        !loader_direct_take(loader, (uint64_t)info->vcpus * X86_PAGE_BYTES, &info->vcpu) ||
        !loader_direct_take(loader, X86_PAGE_BYTES, &info->hypercall_page) ||
        !loader_direct_take(loader, tables->frames * X86_PAGE_BYTES, &tables->zone))
        return no_room;
    return 0;
}

static uint64_t loader_direct_bits(const struct elf_image_segment *segment)
{
    return (segment->flags & ELF_FLAG_W ? X86_PTE_W : 0) | (segment->flags & ELF_FLAG_X ? 0 : X86_PTE_NX);
}

/* A segment's pages; where two share one, the later decides. */
static bool loader_direct_map_segment(struct loader_direct *loader, const struct elf_image_segment *segment,
                                      bool is_entries)
{
    uint64_t offset = segment->linear % X86_PAGE_BYTES, first = loader->image.segments[0].address;
    for (unsigned i = 1; i < loader->image.count; i++)
        first = loader->image.segments[i].address < first ? loader->image.segments[i].address : first;
    if (segment->linear < UPPER_HALF)
        return true;
    if (!is_entries)
        return loader_tables_cover(&loader->tables, segment->linear - offset, segment->bytes + offset);
    coop_paddr machine = loader->info.image + (segment->address - (first & ~(X86_PAGE_BYTES - 1))) - offset;
    return loader_tables_map(&loader->tables, segment->linear - offset, machine, segment->bytes + offset,
                             loader_direct_bits(segment));
}

/* [from, to) of the map of all memory, in runs of the same rights. */
static bool loader_direct_map_memory(const struct loader_direct *loader, coop_paddr from, coop_paddr to)
{
    const struct loader_tables *tables = &loader->tables;
    coop_paddr zone_end = tables->zone + tables->used * X86_PAGE_BYTES, call = loader->info.hypercall_page;
    while (from < to) {
        uint64_t bits = X86_PTE_W | X86_PTE_NX;
        coop_paddr end = to;
        if (from == call) {
            bits = 0;
            end = call + X86_PAGE_BYTES;
        } else if (from >= tables->zone && from < zone_end) {
            bits = X86_PTE_NX;
            end = zone_end < to ? zone_end : to;
        } else {
            end = from < call && call < end ? call : end;
            end = from < tables->zone && tables->zone < end ? tables->zone : end;
        }
        if (!loader_tables_map(tables, loader->image.direct_map + from, from, end - from, bits))
            return false;
        from = end;
    }
    return true;
}

static bool loader_direct_build(struct loader_direct *loader)
{
    for (unsigned is_entries = 0; is_entries < 2; is_entries++) {
        for (unsigned i = 0; i < loader->image.count; i++)
            if (!loader_direct_map_segment(loader, &loader->image.segments[i], is_entries))
                return false;
        for (unsigned i = 0; i < loader->memory->count; i++) {
            const struct guest_memory_range *range = &loader->memory->ranges[i];
            if (!loader_direct_is_ram(range))
                continue;
            if (!is_entries &&
                !loader_tables_cover(&loader->tables, loader->image.direct_map + range->start, range->bytes))
                return false;
            if (is_entries && !loader_direct_map_memory(loader, range->start, range->start + range->bytes))
                return false;
        }
    }
    return true;
}

static void loader_direct_add_extent(struct coop_start_info *info, coop_paddr base, uint64_t bytes, uint32_t type)
{
    if (bytes && info->extent_count < COOP_EXTENTS)
        info->extents[info->extent_count++] = (struct coop_extent){base, bytes, type, 0};
}

static void loader_direct_fill_info(struct loader_direct *loader)
{
    struct coop_start_info *info = &loader->info;
    info->root = loader->tables.zone;
    info->direct_map = loader->image.direct_map;
    for (unsigned i = 0; i < loader->memory->count; i++) {
        const struct guest_memory_range *range = &loader->memory->ranges[i];
        uint64_t used = loader->used[i];
        if (!loader_direct_is_ram(range))
            continue;
        loader_direct_add_extent(info, range->start, used, COOP_EXTENT_BOOT);
        loader_direct_add_extent(info, range->start + used, range->bytes - used, COOP_EXTENT_FREE);
    }
}

static const char *loader_direct_place(struct loader_direct *loader)
{
    const char *error = loader_direct_check(loader);
    if (!error)
        error = loader_direct_place_image(loader);
    if (!error)
        error = loader_direct_place_files(loader);
    if (!error)
        error = loader_direct_place_pages(loader);
    return error;
}

const char *loader_direct_load(const struct guest_memory *memory, const struct loader_direct_input *input,
                               struct loader_direct_output *output)
{
    struct loader_direct loader = {
        .memory = memory,
        .input = input,
        .tables = {.world = input->tables, .memory = memory},
        .info = *input->start,
    };
    const struct loader_file *kernel = &input->files->kernel;
    const char *error = elf_image_read(kernel->bytes, kernel->size, &loader.image);
    loader_direct_skip_0(&loader);
    if (!error)
        error = loader_direct_place(&loader);
    if (error)
        return error;
    loader_direct_fill_info(&loader);
    if (!guest_memory_write(memory, loader.info_page, &loader.info, sizeof(loader.info)) ||
        !loader_direct_build(&loader))
        return "has page tables that cannot be built as it wants them";
    *output = (struct loader_direct_output){
        .entry = loader.image.direct_entry,
        .stack = loader.image.direct_map + loader.stack + COOP_ENTRY_STACK_BYTES,
        .info_linear = loader.image.direct_map + loader.info_page,
        .root = loader.tables.zone,
        .info = loader.info_page,
    };
    return 0;
}
