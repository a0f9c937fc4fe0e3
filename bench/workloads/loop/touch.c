/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mmap() of 16 pages of anonymous memory, a write to each, munmap().
 */
#include "loop.h"
#include <sys/mman.h>

#define TOUCH_PAGE  4096
#define TOUCH_BYTES (16 * TOUCH_PAGE)

static void touch_step(void)
{
    char *memory = mmap(NULL, TOUCH_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        harness_fail("mmap failed");
    for (unsigned offset = 0; offset < TOUCH_BYTES; offset += TOUCH_PAGE)
        *(volatile char *)(memory + offset) = 1;
    if (munmap(memory, TOUCH_BYTES) != 0)
        harness_fail("munmap failed");
}

LOOP_WORKLOAD("loop/touch", 100, NULL, touch_step)
