/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads --runs, --warmup and --param for harness_main(). Numbers are plain decimal; what is wrong is
 * told in one line on standard error and in an error record, so that a guest's user sees it too.
 */
#include "harness_arguments.h"
#include "harness_records.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HARNESS_MOST_REPETITIONS 100000 /* a slip of the finger is refused, not run for days */

char **harness_program;

static bool harness_arguments_number(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *number)
{
    uint64_t value = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || value > UINT64_MAX / 10 - 1)
            return false;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    *number = value;
    return value >= minimum && value <= maximum;
}

static bool harness_arguments_refuse(const char *what, const char *text)
{
    char line[256];

    snprintf(line, sizeof(line), "%s%s%s", what, text ? ": " : "", text ? text : "");
    fprintf(stderr, "%s\n", line);
    harness_records_error(line);
    return false;
}

/* NAME=VALUE */
static bool harness_arguments_parameter(struct harness_workload *workload, const char *text)
{
    const char *equals = strchr(text, '=');
    size_t length = equals ? (size_t)(equals - text) : 0;

    if (length == 0)
        return harness_arguments_refuse("--param wants NAME=VALUE, not", text);
    for (struct harness_parameter *parameter = workload->parameters; parameter->name; parameter++) {
        char limits[160];

        if (strlen(parameter->name) != length || memcmp(parameter->name, text, length) != 0)
            continue;
        if (harness_arguments_number(equals + 1, parameter->minimum, parameter->maximum, &parameter->value))
            return true;
        snprintf(limits, sizeof(limits), "%s must be a number from %" PRIu64 " to %" PRIu64 ", not", parameter->name,
                 parameter->minimum, parameter->maximum);
        return harness_arguments_refuse(limits, equals + 1);
    }
    return harness_arguments_refuse("this workload has no such parameter (--list-parameters shows them)", text);
}

/* One option and its value; the number of arguments used, or 0 when refused. */
static int harness_arguments_option(struct harness_workload *workload, struct harness_options *options,
                                    const char *option, const char *value)
{
    bool good;

    if (strcmp(option, "--list-parameters") == 0) {
        options->list_parameters = true;
        return 1;
    }
    if (strcmp(option, "--runs") != 0 && strcmp(option, "--warmup") != 0 && strcmp(option, "--param") != 0)
        return harness_arguments_refuse("unknown argument", option);
    if (!value)
        return harness_arguments_refuse("a value is missing after", option);
    if (strcmp(option, "--param") == 0)
        return harness_arguments_parameter(workload, value) ? 2 : 0;
    if (strcmp(option, "--runs") == 0)
        good = harness_arguments_number(value, 1, HARNESS_MOST_REPETITIONS, &options->runs);
    else
        good = harness_arguments_number(value, 0, HARNESS_MOST_REPETITIONS, &options->warmup);
    if (good)
        return 2;
    return harness_arguments_refuse(option[2] == 'r' ? "--runs must be a number from 1 to 100000, not"
                                                     : "--warmup must be a number from 0 to 100000, not",
                                    value);
}

bool harness_arguments_read(struct harness_workload *workload, struct harness_options *options, int argc, char **argv)
{
    *options = (struct harness_options){.runs = 1};
    for (int index = 1; index < argc;) {
        int used;

        if (workload->takes_program && strcmp(argv[index], "--") == 0) {
            harness_program = argv + index + 1;
            break;
        }
        used = harness_arguments_option(workload, options, argv[index], argv[index + 1]);
        if (used == 0)
            return false;
        index += used;
    }
    if (workload->takes_program && !options->list_parameters && (!harness_program || !harness_program[0]))
        return harness_arguments_refuse("no program is given: -- PROGRAM [ARGUMENT ...]", NULL);
    return true;
}

void harness_arguments_list(const struct harness_workload *workload)
{
    for (const struct harness_parameter *parameter = workload->parameters; parameter->name; parameter++)
        printf("%s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", parameter->name, parameter->value, parameter->minimum,
               parameter->maximum);
}
