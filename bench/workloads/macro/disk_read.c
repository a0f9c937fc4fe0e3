/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the disk's first blocks in order, 4 KiB a call, or as many blocks a call as `depth` says. The data must be the
 * same in every repetition.
 */
#include "disk.h"
#include "harness.h"

#include <fcntl.h>
#include <string.h>

#define DISK_READ_MOST_BLOCKS 1024

static struct harness_parameter disk_read_parameters[] = {
    {"blocks", 16, 1, DISK_READ_MOST_BLOCKS}, {"depth", 1, 1, 256}, HARNESS_PARAMETERS_END};
static char disk_read_data[DISK_READ_MOST_BLOCKS][DISK_BLOCK_BYTES];
static uint64_t disk_read_first_sum;
static int disk_read_disk;

static void disk_read_work(void)
{
    uint64_t blocks = disk_read_parameters[0].value, depth = disk_read_parameters[1].value;

    for (uint64_t block = 0; block < blocks; block += depth)
        disk_read_blocks(disk_read_disk, block, depth < blocks - block ? depth : blocks - block, disk_read_data[block]);
}

static uint64_t disk_read_sum(void)
{
    uint64_t sum = 0;

    for (uint64_t block = 0; block < disk_read_parameters[0].value; block++)
        for (size_t i = 0; i < DISK_BLOCK_BYTES; i++)
            sum = sum * 31 + (unsigned char)disk_read_data[block][i];
    return sum;
}

/* Also touches the memory that the data goes to. */
static void disk_read_setup(void)
{
    disk_read_disk = disk_open(O_RDONLY);
    disk_read_work();
    disk_read_first_sum = disk_read_sum();
}

/* What is not read again must not pass for it. */
static void disk_read_prepare(void)
{
    for (uint64_t block = 0; block < disk_read_parameters[0].value; block++)
        memset(disk_read_data[block], 0xa5, DISK_BLOCK_BYTES);
}

static void disk_read_cleanup(void)
{
    if (disk_read_sum() != disk_read_first_sum)
        harness_wrong("the disk gave different data");
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "macro/disk_read",
        .parameters = disk_read_parameters,
        .setup = disk_read_setup,
        .prepare = disk_read_prepare,
        .cleanup = disk_read_cleanup,
        .work = disk_read_work,
    };

    return harness_main(&workload, argc, argv);
}
