/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A write to each of 16 pages, and madvise() that they are not needed any more.
 */
#include "loop.h"
#include <sys/mman.h>

static char *madvise_pages;

static void madvise_setup(void)
{
    madvise_pages = mmap(NULL, 16 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (madvise_pages == MAP_FAILED)
        harness_fail("mmap failed");
}

static void madvise_step(void)
{
    for (int page = 0; page < 16; page++)
        madvise_pages[page * 4096] = 1;
    if (madvise(madvise_pages, 16 * 4096, MADV_DONTNEED) != 0 || madvise_pages[0] != 0)
        harness_fail("madvise failed");
}

LOOP_WORKLOAD("loop/madvise", 50, madvise_setup, madvise_step)
