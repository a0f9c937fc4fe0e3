/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first write to every page of anonymous memory: a fault, a cleared page, a page-table entry.
 * Warm: the frames come back from the repetition before. An operation is one page.
 */
#include "harness.h"

#include <sys/mman.h>

#define PAGE_FAULT_ANONYMOUS_PAGE_BYTES 4096

static struct harness_parameter page_fault_anonymous_parameters[] = {{"pages", 128, 1, 65536}, HARNESS_PARAMETERS_END};
static volatile char *page_fault_anonymous_memory;

static uint64_t page_fault_anonymous_length_bytes(void)
{
    return page_fault_anonymous_parameters[0].value * PAGE_FAULT_ANONYMOUS_PAGE_BYTES;
}

static void page_fault_anonymous_prepare(void)
{
    page_fault_anonymous_memory =
        mmap(NULL, page_fault_anonymous_length_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page_fault_anonymous_memory == MAP_FAILED)
        harness_fail("mmap failed");
}

static void page_fault_anonymous_work(void)
{
    uint64_t end = page_fault_anonymous_length_bytes();

    for (uint64_t offset = 0; offset < end; offset += PAGE_FAULT_ANONYMOUS_PAGE_BYTES)
        page_fault_anonymous_memory[offset] = 1;
}

static void page_fault_anonymous_cleanup(void)
{
    uint64_t end = page_fault_anonymous_length_bytes();

    for (uint64_t offset = 0; offset < end; offset += PAGE_FAULT_ANONYMOUS_PAGE_BYTES)
        if (page_fault_anonymous_memory[offset] != 1 || page_fault_anonymous_memory[offset + 1] != 0)
            harness_wrong("new memory was not clear");
    if (munmap((void *)page_fault_anonymous_memory, end) != 0)
        harness_fail("munmap failed");
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/page_fault_anonymous",
        .parameters = page_fault_anonymous_parameters,
        .prepare = page_fault_anonymous_prepare,
        .cleanup = page_fault_anonymous_cleanup,
        .work = page_fault_anonymous_work,
    };

    return harness_main(&workload, argc, argv);
}
