/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fork(), execve() of /bin/sh in the child, which starts a tiny static program; the parent waits.
 */
#include "harness.h"

#include <stdio.h>

static struct harness_parameter sh_parameters[] = {{"iterations", 5, 1, 100000}, HARNESS_PARAMETERS_END};
static char sh_command[600];

/* The shell would replace itself by the last command of its line: "; exit" makes it fork, as a script does. */
static void sh_setup(void)
{
    snprintf(sh_command, sizeof(sh_command), "%s; exit $?", harness_installed_path("helper/hello"));
}

static void sh_work(void)
{
    char *arguments[] = {"/bin/sh", "-c", sh_command, NULL};
    char *environment[] = {"PATH=/bin", NULL};

    for (uint64_t i = sh_parameters[0].value; i > 0; i--)
        harness_execute(arguments, environment);
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/sh",
        .parameters = sh_parameters,
        .setup = sh_setup,
        .work = sh_work,
    };

    return harness_main(&workload, argc, argv);
}
