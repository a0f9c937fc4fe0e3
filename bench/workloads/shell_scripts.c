/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starts a number of shells at once, waits for them, and compares what each left (mix/shell.sh).
 */
#include "shell_scripts.h"
#include "harness.h"
#include "shell_command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SHELL_SCRIPTS_MOST 64

static struct harness_parameter shell_scripts_parameters[] = {
    {"rounds", 2, 1, 1000}, {"at_once", 1, 1, SHELL_SCRIPTS_MOST}, HARNESS_PARAMETERS_END};
static char *shell_scripts_path;

static uint64_t shell_scripts_operations(void)
{
    return shell_scripts_parameters[0].value * shell_scripts_parameters[1].value;
}

static void shell_scripts_setup(void)
{
    shell_scripts_path = shell_command_installed("mix/shell.sh");
    shell_command_enter_folder();
}

static void shell_scripts_work(void)
{
    for (uint64_t round = shell_scripts_parameters[0].value; round > 0; round--) {
        pid_t children[SHELL_SCRIPTS_MOST];
        for (uint64_t i = 0; i < shell_scripts_parameters[1].value; i++) {
            char number[8];
            snprintf(number, sizeof(number), "%u", (unsigned)i);
            children[i] = fork();
            if (children[i] < 0)
                harness_fail("fork failed");
            if (children[i] == 0) {
                shell_command_run((char *[]){"sh", shell_scripts_path, SHELL_COMMAND_BUSYBOX, number, NULL});
                _exit(0);
            }
        }
        for (uint64_t i = 0; i < shell_scripts_parameters[1].value; i++)
            harness_wait_child(children[i]);
    }
}

/* Every script leaves the number of its lines that hold a vowel. */
static void shell_scripts_cleanup(void)
{
    for (uint64_t i = 0; i < shell_scripts_parameters[1].value; i++) {
        char name[24], found[16];
        snprintf(name, sizeof(name), "count%u", (unsigned)i);
        shell_command_read_file(name, found, sizeof(found));
        if (strcmp(found, "152\n") != 0)
            harness_wrong("a script counted %s", found);
        if (unlink(name) != 0)
            harness_fail("cannot remove a file");
    }
}

int shell_scripts_main(const char *name, uint64_t at_once, int argc, char **argv)
{
    struct harness_workload workload = {
        .name = name,
        .parameters = shell_scripts_parameters,
        .operations = shell_scripts_operations,
        .setup = shell_scripts_setup,
        .cleanup = shell_scripts_cleanup,
        .teardown = shell_command_leave_folder,
        .work = shell_scripts_work,
    };

    shell_scripts_parameters[1].value = at_once;
    return harness_main(&workload, argc, argv);
}
