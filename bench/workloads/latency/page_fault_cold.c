/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first write to anonymous pages whose frames nothing has used since the machine started: as
 * latency/page_fault_anonymous, plus what a hypervisor does when a guest touches new memory. An
 * operation is one page.
 */
#include "harness.h"

#include <sys/mman.h>

#define PAGE_FAULT_COLD_PAGE_BYTES 4096

static struct harness_parameter page_fault_cold_parameters[] = {{"pages", 512, 1, 16384}, HARNESS_PARAMETERS_END};
static volatile char *page_fault_cold_memory;

static uint64_t page_fault_cold_length_bytes(void)
{
    return page_fault_cold_parameters[0].value * PAGE_FAULT_COLD_PAGE_BYTES;
}

static void page_fault_cold_prepare(void)
{
    page_fault_cold_memory =
        mmap(NULL, page_fault_cold_length_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page_fault_cold_memory == MAP_FAILED)
        harness_fail("mmap failed");
}

static void page_fault_cold_work(void)
{
    uint64_t end = page_fault_cold_length_bytes();

    for (uint64_t offset = 0; offset < end; offset += PAGE_FAULT_COLD_PAGE_BYTES)
        page_fault_cold_memory[offset] = 1;
}

/* The memory is kept, so that the next repetition meets frames that nothing has used. */
static void page_fault_cold_cleanup(void)
{
    uint64_t end = page_fault_cold_length_bytes();

    for (uint64_t offset = 0; offset < end; offset += PAGE_FAULT_COLD_PAGE_BYTES)
        if (page_fault_cold_memory[offset] != 1 || page_fault_cold_memory[offset + 1] != 0)
            harness_wrong("new memory was not clear");
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/page_fault_cold",
        .parameters = page_fault_cold_parameters,
        .prepare = page_fault_cold_prepare,
        .cleanup = page_fault_cold_cleanup,
        .work = page_fault_cold_work,
    };

    return harness_main(&workload, argc, argv);
}
