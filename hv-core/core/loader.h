/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts a guest kernel, its modules and the boot information into a VM's memory: by Multiboot 1, else by the Linux boot
 * protocol (loader_linux.c) or PVH (loader_pvh.c), as the image asks. Everything is checked against the
 * memory first. Pure but for the memory's address function.
 */
#ifndef CORE_LOADER_H
#define CORE_LOADER_H

#include "mmu/guest_memory.h"
#include <coopvirt/multiboot.h>
#include <stdint.h>

#define LOADER_MODULES 8

struct loader_file {
    const void *bytes;
    uint64_t size;
    const char *words; /* its module string */
};

struct loader_input {
    struct loader_file kernel;
    struct loader_file modules[LOADER_MODULES];
    unsigned module_count;
};

/* The state in which the kernel is entered: flat 32-bit protected mode, and these. */
struct loader_output {
    uint32_t entry;         /* physical */
    uint32_t eax, ebx, esi; /* where the boot information is, as the protocol has it; all others are 0 */
    uint16_t code_selector, data_selector;
    uint32_t gdt; /* physical; with a limit of 0 the selectors mean nothing, as after Multiboot */
    uint16_t gdt_limit;
};

/* NULL, or what is wrong, to be preceded by the kernel's name. */
const char *loader_load(const struct guest_memory *memory, const struct loader_input *input,
                        struct loader_output *output);

struct elf_image;

/* Puts an ELF kernel's segments where they want to be. NULL, or what is wrong. */
const char *loader_place_elf(const struct guest_memory *memory, const struct loader_file *kernel,
                             const struct elf_image *image);

/* The words after `--` in a module string: the guest's command line. "" when there are none. */
const char *loader_command_line(const char *words);

#endif
