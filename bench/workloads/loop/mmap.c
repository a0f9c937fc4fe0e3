/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mmap() of 16 pages of anonymous memory and munmap(), without a touch.
 */
#include "loop.h"
#include <sys/mman.h>

#define MMAP_BYTES (16 * 4096)

static void mmap_step(void)
{
    void *memory = mmap(NULL, MMAP_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || munmap(memory, MMAP_BYTES) != 0)
        harness_fail("mmap failed");
}

LOOP_WORKLOAD("loop/mmap", 200, NULL, mmap_step)
