/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of an address space as a nano operation.
 */
#ifndef KERNEL_BENCHMARK_SPACE_H
#define KERNEL_BENCHMARK_SPACE_H

#include <coopvirt/abi.h>

/* All pages are this frame. */
void benchmark_space_start(coop_paddr frame);

/* Builds a space of 64 pages in 4 page tables, loads it, reads a word of each page, goes back, frees it. */
void benchmark_space_round(void);

#endif
