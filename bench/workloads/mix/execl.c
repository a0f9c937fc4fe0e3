/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UnixBench's execl: a process replaces itself by a program that does the same, a given number of times; an
 * operation is one exec.
 */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct harness_parameter execl_parameters[] = {{"iterations", 30, 1, 10000}, HARNESS_PARAMETERS_END};
static char execl_program[256];

static void execl_setup(void)
{
    snprintf(execl_program, sizeof(execl_program), "%s", harness_installed_path("mix/execl"));
}

static void execl_work(void)
{
    char left[24];
    snprintf(left, sizeof(left), "%lu", (unsigned long)execl_parameters[0].value);
    pid_t child = fork();
    if (child < 0)
        harness_fail("fork failed");
    if (child == 0) {
        execl(execl_program, execl_program, "again", left, (char *)NULL);
        _exit(1);
    }
    harness_wait_child(child);
}

/* One link of the chain: the last one ends it. */
static int execl_again(const char *program, const char *text)
{
    char left[24];
    unsigned long number = strtoul(text, NULL, 10);
    if (number <= 1)
        return 0;
    snprintf(left, sizeof(left), "%lu", number - 1);
    execl(program, program, "again", left, (char *)NULL);
    return 1;
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "mix/execl", .parameters = execl_parameters, .setup = execl_setup, .work = execl_work};
    if (argc == 3 && argv[1][0] == 'a')
        return execl_again(argv[0], argv[2]);
    return harness_main(&workload, argc, argv);
}
