/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In host tests: MUTATE=NAME in the environment.
 */
#include "mutation.h"
#include <stdio.h>
#include <stdlib.h>

const char *mutation_chosen(void)
{
    const char *name = getenv("MUTATE");
    return name ? name : "";
}

void mutation_reached(const char *name)
{
    fprintf(stderr, "mutation: %s is left out here\n", name);
}
