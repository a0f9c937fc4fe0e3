/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the command line for /init. Pure: it only cuts up the text it is given, and refuses what it
 * does not understand instead of running something else.
 */
#include "boot_words.h"

#include <stddef.h>
#include <string.h>

bool boot_words_append(struct boot_words_arguments *arguments, char *argument)
{
    if (arguments->count == BOOT_WORDS_MOST_ARGUMENTS)
        return false;
    arguments->vector[arguments->count++] = argument;
    arguments->vector[arguments->count] = NULL;
    return true;
}

static bool boot_words_is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
}

bool boot_words_is_workload(const char *name)
{
    size_t group = 0, rest = 0;

    while (boot_words_is_name_byte(name[group]))
        group++;
    if (group == 0 || name[group] != '/')
        return false;
    while (boot_words_is_name_byte(name[group + 1 + rest]))
        rest++;
    return rest > 0 && name[group + 1 + rest] == '\0';
}

static int boot_words_hex(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

/* Replaces %XX in place. False for a % without two digits, or %00. */
static bool boot_words_decode(char *text)
{
    char *to = text;

    for (; *text != '\0'; text++) {
        if (*text == '%') {
            int high = boot_words_hex(text[1]), low = high < 0 ? -1 : boot_words_hex(text[2]);

            if (low < 0 || (high == 0 && low == 0))
                return false;
            *to++ = (char)(high << 4 | low);
            text += 2;
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
    return true;
}

const char *boot_words_split(struct boot_words_arguments *arguments, char *text)
{
    for (char *next = text; next; text = next) {
        next = strchr(text, '+');
        if (next)
            *next++ = '\0';
        if (!boot_words_decode(text))
            return "exec= holds a % that is not followed by two hexadecimal digits";
        if (!boot_words_append(arguments, text))
            return "exec= has too many arguments";
    }
    return NULL;
}

static bool boot_words_option(struct boot_words *words, char *option, char *value)
{
    return boot_words_append(&words->options, option) && boot_words_append(&words->options, value);
}

static const char *boot_words_read_word(struct boot_words *words, char *word)
{
    bool fits = true;

    if (strncmp(word, "bench=", 6) == 0)
        words->bench = word + 6;
    else if (strncmp(word, "exec=", 5) == 0)
        words->exec = word + 5;
    else if (strncmp(word, "script=", 7) == 0)
        words->script = word + 7;
    else if (strncmp(word, "runs=", 5) == 0)
        fits = boot_words_option(words, "--runs", word + 5);
    else if (strncmp(word, "warmup=", 7) == 0)
        fits = boot_words_option(words, "--warmup", word + 7);
    else if (strncmp(word, "param.", 6) == 0)
        fits = boot_words_option(words, "--param", word + 6);
    return fits ? NULL : "the command line has too many words";
}

const char *boot_words_read(struct boot_words *words, char *text)
{
    static const char blanks[] = " \t\n";

    memset(words, 0, sizeof(*words));
    for (text += strspn(text, blanks); *text != '\0'; text += strspn(text, blanks)) {
        char *word = text;
        const char *refused;

        text += strcspn(text, blanks);
        if (*text != '\0')
            *text++ = '\0';
        refused = boot_words_read_word(words, word);
        if (refused)
            return refused;
    }
    if (!!words->bench + !!words->exec + !!words->script > 1)
        return "only one of bench=, exec= and script= can be asked for";
    if (words->bench && !boot_words_is_workload(words->bench))
        return "bench= wants GROUP/NAME";
    if ((words->exec && words->exec[0] != '/') || (words->script && words->script[0] != '/'))
        return "exec= and script= want a path that begins with /";
    return NULL;
}
