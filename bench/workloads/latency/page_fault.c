/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first read of every page of a mapped file whose contents are in memory; mapping and
 * unmapping lie outside the region. An operation is one page.
 */
#include "harness.h"

#include <sys/mman.h>
#include <unistd.h>

#define PAGE_FAULT_PAGE_BYTES 4096

static struct harness_parameter page_fault_parameters[] = {{"pages", 128, 1, 65536}, HARNESS_PARAMETERS_END};
static volatile char *page_fault_memory;
static uint64_t page_fault_sum;
static int page_fault_file;

static uint64_t page_fault_length_bytes(void)
{
    return page_fault_parameters[0].value * PAGE_FAULT_PAGE_BYTES;
}

static void page_fault_setup(void)
{
    page_fault_file = harness_temporary_file(page_fault_length_bytes());
}

static void page_fault_prepare(void)
{
    page_fault_memory = mmap(NULL, page_fault_length_bytes(), PROT_READ, MAP_SHARED, page_fault_file, 0);
    if (page_fault_memory == MAP_FAILED)
        harness_fail("mmap failed");
    page_fault_sum = 0;
}

static void page_fault_work(void)
{
    uint64_t end = page_fault_length_bytes(), sum = 0;

    for (uint64_t offset = 0; offset < end; offset += PAGE_FAULT_PAGE_BYTES)
        sum += (uint64_t)page_fault_memory[offset];
    page_fault_sum = sum;
}

/* Every page of the harness' pattern begins with 'a'. */
static void page_fault_cleanup(void)
{
    if (page_fault_sum != 'a' * page_fault_parameters[0].value)
        harness_wrong("the mapped pages do not hold what the file holds");
    if (munmap((void *)page_fault_memory, page_fault_length_bytes()) != 0)
        harness_fail("munmap failed");
}

static void page_fault_teardown(void)
{
    unlink(harness_temporary_path());
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/page_fault",
        .parameters = page_fault_parameters,
        .setup = page_fault_setup,
        .prepare = page_fault_prepare,
        .cleanup = page_fault_cleanup,
        .teardown = page_fault_teardown,
        .work = page_fault_work,
    };

    return harness_main(&workload, argc, argv);
}
