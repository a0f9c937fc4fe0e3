/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SQLite, Debian's library with a main(), inserts `size` rows, looks some up, changes and deletes some, on an ext2 file
 * system on the disk. An operation is one row.
 */
#include "disk.h"
#include "harness.h"
#include "sqlite_job.h"

static struct harness_parameter sqlite_disk_parameters[] = {{"size", 200, 1, SQLITE_JOB_MOST_ROWS},
                                                            HARNESS_PARAMETERS_END};

static void sqlite_disk_setup(void)
{
    sqlite_job_find();
    disk_enter_folder();
    sqlite_job_write_script((unsigned)sqlite_disk_parameters[0].value);
}

static void sqlite_disk_cleanup(void)
{
    sqlite_job_check((unsigned)sqlite_disk_parameters[0].value);
}

static void sqlite_disk_teardown(void)
{
    sqlite_job_remove_script();
    disk_leave_folder();
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "macro/sqlite_disk",
        .parameters = sqlite_disk_parameters,
        .setup = sqlite_disk_setup,
        .cleanup = sqlite_disk_cleanup,
        .teardown = sqlite_disk_teardown,
        .work = sqlite_job_run,
    };

    return harness_main(&workload, argc, argv);
}
