/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mprotect() of a touched page to read-only and back.
 */
#include "loop.h"
#include <sys/mman.h>

static char *mprotect_page;

static void mprotect_setup(void)
{
    mprotect_page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mprotect_page == MAP_FAILED)
        harness_fail("mmap failed");
    *mprotect_page = 1;
}

static void mprotect_step(void)
{
    if (mprotect(mprotect_page, 4096, PROT_READ) != 0 || mprotect(mprotect_page, 4096, PROT_READ | PROT_WRITE) != 0)
        harness_fail("mprotect failed");
    *(volatile char *)mprotect_page = 1;
}

LOOP_WORKLOAD("loop/mprotect", 200, mprotect_setup, mprotect_step)
