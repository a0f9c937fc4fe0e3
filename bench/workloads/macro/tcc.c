/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A C compiler, Debian's libtcc with a main(), compiles a program of `size` functions and links it statically with
 * musl: one process that computes, reads an archive of 2 MiB, and writes an executable. The program must run and print
 * what it has to.
 */
#include "harness.h"
#include "shell_command.h"
#include "source_text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TCC_MOST_FUNCTIONS 2000

static struct harness_parameter tcc_parameters[] = {{"size", 100, 1, TCC_MOST_FUNCTIONS}, HARNESS_PARAMETERS_END};
static char *tcc_program;

static uint64_t tcc_operations(void)
{
    return 1;
}

static void tcc_setup(void)
{
    static char text[2 * TCC_MOST_FUNCTIONS * SOURCE_TEXT_FUNCTION_BYTES + 3 * SOURCE_TEXT_FRAME_BYTES];
    unsigned count = (unsigned)tcc_parameters[0].value;
    size_t length = 0;

    tcc_program = shell_command_program("tcc");
    shell_command_enter_folder();
    for (unsigned number = 0; number < count; number++)
        length = source_text_function(text, length, number);
    shell_command_write_file("program.c", text, source_text_main(text, length, count));
}

static void tcc_work(void)
{
    shell_command_execute(tcc_program, (char *[]){"tcc", "program.c", "-o", "program", NULL}, NULL, NULL);
}

static void tcc_cleanup(void)
{
    char found[64];

    shell_command_execute("./program", (char *[]){"program", NULL}, NULL, "output");
    shell_command_read_file("output", found, sizeof(found));
    if (strcmp(found, source_text_output((unsigned)tcc_parameters[0].value)) != 0)
        harness_wrong("the compiled program printed %.40s", found);
    if (unlink("program") != 0 || unlink("output") != 0)
        harness_fail("cannot remove the program");
}

static void tcc_teardown(void)
{
    if (unlink("program.c") != 0)
        harness_fail("cannot remove program.c");
    shell_command_leave_folder();
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "macro/tcc",
        .parameters = tcc_parameters,
        .operations = tcc_operations,
        .setup = tcc_setup,
        .cleanup = tcc_cleanup,
        .teardown = tcc_teardown,
        .work = tcc_work,
    };

    return harness_main(&workload, argc, argv);
}
