/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UnixBench's shell scripts: a number of shells at once, each of which sorts, dumps, filters and counts a file
 * (shell.sh); an operation is one script.
 */
#include "harness.h"
#include "shell_command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SHELL_MOST 64

static struct harness_parameter shell_parameters[] = {
    {"rounds", 2, 1, 1000}, {"at_once", 1, 1, SHELL_MOST}, HARNESS_PARAMETERS_END};
static char *shell_script;

static uint64_t shell_operations(void)
{
    return shell_parameters[0].value * shell_parameters[1].value;
}

static void shell_setup(void)
{
    shell_script = shell_command_installed("mix/shell.sh");
    shell_command_enter_folder();
}

static void shell_work(void)
{
    for (uint64_t round = shell_parameters[0].value; round > 0; round--) {
        pid_t children[SHELL_MOST];
        for (uint64_t i = 0; i < shell_parameters[1].value; i++) {
            char number[8];
            snprintf(number, sizeof(number), "%u", (unsigned)i);
            children[i] = fork();
            if (children[i] < 0)
                harness_fail("fork failed");
            if (children[i] == 0) {
                shell_command_run((char *[]){"sh", shell_script, SHELL_COMMAND_BUSYBOX, number, NULL});
                _exit(0);
            }
        }
        for (uint64_t i = 0; i < shell_parameters[1].value; i++)
            harness_wait_child(children[i]);
    }
}

/* Every script leaves the number of its lines that hold a vowel. */
static void shell_cleanup(void)
{
    for (uint64_t i = 0; i < shell_parameters[1].value; i++) {
        char name[24], found[16];
        snprintf(name, sizeof(name), "count%u", (unsigned)i);
        shell_command_read_file(name, found, sizeof(found));
        if (strcmp(found, "152\n") != 0)
            harness_wrong("a script counted %s", found);
        if (unlink(name) != 0)
            harness_fail("cannot remove a file");
    }
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "mix/shell",
        .parameters = shell_parameters,
        .operations = shell_operations,
        .setup = shell_setup,
        .cleanup = shell_cleanup,
        .teardown = shell_command_leave_folder,
        .work = shell_work,
    };
    return harness_main(&workload, argc, argv);
}
