/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SQLite, Debian's library with a main(), inserts `size` rows, looks some up, changes and deletes some, in memory.
 * An operation is one row.
 */
#include "harness.h"
#include "shell_command.h"
#include "sqlite_job.h"

static struct harness_parameter sqlite_parameters[] = {{"size", 500, 1, SQLITE_JOB_MOST_ROWS}, HARNESS_PARAMETERS_END};

static void sqlite_setup(void)
{
    sqlite_job_find();
    shell_command_enter_folder();
    sqlite_job_write_script((unsigned)sqlite_parameters[0].value);
}

static void sqlite_cleanup(void)
{
    sqlite_job_check((unsigned)sqlite_parameters[0].value);
}

static void sqlite_teardown(void)
{
    sqlite_job_remove_script();
    shell_command_leave_folder();
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "macro/sqlite",
        .parameters = sqlite_parameters,
        .setup = sqlite_setup,
        .cleanup = sqlite_cleanup,
        .teardown = sqlite_teardown,
        .work = sqlite_job_run,
    };

    return harness_main(&workload, argc, argv);
}
