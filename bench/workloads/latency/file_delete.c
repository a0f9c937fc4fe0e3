/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of a given size are removed in one folder (lmbench lat_fs); an operation is one file.
 */
#include "harness.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MOST_BYTES 1048576

static struct harness_parameter file_delete_parameters[] = {
    {"files", 100, 1, 10000}, {"bytes", 0, 0, FILES_MOST_BYTES}, HARNESS_PARAMETERS_END};
static char file_delete_content[FILES_MOST_BYTES];

static void file_delete_setup(void)
{
    if (mkdir(harness_temporary_path(), 0700) != 0 || chdir(harness_temporary_path()) != 0)
        harness_fail("cannot make a folder");
}

static void file_delete_make(void)
{
    size_t bytes = file_delete_parameters[1].value;
    for (uint64_t i = 0; i < file_delete_parameters[0].value; i++) {
        char name[24];
        snprintf(name, sizeof(name), "f%lu", (unsigned long)i);
        int file = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (file < 0 || write(file, file_delete_content, bytes) != (ssize_t)bytes || close(file) != 0)
            harness_fail("cannot make a file");
    }
}

static void file_delete_remove(void)
{
    for (uint64_t i = 0; i < file_delete_parameters[0].value; i++) {
        char name[24];
        snprintf(name, sizeof(name), "f%lu", (unsigned long)i);
        if (unlink(name) != 0)
            harness_fail("cannot remove a file");
    }
}

static void file_delete_teardown(void)
{
    if (chdir("/") != 0 || rmdir(harness_temporary_path()) != 0)
        harness_fail("the folder is not empty");
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/file_delete",
        .parameters = file_delete_parameters,
        .setup = file_delete_setup,
        .prepare = file_delete_make,
        .work = file_delete_remove,
        .teardown = file_delete_teardown,
    };
    return harness_main(&workload, argc, argv);
}
