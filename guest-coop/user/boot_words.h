/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's command line as /init reads it: key=value words separated by blanks; other words
 * are not for us.
 */
#ifndef BOOT_WORDS_H
#define BOOT_WORDS_H

#include <stdbool.h>

#define BOOT_WORDS_MOST_ARGUMENTS 64

/* An argument vector for execve, ending with NULL. The strings belong to the command line's text. */
struct boot_words_arguments {
    char *vector[BOOT_WORDS_MOST_ARGUMENTS + 1];
    int count;
};

/* What the command line asks for. At most one of bench, exec and script is there. */
struct boot_words {
    char *bench;                         /* GROUP/NAME */
    char *exec;                          /* /path+argument+argument, a blank or other byte inside written as %XX */
    char *script;                        /* /path of a shell script */
    struct boot_words_arguments options; /* --runs, --warmup, --param and their values, for a measured program */
};

/* Cuts text into words. NULL, or the reason why the line cannot be carried out. Changes text. */
const char *boot_words_read(struct boot_words *words, char *text);

/* Cuts an exec= value into arguments, appended. NULL, or the reason why not. Changes text. */
const char *boot_words_split(struct boot_words_arguments *arguments, char *text);

/* Appends one argument; false when there is no room. */
bool boot_words_append(struct boot_words_arguments *arguments, char *argument);

/* Is this a workload's name: GROUP/NAME of small letters, digits and '_'? */
bool boot_words_is_workload(const char *name);

#endif
