/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answer to MUTATED(name), in the hypervisor and in host tests alike.
 */
#include "mutation.h"
#include <coopvirt/mutation.h>
#include <coopvirt/string.h>

bool mutation_ask(struct mutation_site *site)
{
    const char *chosen = mutation_chosen();
    if (!chosen)
        return false;
    bool is_left_out = !strcmp(site->name, chosen);
    site->verdict = is_left_out ? MUTATION_LEFT_OUT : MUTATION_IN_FORCE;
    if (is_left_out)
        mutation_reached(site->name);
    return is_left_out;
}
