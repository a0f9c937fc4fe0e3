/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages of processes go to swap areas when frames are short, and come back when they are touched. What can go: private
 * pages that one space alone has, not locked. The rest stays: shared memory, what a fork still shares, closed pages.
 */
#ifndef MEMORY_SWAP_H
#define MEMORY_SWAP_H

#include "memory/address_space.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * Frames were short: writes pages out. True: there are some again. What the caller has looked up is to be looked up
 * again; nothing may be held that others wait for without end. Sleeps.
 */
bool swap_make_room(void);

/* There were too few, however many: the same, but true only when pages were written. */
bool swap_make_more(void);

/* Before the return to user mode, when the kernel used its reserve (ATTENTION_MEMORY). Sleeps. */
void swap_refill(void);

/* The space of a process one thread of which still runs, or NULL. */
struct process;
struct address_space *swap_space_of(const struct process *leader);

/* The first area has come, or the last one has gone. */
void swap_keep_reserve(bool keep);

/* madvise(MADV_PAGEOUT) and (MADV_COLD) of the running process's space. The first one sleeps. */
void swap_page_out(struct address_space *space, uint64_t start, uint64_t end);
void swap_cool(struct address_space *space, uint64_t start, uint64_t end);

/*
 * A frame with the content of a page that is swapped out, one reference. 0, -ENOMEM: room was made, or there is none
 * (*frame is 0), -EAGAIN: the page has come back or gone meanwhile, -EIO. The space's reference is the caller's.
 * Sleeps.
 */
int swap_fetch(struct address_space *space, uint64_t address, uint32_t slot, coop_paddr *frame);

/* The page is mapped, or given up: its slot goes. */
void swap_forget(struct address_space *space, uint64_t address);

/* Brings all pages of an area back, whoever has them; the area has is_closing: 0, -ENOMEM, -EINTR, -EIO. Sleeps. */
struct swap_area;
int swap_empty(struct swap_area *area);

#endif
