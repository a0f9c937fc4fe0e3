/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In hv-core: the boot word mutate=NAME. Places in assembly cannot ask: they are told when the first of C asks, which
 * is before any guest runs.
 */
#include "machine/boot_info.h"
#include "machine/log.h"
#include "mutation.h"
#include <coopvirt/mutation.h>
#include <coopvirt/string.h>

#define MUTATION_NAME_BYTES 64

extern struct mutation_site mutation_sites_start[], mutation_sites_end[]; /* boot/hv-core.ld */

static void mutation_tell(const char *name)
{
    for (struct mutation_site *site = mutation_sites_start; site < mutation_sites_end; site++) {
        bool is_left_out = !strcmp(site->name, name);
        site->verdict = is_left_out ? MUTATION_LEFT_OUT : MUTATION_IN_FORCE;
        if (is_left_out)
            mutation_reached(name);
    }
}

const char *mutation_chosen(void)
{
    static char name[MUTATION_NAME_BYTES];
    const char *words = boot_info()->command_line;
    if (!*words)
        return 0;
    if (!*name && string_option(words, "mutate", name, sizeof(name)) > 0)
        mutation_tell(name);
    return name;
}

void mutation_reached(const char *name)
{
    log_info("mutation: %s is left out here", name);
}
