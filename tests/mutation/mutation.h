/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the name that a run leaves out comes from: the boot words of the hypervisor, or the environment of a host test.
 */
#ifndef MUTATION_H
#define MUTATION_H

/* The name, "" when nothing is left out, NULL while it is not known yet. */
const char *mutation_chosen(void);

/* Says that a place of this name was reached with the name left out: without that, a run proves nothing. */
void mutation_reached(const char *name);

#endif
