/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Regions of a plugin: only the emulated CPU's thread calls, and with -icount there is one for all CPUs.
 */
#include "regions.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void *regions_allocate(void *before, size_t bytes)
{
    void *memory = realloc(before, bytes);

    if (!memory) {
        fprintf(stderr, "plugin: out of memory\n");
        abort();
    }
    return memory;
}

void regions_create(struct regions *regions, const uint64_t *now, size_t width)
{
    *regions = (struct regions){.width = width, .now = now};
    regions->begun = regions_allocate(NULL, width * sizeof(*now));
}

void regions_begin(struct regions *regions)
{
    regions->unpaired += regions->is_inside;
    regions->is_inside = true;
    memcpy(regions->begun, regions->now, regions->width * sizeof(*regions->now));
}

uint64_t *regions_end(struct regions *regions)
{
    uint64_t *row;

    if (!regions->is_inside) {
        regions->unpaired++;
        return NULL;
    }
    regions->is_inside = false;
    if (regions->count == regions->room) {
        regions->room = regions->room * 2 + 64;
        regions->rows = regions_allocate(regions->rows, regions->room * regions->width * sizeof(*regions->now));
    }
    row = regions->rows + regions->count++ * regions->width;
    for (size_t i = 0; i < regions->width; i++)
        row[i] = regions->now[i] - regions->begun[i];
    return row;
}

void regions_print(FILE *file, const uint64_t *counters, const char *const *names, size_t width)
{
    for (size_t i = 0; i < width; i++)
        fprintf(file, "%s\"%s\":%" PRIu64, i ? "," : "", names[i], counters[i]);
}

void regions_print_all(FILE *file, const struct regions *regions, const char *const *names)
{
    fprintf(file, "\"unpaired_markers\":%" PRIu64 ",\"regions\":[", regions->unpaired + regions->is_inside);
    for (size_t i = 0; i < regions->count; i++) {
        fprintf(file, "%s\n{\"region\":%zu,", i ? "," : "", i + 1);
        regions_print(file, regions->rows + i * regions->width, names, regions->width);
        fprintf(file, "}");
    }
    fprintf(file, "]");
}
