/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fork(), execve() of a tiny static program in the child, waitpid() in the parent.
 */
#include "harness.h"

static struct harness_parameter exec_parameters[] = {{"iterations", 10, 1, 100000}, HARNESS_PARAMETERS_END};
static const char *exec_program;

static void exec_setup(void)
{
    exec_program = harness_installed_path("helper/hello");
}

static void exec_work(void)
{
    char *arguments[] = {(char *)exec_program, NULL};
    char *environment[] = {NULL};

    for (uint64_t i = exec_parameters[0].value; i > 0; i--)
        harness_execute(arguments, environment);
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/exec",
        .parameters = exec_parameters,
        .setup = exec_setup,
        .work = exec_work,
    };

    return harness_main(&workload, argc, argv);
}
