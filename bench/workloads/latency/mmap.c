/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file in /tmp is mapped shared, one byte of every page is written, and the mapping is removed;
 * an operation is one page.
 */
#include "harness.h"

#include <sys/mman.h>
#include <unistd.h>

#define MMAP_PAGE_BYTES 4096

static struct harness_parameter mmap_parameters[] = {
    {"pages", 64, 1, 65536}, {"iterations", 4, 1, 100000}, HARNESS_PARAMETERS_END};
static int mmap_file;

static uint64_t mmap_operations(void)
{
    return mmap_parameters[0].value * mmap_parameters[1].value;
}

static void mmap_setup(void)
{
    mmap_file = harness_temporary_file(mmap_parameters[0].value * MMAP_PAGE_BYTES);
}

static void mmap_work(void)
{
    uint64_t length_bytes = mmap_parameters[0].value * MMAP_PAGE_BYTES;

    for (uint64_t i = mmap_parameters[1].value; i > 0; i--) {
        volatile char *memory = mmap(NULL, length_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, mmap_file, 0);

        if (memory == MAP_FAILED)
            harness_fail("mmap failed");
        for (uint64_t offset = 0; offset < length_bytes; offset += MMAP_PAGE_BYTES)
            memory[offset] = (char)i;
        if (munmap((void *)memory, length_bytes) != 0)
            harness_fail("munmap failed");
    }
}

/* The last pass wrote 1 to the first byte of every page: the file must show it. */
static void mmap_cleanup(void)
{
    for (uint64_t page = 0; page < mmap_parameters[0].value; page++) {
        char byte;

        if (pread(mmap_file, &byte, 1, (off_t)(page * MMAP_PAGE_BYTES)) != 1)
            harness_fail("the file cannot be read");
        if (byte != 1)
            harness_wrong("page %llu of the file holds %d", (unsigned long long)page, byte);
    }
}

static void mmap_teardown(void)
{
    unlink(harness_temporary_path());
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/mmap",
        .parameters = mmap_parameters,
        .operations = mmap_operations,
        .setup = mmap_setup,
        .cleanup = mmap_cleanup,
        .teardown = mmap_teardown,
        .work = mmap_work,
    };

    return harness_main(&workload, argc, argv);
}
