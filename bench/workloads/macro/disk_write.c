/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Overwrites the disk's first blocks in order, 4 KiB a call, synchronously. Each repetition writes
 * other data, and reads it back outside the region.
 */
#include "disk.h"
#include "harness.h"

#include <fcntl.h>

static struct harness_parameter disk_write_parameters[] = {{"blocks", 16, 1, 4096}, HARNESS_PARAMETERS_END};
static uint64_t disk_write_data[DISK_BLOCK_BYTES / sizeof(uint64_t)];
static uint64_t disk_write_repetition;
static int disk_write_disk;

static void disk_write_setup(void)
{
    disk_write_disk = disk_open(O_RDWR | O_SYNC);
}

static void disk_write_prepare(void)
{
    disk_write_repetition++;
    for (size_t i = 0; i < DISK_BLOCK_BYTES / sizeof(uint64_t); i++)
        disk_write_data[i] = disk_write_repetition << 32 | i;
}

/* The block's first word says which block it is. */
static void disk_write_work(void)
{
    for (uint64_t block = 0; block < disk_write_parameters[0].value; block++) {
        disk_write_data[0] = block;
        disk_write_block(disk_write_disk, block, disk_write_data);
    }
}

static void disk_write_cleanup(void)
{
    static uint64_t found[DISK_BLOCK_BYTES / sizeof(uint64_t)];

    for (uint64_t block = 0; block < disk_write_parameters[0].value; block++) {
        disk_read_blocks(disk_write_disk, block, 1, found);
        disk_write_data[0] = block;
        for (size_t i = 0; i < DISK_BLOCK_BYTES / sizeof(uint64_t); i++)
            if (found[i] != disk_write_data[i])
                harness_wrong("block %llu does not hold what was written", (unsigned long long)block);
    }
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "macro/disk_write",
        .parameters = disk_write_parameters,
        .setup = disk_write_setup,
        .prepare = disk_write_prepare,
        .cleanup = disk_write_cleanup,
        .work = disk_write_work,
    };

    return harness_main(&workload, argc, argv);
}
