/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures any static program as one region: fork(), execve() of what stands after "--", waitpid().
 * The program's output goes where it would go; a status other than 0 is a failure.
 */
#include "harness.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct harness_parameter program_parameters[] = {HARNESS_PARAMETERS_END};
static char program_name[128] = "program/";

static uint64_t program_operations(void)
{
    return 1;
}

static void program_setup(void)
{
    if (access(harness_program[0], X_OK) != 0)
        harness_fail("%s cannot be run", harness_program[0]);
}

static void program_work(void)
{
    pid_t child = fork();

    if (child == 0) {
        execve(harness_program[0], harness_program, environ);
        harness_fail("execve of %s failed", harness_program[0]);
    }
    harness_wait_child(child);
}

/* The record's name is program/ and the file's name: the last component of the word after "--". */
static void program_find_name(char **argv)
{
    const char *path = "none", *slash;

    for (; *argv; argv++)
        if (strcmp(*argv, "--") == 0 && argv[1]) {
            path = argv[1];
            break;
        }
    slash = strrchr(path, '/');
    strncat(program_name, slash ? slash + 1 : path, sizeof(program_name) - strlen(program_name) - 1);
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = program_name,
        .parameters = program_parameters,
        .takes_program = true,
        .operations = program_operations,
        .setup = program_setup,
        .work = program_work,
    };

    program_find_name(argv);
    return harness_main(&workload, argc, argv);
}
