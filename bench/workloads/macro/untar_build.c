/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A package is unpacked by BusyBox' tar and built: a shell script compiles each of its `size` sources by tcc, a process
 * each, and links them. What was built must run and print what it has to. An operation is one source.
 */
#include "harness.h"
#include "shell_command.h"
#include "source_text.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNTAR_BUILD_MOST_SOURCES 200
#define UNTAR_BUILD_FUNCTIONS    8 /* in a source */
#define UNTAR_BUILD_FOLDER       "package"

static struct harness_parameter untar_build_parameters[] = {{"size", 8, 1, UNTAR_BUILD_MOST_SOURCES},
                                                            HARNESS_PARAMETERS_END};
static char *untar_build_compiler;

static unsigned untar_build_functions(void)
{
    return (unsigned)untar_build_parameters[0].value * UNTAR_BUILD_FUNCTIONS;
}

/* The package's sources, its main() and its script, packed; only the archive stays. */
static void untar_build_setup(void)
{
    static const char script[] = "for source in *.c; do \"$1\" -c $source -o ${source%.c}.o || exit 1; done\n"
                                 "\"$1\" *.o -o program\n";
    static char text[UNTAR_BUILD_MOST_SOURCES * UNTAR_BUILD_FUNCTIONS * 80 + 3 * SOURCE_TEXT_FRAME_BYTES];

    untar_build_compiler = shell_command_program("tcc");
    shell_command_enter_folder();
    if (mkdir(UNTAR_BUILD_FOLDER, 0755) != 0)
        harness_fail("cannot make a folder");
    for (unsigned source = 0; source < untar_build_parameters[0].value; source++) {
        char name[48];
        size_t length = 0;

        for (unsigned i = 0; i < UNTAR_BUILD_FUNCTIONS; i++)
            length = source_text_function(text, length, source * UNTAR_BUILD_FUNCTIONS + i);
        snprintf(name, sizeof(name), UNTAR_BUILD_FOLDER "/source%03u.c", source);
        shell_command_write_file(name, text, length);
    }
    shell_command_write_file(UNTAR_BUILD_FOLDER "/main.c", text, source_text_main(text, 0, untar_build_functions()));
    shell_command_write_file(UNTAR_BUILD_FOLDER "/build.sh", script, sizeof(script) - 1);
    shell_command_line("busybox tar czf tar " UNTAR_BUILD_FOLDER " && busybox rm -r " UNTAR_BUILD_FOLDER);
}

static void untar_build_work(void)
{
    shell_command_run((char *[]){"sh", "-c",
                                 "busybox tar xzf tar && cd " UNTAR_BUILD_FOLDER " && busybox sh build.sh \"$1\"", "sh",
                                 untar_build_compiler, NULL});
}

static void untar_build_cleanup(void)
{
    char found[64];

    shell_command_execute(UNTAR_BUILD_FOLDER "/program", (char *[]){"program", NULL}, NULL, "output");
    shell_command_read_file("output", found, sizeof(found));
    if (strcmp(found, source_text_output(untar_build_functions())) != 0)
        harness_wrong("what was built printed %.40s", found);
    shell_command_line("busybox rm -r " UNTAR_BUILD_FOLDER " output");
}

static void untar_build_teardown(void)
{
    if (unlink("tar") != 0)
        harness_fail("cannot remove the archive");
    shell_command_leave_folder();
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "macro/untar_build",
        .parameters = untar_build_parameters,
        .setup = untar_build_setup,
        .cleanup = untar_build_cleanup,
        .teardown = untar_build_teardown,
        .work = untar_build_work,
    };

    return harness_main(&workload, argc, argv);
}
