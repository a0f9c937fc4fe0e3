/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A circle through many pages in no order that a prefetcher could know: each page's word is the number of the next
 * page. An operation is one read. In instructions it costs the same everywhere; what it is for is TLB misses.
 */
#include "harness.h"

#include <sys/mman.h>

#define PAGE_CHASE_PAGE_BYTES 4096
#define PAGE_CHASE_LINE_BYTES 64

static struct harness_parameter page_chase_parameters[] = {{"pages", 16384, 2, 32768}, HARNESS_PARAMETERS_END};
static char *page_chase_memory;
static uint64_t page_chase_end;

/* Each page's word is in another line than its neighbours', lest the pages meet in a few sets of the caches. */
static volatile uint64_t *page_chase_word(uint64_t page)
{
    uint64_t line = page % (PAGE_CHASE_PAGE_BYTES / PAGE_CHASE_LINE_BYTES);
    return (uint64_t *)(page_chase_memory + page * PAGE_CHASE_PAGE_BYTES + line * PAGE_CHASE_LINE_BYTES);
}

/* Sattolo's shuffle: one circle through all pages, the same in every run. */
static void page_chase_setup(void)
{
    uint64_t pages = page_chase_parameters[0].value, state = 1;

    page_chase_memory =
        mmap(NULL, pages * PAGE_CHASE_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page_chase_memory == MAP_FAILED)
        harness_fail("mmap failed");
    for (uint64_t page = 0; page < pages; page++)
        *page_chase_word(page) = page;
    for (uint64_t page = pages - 1; page > 0; page--) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        uint64_t other = (state >> 33) % page, next = *page_chase_word(other);

        *page_chase_word(other) = *page_chase_word(page);
        *page_chase_word(page) = next;
    }
}

/* All but the last step of the circle. */
static void page_chase_work(void)
{
    uint64_t page = 0;

    for (uint64_t left = page_chase_parameters[0].value; left > 1; left--)
        page = *page_chase_word(page);
    page_chase_end = page;
}

/* One circle and no shorter one: only now is the next page the first. */
static void page_chase_cleanup(void)
{
    if (page_chase_end == 0 || *page_chase_word(page_chase_end) != 0)
        harness_wrong("the circle does not end where it began");
}

static uint64_t page_chase_operations(void)
{
    return page_chase_parameters[0].value - 1;
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/page_chase",
        .parameters = page_chase_parameters,
        .operations = page_chase_operations,
        .setup = page_chase_setup,
        .cleanup = page_chase_cleanup,
        .work = page_chase_work,
    };

    return harness_main(&workload, argc, argv);
}
