/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the guest loader with any image: as it is, then with the marks of each boot protocol put into it. Whatever the
 * file says, nothing outside of it is read and nothing outside of the guest's memory is written; an accepted kernel is
 * entered in its own memory.
 */
#include "core/elf_image.h"
#include "core/loader.h"
#include <coopvirt/elf.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_BYTES 0x800000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *ram;

static void *fuzz_address(coop_paddr machine)
{
    return ram + machine;
}

static void try(const void *bytes, size_t size)
{
    static const struct guest_memory_range ranges[] = {
        {0, 0xa0000, 0, true},
        {0xe0000, 0x20000, 0xe0000, false},
        {0x100000, 0x300000, 0x100000, true},
        {0x400000, MEMORY_BYTES - 0x400000, 0x400000, true},
    };
    struct guest_memory memory = {.address = fuzz_address};
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        guest_memory_add(&memory, &ranges[i]);
    struct loader_input input = {.kernel = {bytes, size, "role=kernel -- console=ttyS0"},
                                 .modules = {{"initrd", 7, "role=initrd"}}, .module_count = 1};
    struct loader_output output;
    if (!loader_load(&memory, &input, &output) && !guest_memory_find(&memory, output.entry))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!ram)
        ram = malloc(MEMORY_BYTES); /* exactly the machine memory that the ranges name */
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    try(copy, size);
    if (size > 0x264) {
        memcpy(copy + 0x202, "HdrS\x0f\x02", 6);
        copy[0x201] = 0x6a;
        try(copy, size);
    }
    struct elf64_header header = {.magic = ELF_MAGIC, .class = ELF_CLASS_64, .data = 1, .machine = ELF_MACHINE_X86_64,
                                  .phoff = sizeof(header), .phentsize = 56};
    if (size > sizeof(header)) {
        header.entry = copy[0] << 12;
        header.phnum = copy[1] & 7;
        memcpy(copy, &header, sizeof(header));
        if (size > 0x206)
            memset(copy + 0x202, 0, 4);
        try(copy, size);
    }
    free(copy);
    return 0;
}
