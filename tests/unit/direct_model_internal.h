/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the model's state (direct_model.c) and what is done to it (direct_model_steps.c).
 */
#ifndef DIRECT_MODEL_INTERNAL_H
#define DIRECT_MODEL_INTERNAL_H

#include "direct_model.h"

#define MODEL_SLOTS 4u

/* The slots of a table that are used: few, so that everything meets. */
extern const unsigned model_slots[5][MODEL_SLOTS];

/* The hypervisor's own, in every top-level table. */
extern uint64_t model_top_slots[DIRECT_TOP_SLOTS];

void model_complain(struct model *model, const char *what);
uint32_t model_choose(struct model *model, uint32_t below);
bool model_chance(struct model *model, uint32_t percent);
unsigned model_type(const struct model *model, coop_paddr address);
unsigned model_level(unsigned type);
bool model_is_top(unsigned level, unsigned index);
unsigned model_references(const struct model *model, coop_paddr frame);
void model_forget_root(void *context, coop_paddr root);

#endif
