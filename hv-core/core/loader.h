/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts a guest kernel, its modules and the Multiboot information into a VM's memory. Everything is checked against the
 * memory first. Pure but for the memory's address function.
 */
#ifndef CORE_LOADER_H
#define CORE_LOADER_H

#include "mmu/guest_memory.h"
#include <coopvirt/multiboot.h>
#include <stddef.h>
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

struct loader_output {
    uint32_t entry;       /* physical */
    uint32_t information; /* physical address of the Multiboot information */
};

/* NULL, or what is wrong, to be preceded by the kernel's name. */
const char *loader_load(const struct guest_memory *memory, const struct loader_input *input,
                        struct loader_output *output);

/* The words after `--` in a module string: the guest's command line. "" when there are none. */
const char *loader_command_line(const char *words);

#endif
