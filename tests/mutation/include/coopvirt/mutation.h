/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mutation build finds this header before hv-core's own of the same name: here every MUTATED(name) asks whether
 * `name` is what this run leaves out. Each place asks once and remembers.
 */
#ifndef COOPVIRT_MUTATION_H
#define COOPVIRT_MUTATION_H

#include <stdbool.h>

enum mutation_verdict { MUTATION_UNASKED, MUTATION_IN_FORCE, MUTATION_LEFT_OUT };

struct mutation_site {
    const char *name;
    enum mutation_verdict verdict;
};

bool mutation_ask(struct mutation_site *site);

#define MUTATED(name)                                                                                                  \
    __extension__({                                                                                                    \
        static struct mutation_site mutation_here = {#name, MUTATION_UNASKED};                                         \
        mutation_here.verdict == MUTATION_UNASKED ? mutation_ask(&mutation_here)                                       \
                                                  : mutation_here.verdict == MUTATION_LEFT_OUT;                        \
    })

#endif
