/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * find | xargs grep, BusyBox' own, over a tree of `size` files in folders of 16, of which every third holds the word.
 * An operation is one file.
 */
#include "harness.h"
#include "shell_command.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIND_GREP_MOST_FILES 4000
#define FIND_GREP_FOLDER     16 /* files in one */
#define FIND_GREP_LINES      40 /* in a file */
#define FIND_GREP_NAME_BYTES 40

static struct harness_parameter find_grep_parameters[] = {{"size", 200, 1, FIND_GREP_MOST_FILES},
                                                          HARNESS_PARAMETERS_END};

static bool find_grep_has_word(unsigned file)
{
    return file % 3 == 0;
}

static void find_grep_make_file(unsigned file)
{
    char name[FIND_GREP_NAME_BYTES], text[FIND_GREP_LINES * 48];
    size_t length = 0;

    for (unsigned line = 0; line < FIND_GREP_LINES; line++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "line %u of file %u says %s\n", line, file,
                                   find_grep_has_word(file) && line == file % FIND_GREP_LINES ? "needle" : "nothing");
    snprintf(name, sizeof(name), "tree/folder%03u/file%04u", file / FIND_GREP_FOLDER, file);
    shell_command_write_file(name, text, length);
}

static void find_grep_setup(void)
{
    char name[FIND_GREP_NAME_BYTES];

    shell_command_enter_folder();
    if (mkdir("tree", 0755) != 0)
        harness_fail("cannot make a folder");
    for (unsigned file = 0; file < find_grep_parameters[0].value; file++) {
        snprintf(name, sizeof(name), "tree/folder%03u", file / FIND_GREP_FOLDER);
        if (file % FIND_GREP_FOLDER == 0 && mkdir(name, 0755) != 0)
            harness_fail("cannot make a folder");
        find_grep_make_file(file);
    }
}

static void find_grep_work(void)
{
    shell_command_line("busybox find tree -type f | busybox xargs busybox grep -l needle > found");
}

/* The order in which folders are read is the file system's. */
static void find_grep_cleanup(void)
{
    static char found[FIND_GREP_MOST_FILES * FIND_GREP_NAME_BYTES], wanted[sizeof(found)];
    size_t length = 0;

    shell_command_line("busybox sort found > sorted");
    shell_command_read_file("sorted", found, sizeof(found));
    for (unsigned file = 0; file < find_grep_parameters[0].value; file++)
        if (find_grep_has_word(file))
            length += (size_t)snprintf(wanted + length, sizeof(wanted) - length, "tree/folder%03u/file%04u\n",
                                       file / FIND_GREP_FOLDER, file);
    if (strcmp(found, wanted) != 0)
        harness_wrong("other files were found than have the word");
}

static void find_grep_teardown(void)
{
    shell_command_line("busybox rm -r tree found sorted");
    shell_command_leave_folder();
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "macro/find_grep",
        .parameters = find_grep_parameters,
        .setup = find_grep_setup,
        .cleanup = find_grep_cleanup,
        .teardown = find_grep_teardown,
        .work = find_grep_work,
    };

    return harness_main(&workload, argc, argv);
}
