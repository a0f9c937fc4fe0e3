/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way into a VM by the direct entry: where its tables are direct, or its kernel has no ring 0.
 */
#ifndef CORE_CORE_DIRECT_H
#define CORE_CORE_DIRECT_H

#include "core/loader.h"

struct vm;

/* Loads the kernel, builds its first tables, and prepares VCPU 0. NULL, or what is wrong, to be preceded by the
 * kernel's name. */
const char *core_direct_load(struct vm *vm, const struct loader_input *files);

#endif
