/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In hv-core: the boot word mutate=NAME.
 */
#include "machine/boot_info.h"
#include "machine/log.h"
#include "mutation.h"
#include <coopvirt/string.h>

#define MUTATION_NAME_BYTES 64

const char *mutation_chosen(void)
{
    static char name[MUTATION_NAME_BYTES];
    const char *words = boot_info()->command_line;
    if (!*words)
        return 0;
    if (!*name)
        string_option(words, "mutate", name, sizeof(name));
    return name;
}

void mutation_reached(const char *name)
{
    log_info("mutation: %s is left out here", name);
}
