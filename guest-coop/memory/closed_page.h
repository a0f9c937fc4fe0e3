/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages without any permission (PROT_NONE) that hold something. No page-table entry can say that in every mode: one
 * that is not present names no frame where a hypervisor checks it. So such pages stand in a list of their space,
 * outside its page tables, until they are opened again.
 */
#ifndef MEMORY_CLOSED_PAGE_H
#define MEMORY_CLOSED_PAGE_H

#include <coopvirt/abi.h>
#include <stdint.h>

struct closed_page {
    struct closed_page *next;
    uint64_t address;
    coop_paddr frame; /* one reference */
};

/* Takes over the page's reference to its frame: 0 or -ENOMEM. */
int closed_page_keep(struct closed_page **list, uint64_t address, coop_paddr frame);

/* Takes a page in [start, end) out of the list; NULL: there is none. The caller frees the object. */
struct closed_page *closed_page_take(struct closed_page **list, uint64_t start, uint64_t end);

/* Gives up all pages in [start, end): how many. */
uint64_t closed_page_drop(struct closed_page **list, uint64_t start, uint64_t end);

/* The copy holds the same frames: how many, or -ENOMEM. */
long closed_page_clone(struct closed_page **copy, const struct closed_page *list);

void closed_page_move(struct closed_page *list, uint64_t start, uint64_t end, uint64_t distance);

#endif
