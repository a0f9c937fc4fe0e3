/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opens the disk for macro/disk_read and macro/disk_write, and moves whole blocks; puts a file system on it for the
 * workloads that want one.
 */
#include "disk.h"
#include "harness.h"
#include "shell_command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define DISK_PATH "/dev/hda"

int disk_open(int flags)
{
    const char *path = getenv("COOPBENCH_DISK");
    int disk;

    if (!path && harness_device < 0)
        harness_skip("not guest-coop, and COOPBENCH_DISK names no file to use as the disk");
    if (!path)
        path = DISK_PATH;
    disk = open(path, flags | O_CLOEXEC);
    if (disk < 0 && (errno == ENOENT || errno == ENXIO || errno == ENODEV))
        harness_skip("this machine has no disk");
    if (disk < 0)
        harness_fail("cannot open %s", path);
    return disk;
}

void disk_read_blocks(int disk, uint64_t number, uint64_t count, void *blocks)
{
    if (pread(disk, blocks, count * DISK_BLOCK_BYTES, (off_t)(number * DISK_BLOCK_BYTES)) !=
        (ssize_t)(count * DISK_BLOCK_BYTES))
        harness_fail("%llu blocks from %llu could not be read", (unsigned long long)count, (unsigned long long)number);
}

void disk_write_block(int disk, uint64_t number, const void *block)
{
    if (pwrite(disk, block, DISK_BLOCK_BYTES, (off_t)(number * DISK_BLOCK_BYTES)) != DISK_BLOCK_BYTES)
        harness_fail("block %llu could not be written", (unsigned long long)number);
}

void disk_enter_folder(void)
{
    const char *folder = getenv("COOPBENCH_DISK_FOLDER");

    if (harness_device < 0 && !folder)
        harness_skip("not guest-coop, and COOPBENCH_DISK_FOLDER names no folder to use as the disk");
    if (harness_device < 0) {
        if (chdir(folder) != 0)
            harness_fail("cannot go to %s", folder);
        return;
    }
    close(disk_open(O_RDWR));
    shell_command_execute(SHELL_COMMAND_BUSYBOX, (char *[]){"mke2fs", "-F", "-b", "4096", DISK_PATH, NULL}, NULL,
                          "/dev/null");
    if (mkdir(harness_temporary_path(), 0700) != 0 ||
        mount(DISK_PATH, harness_temporary_path(), "ext2", 0, NULL) != 0 || chdir(harness_temporary_path()) != 0)
        harness_fail("cannot mount the disk");
}

void disk_leave_folder(void)
{
    if (chdir("/") != 0)
        harness_fail("cannot leave the disk");
    if (harness_device >= 0 && (umount(harness_temporary_path()) != 0 || rmdir(harness_temporary_path()) != 0))
        harness_fail("cannot unmount the disk");
}
