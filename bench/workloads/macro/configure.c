/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BusyBox script of the configure kind (configure.sh): hundreds of short processes, each a fork and
 * an exec, small files, pipes of the shell's own. An operation is one external program.
 */
#include "harness.h"
#include "shell_command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CONFIGURE_MOST_ROUNDS        500
#define CONFIGURE_PROGRAMS_PER_ROUND 6
#define CONFIGURE_LINE_BYTES         40

static struct harness_parameter configure_parameters[] = {{"rounds", 40, 1, CONFIGURE_MOST_ROUNDS},
                                                          HARNESS_PARAMETERS_END};
static char *configure_script;
static char configure_rounds[8];

static uint64_t configure_operations(void)
{
    return configure_parameters[0].value * CONFIGURE_PROGRAMS_PER_ROUND;
}

static void configure_setup(void)
{
    configure_script = shell_command_installed("macro/configure.sh");
    snprintf(configure_rounds, sizeof(configure_rounds), "%u", (unsigned)configure_parameters[0].value);
    shell_command_enter_folder();
}

static void configure_work(void)
{
    shell_command_run((char *[]){"sh", configure_script, SHELL_COMMAND_BUSYBOX, configure_rounds, NULL});
}

/* config.h must be what the script's rule gives for every round. */
static void configure_cleanup(void)
{
    static char found[CONFIGURE_MOST_ROUNDS * CONFIGURE_LINE_BYTES], wanted[sizeof(found)];
    size_t length = 0;

    shell_command_read_file("config.h", found, sizeof(found));
    for (unsigned round = 1; round <= configure_parameters[0].value; round++)
        length +=
            (size_t)snprintf(wanted + length, sizeof(wanted) - length,
                             round * 7 % 3 == 0 ? "#deFine Have_Feature_%u 1\n" : "#undeF Have_Feature_%u\n", round);
    if (strcmp(found, wanted) != 0)
        harness_wrong("the script wrote a wrong config.h");
    if (unlink("config.h") != 0)
        harness_fail("cannot remove config.h");
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "macro/configure",
        .parameters = configure_parameters,
        .operations = configure_operations,
        .setup = configure_setup,
        .cleanup = configure_cleanup,
        .teardown = shell_command_leave_folder,
        .work = configure_work,
    };

    return harness_main(&workload, argc, argv);
}
