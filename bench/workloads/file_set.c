/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes and removes the files of latency/file_create and latency/file_delete and of their rows with 10 KiB (lmbench
 * lat_fs); an operation is one file.
 */
#include "file_set.h"
#include "harness.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_SET_MOST_BYTES 1048576

static struct harness_parameter file_set_parameters[] = {
    {"files", 100, 1, 10000}, {"bytes", 0, 0, FILE_SET_MOST_BYTES}, HARNESS_PARAMETERS_END};
static char file_set_content[FILE_SET_MOST_BYTES];

static void file_set_setup(void)
{
    if (mkdir(harness_temporary_path(), 0700) != 0 || chdir(harness_temporary_path()) != 0)
        harness_fail("cannot make a folder");
}

static void file_set_make(void)
{
    size_t bytes = file_set_parameters[1].value;
    for (uint64_t i = 0; i < file_set_parameters[0].value; i++) {
        char name[24];
        snprintf(name, sizeof(name), "f%lu", (unsigned long)i);
        int file = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (file < 0 || write(file, file_set_content, bytes) != (ssize_t)bytes || close(file) != 0)
            harness_fail("cannot make a file");
    }
}

static void file_set_remove(void)
{
    for (uint64_t i = 0; i < file_set_parameters[0].value; i++) {
        char name[24];
        snprintf(name, sizeof(name), "f%lu", (unsigned long)i);
        if (unlink(name) != 0)
            harness_fail("cannot remove a file");
    }
}

static void file_set_teardown(void)
{
    if (chdir("/") != 0 || rmdir(harness_temporary_path()) != 0)
        harness_fail("the folder is not empty");
}

int file_set_main(const char *name, bool measures_making, uint64_t bytes, int argc, char **argv)
{
    struct harness_workload workload = {
        .name = name, .parameters = file_set_parameters, .setup = file_set_setup, .teardown = file_set_teardown};

    if (measures_making) {
        workload.work = file_set_make;
        workload.cleanup = file_set_remove;
    } else {
        workload.prepare = file_set_make;
        workload.work = file_set_remove;
    }
    file_set_parameters[1].value = bytes;
    return harness_main(&workload, argc, argv);
}
