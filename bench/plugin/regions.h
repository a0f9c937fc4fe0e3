/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a plugin counts in each region between two markers: differences of an array of counters, kept in the order of
 * the regions, and written as JSON.
 */
#ifndef REGIONS_H
#define REGIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct regions {
    size_t width;        /* counters a region */
    const uint64_t *now; /* as they stand, `width` of them */
    uint64_t *begun;     /* as they stood at the last begin */
    uint64_t *rows;      /* `count` times `width` */
    size_t count, room;
    bool is_inside;
    uint64_t unpaired; /* begins without an end, ends without a begin */
};

/* Ends the program when there is no memory, as the others do. */
void regions_create(struct regions *regions, const uint64_t *now, size_t width);

void regions_begin(struct regions *regions);

/* The row of the region that ends here; NULL where none began. */
uint64_t *regions_end(struct regions *regions);

/* "name":number for each counter, separated by commas. */
void regions_print(FILE *file, const uint64_t *counters, const char *const *names, size_t width);

/* The members "unpaired_markers" and "regions". */
void regions_print_all(FILE *file, const struct regions *regions, const char *const *names);

#endif
