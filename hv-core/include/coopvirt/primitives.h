/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one page-clear and page-copy primitive of hypervisor and guest: in emulators a
 * repeated string instruction counts one per iteration, so that a figure is only fair
 * when both kernels move memory by the same instruction (512 iterations a page).
 */
#ifndef COOPVIRT_PRIMITIVES_H
#define COOPVIRT_PRIMITIVES_H

#include <stdint.h>

/* Zeroes `quadwords` 8-byte words; `to` 8-byte aligned. */
static inline void quadwords_clear(void *to, uint64_t quadwords)
{
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(quadwords) : "a"(0ul) : "memory");
}

/* Copies `quadwords` 8-byte words; both 8-byte aligned, not overlapping. */
static inline void quadwords_copy(void *to, const void *from, uint64_t quadwords)
{
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(quadwords) : : "memory");
}

static inline void page_clear(void *page) { quadwords_clear(page, 512); }
static inline void page_copy(void *to, const void *from) { quadwords_copy(to, from, 512); }

#endif
