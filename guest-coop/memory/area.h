/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The areas of an address space: what is mapped where, in order of addresses, none overlapping. An area says
 * what a page fault in it has to do; the page tables only cache that. Pure.
 */
#ifndef MEMORY_AREA_H
#define MEMORY_AREA_H

#include <stdbool.h>
#include <stdint.h>

struct file;

/* Protection: PROT_* of mmap(2). */
#define AREA_READ  1u
#define AREA_WRITE 2u
#define AREA_EXEC  4u

/* Flags */
#define AREA_SHARED    (1u << 0) /* writes go to the file (or the shared object) */
#define AREA_STACK     (1u << 1) /* grows downward */
#define AREA_HEAP      (1u << 2) /* moved by brk(2) */
#define AREA_NO_WRITE  (1u << 3) /* cannot become writable: shared, of what was opened for reading */
#define AREA_LOCKED    (1u << 4) /* of mlock(2): nothing of it is swapped out, and it is counted */
#define AREA_MOVING    (1u << 5) /* its pages are on their way to it: joins no other */
#define AREA_NO_FORK   (1u << 6) /* a child has no such area */
#define AREA_WIPE_FORK (1u << 7) /* a child has it without its pages */
#define AREA_NO_EXEC   (1u << 8) /* cannot become executable: of a file system that is mounted so */

struct area {
    struct area *next, *previous;
    uint64_t start, end; /* whole pages, end exclusive */
    uint32_t protection;
    uint32_t flags;
    struct file *file;   /* one reference held, or NULL: anonymous */
    uint64_t page_index; /* of the file's page that stands at start */
};

struct area_list {
    struct area *first, *last;
    struct area *recent; /* where the last look-up ended: faults come in clusters */
};

/* The area that holds the address, or NULL. */
struct area *area_find(struct area_list *list, uint64_t address);

/* The first area that ends above the address, or NULL. */
struct area *area_find_from(struct area_list *list, uint64_t address);

/* Is nothing mapped in [start, end)? */
bool area_range_free(struct area_list *list, uint64_t start, uint64_t end);

/* The highest free range of that many bytes within [low, high): its start, or 0. */
uint64_t area_find_gap(const struct area_list *list, uint64_t bytes, uint64_t low, uint64_t high);

/*
 * Adds an area where nothing is mapped, joining it with a neighbour it continues. Takes a reference to the file.
 * 0 or -ENOMEM.
 */
int area_insert(struct area_list *list, const struct area *wanted);

/* Splits areas so that no area reaches across `address`: 0 or -ENOMEM. */
int area_split_at(struct area_list *list, uint64_t address);

/* Takes an area out and gives up its reference to the file. */
void area_remove(struct area_list *list, struct area *area);

/* Joins an area with its neighbours where they continue each other (after a change of protection). */
void area_join(struct area_list *list, struct area *area);

#endif
