/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The direct entry of coopvirt/abi.h: image, modules, start-info and the pages it names go into a VM's memory, and the
 * first page tables are built. Everything is checked against the memory first. Pure but for the memory's address
 * function.
 */
#ifndef CORE_LOADER_DIRECT_H
#define CORE_LOADER_DIRECT_H

#include "core/loader.h"
#include "core/loader_tables.h"
#include <coopvirt/abi.h>
#include <stdint.h>

struct loader_direct_input {
    const struct loader_input *files;
    const struct loader_tables_world *tables;
    const struct coop_start_info *start; /* with all that does not depend on where things lie */
};

/* The state in which the kernel is entered: RIP, RSP, RSI, CR3; and what the hypervisor shares with it. */
struct loader_direct_output {
    uint64_t entry, stack, info_linear;
    coop_paddr root;
    coop_paddr info; /* struct coop_start_info, which names the rest */
};

/* NULL, or what is wrong, to be preceded by the kernel's name. The pages of VCPUs and hypercalls are zeros yet. */
const char *loader_direct_load(const struct guest_memory *memory, const struct loader_direct_input *input,
                               struct loader_direct_output *output);

#endif
