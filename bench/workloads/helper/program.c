/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures any static program as one region: fork(), execve() of what stands after "--", waitpid(). It works in the
 * folder PROGRAM_FILES and reads PROGRAM_INPUT, where there are such (coopbench packs them), else /dev/null. What it
 * prints goes to a file in memory, so that a console's cost is no part of it; a record says what the first repetition
 * printed and which status it ended with, for modes to be compared.
 */
#include "harness.h"
#include "harness_records.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM_FILES       "/program/files"
#define PROGRAM_INPUT       "/program/stdin"
#define PROGRAM_SHOWN_BYTES 65536 /* of its output, on the console */

static struct harness_parameter program_parameters[] = {HARNESS_PARAMETERS_END};
static char program_name[128] = "program/";
static int program_input, program_output = -1;
static int program_status;

static uint64_t program_operations(void)
{
    return 1;
}

static void program_setup(void)
{
    if (access(harness_program[0], X_OK) != 0)
        harness_fail("%s cannot be run", harness_program[0]);
    if (chdir(PROGRAM_FILES) != 0 && errno != ENOENT)
        harness_fail("cannot go to " PROGRAM_FILES);
}

static void program_prepare(void)
{
    const char *input = access(PROGRAM_INPUT, R_OK) == 0 ? PROGRAM_INPUT : "/dev/null";

    program_input = open(input, O_RDONLY | O_CLOEXEC);
    program_output = open(harness_temporary_path(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (program_input < 0 || program_output < 0)
        harness_fail("cannot open the program's input and output");
}

static void program_work(void)
{
    pid_t child = fork();

    if (child == 0) {
        dup2(program_input, STDIN_FILENO);
        dup2(program_output, STDOUT_FILENO);
        dup2(program_output, STDERR_FILENO);
        execve(harness_program[0], harness_program, environ);
        harness_fail("execve of %s failed", harness_program[0]);
    }
    if (child < 0 || waitpid(child, &program_status, 0) != child)
        harness_fail("the program cannot be started");
}

/* FNV-1a over all of the output; its beginning goes to the console. */
static void program_tell(void)
{
    static unsigned char part[4096];
    uint64_t digest = 0xcbf29ce484222325, bytes = 0;
    ssize_t length;

    while ((length = pread(program_output, part, sizeof(part), (off_t)bytes)) > 0) {
        if (bytes < PROGRAM_SHOWN_BYTES && write(STDERR_FILENO, part, (size_t)length) != length)
            harness_fail("the output cannot be shown");
        for (ssize_t i = 0; i < length; i++)
            digest = (digest ^ part[i]) * 0x100000001b3;
        bytes += (uint64_t)length;
    }
    if (length < 0)
        harness_fail("the output cannot be read");
    /* As a shell tells it. */
    harness_records_output(WIFSIGNALED(program_status) ? 128 + WTERMSIG(program_status) : WEXITSTATUS(program_status),
                           bytes, digest);
}

static void program_cleanup(void)
{
    static bool is_told;

    if (!is_told)
        program_tell();
    is_told = true;
    if (WIFSIGNALED(program_status))
        harness_wrong("the program was ended by signal %d", WTERMSIG(program_status));
    close(program_input);
    close(program_output);
    unlink(harness_temporary_path());
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
        .prepare = program_prepare,
        .cleanup = program_cleanup,
        .work = program_work,
    };

    program_find_name(argv);
    return harness_main(&workload, argc, argv);
}
