/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder of 20 files is opened, read to its end, and closed.
 */
#include "loop.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define READDIR_FILES 20

static const char *readdir_name(char *path, size_t size, int number)
{
    snprintf(path, size, "%s/file%02d", harness_temporary_path(), number);
    return path;
}

static void readdir_setup(void)
{
    char path[128];
    if (mkdir(harness_temporary_path(), 0700) != 0)
        harness_fail("mkdir failed");
    for (int i = 0; i < READDIR_FILES; i++)
        close(open(readdir_name(path, sizeof(path), i), O_CREAT | O_WRONLY, 0600));
}

static void readdir_teardown(void)
{
    char path[128];
    for (int i = 0; i < READDIR_FILES; i++)
        unlink(readdir_name(path, sizeof(path), i));
    rmdir(harness_temporary_path());
}

static void readdir_step(void)
{
    DIR *folder = opendir(harness_temporary_path());
    int entries = 0;
    while (folder && readdir(folder))
        entries++;
    if (!folder || closedir(folder) != 0)
        harness_fail("the folder cannot be read");
    if (entries != READDIR_FILES + 2)
        harness_wrong("the folder has %d entries", entries);
}

LOOP_WORKLOAD_ENDED("loop/readdir", 50, readdir_setup, readdir_step, readdir_teardown)
