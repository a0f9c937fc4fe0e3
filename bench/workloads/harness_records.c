/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Formats and writes the records for harness_main(), and ends the process where a workload cannot
 * go on: a wrong result is never a number, it is an error record and exit status 1.
 */
#include "harness_records.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const char *harness_records_workload = "";

void harness_records_name(const char *name)
{
    harness_records_workload = name;
}

static void harness_records_write(const char *line, size_t length)
{
    int channel = harness_device >= 0 ? harness_device : STDOUT_FILENO;

    if (write(channel, line, length) != (ssize_t)length) {
        static const char message[] = "a record could not be written\n";

        if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0)
            _exit(3);
        _exit(1);
    }
    if (harness_device < 0)
        tcdrain(channel); /* a serial line that is still busy would send its interrupts into the next region */
}

/* Copies text as the inside of a JSON string; what JSON would have to escape becomes a blank or '. */
static void harness_records_quote(char *quoted, size_t size, const char *text)
{
    size_t length = 0;

    for (; *text != '\0' && length + 1 < size; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte == '"' || byte == '\\')
            byte = '\'';
        quoted[length++] = (char)(byte < 0x20 || byte > 0x7e ? ' ' : byte);
    }
    quoted[length] = '\0';
}

static void harness_records_reason(const char *type, const char *who, const char *reason)
{
    char quoted[300], line[512];
    int length;

    harness_records_quote(quoted, sizeof(quoted), reason);
    length = snprintf(line, sizeof(line), "@coop {\"type\":\"%s\",%s\"workload\":\"%s\",\"reason\":\"%s\"}\n", type,
                      who, harness_records_workload, quoted);
    harness_records_write(line, (size_t)length);
}

void harness_records_error(const char *reason)
{
    harness_records_reason("error", "\"who\":\"workload\",", reason);
}

void harness_records_skip(const char *reason)
{
    harness_records_reason("skip", "", reason);
}

static bool harness_records_parameters(char *text, size_t size, const struct harness_parameter *parameter)
{
    size_t length = 0;

    text[0] = '\0';
    for (; parameter->name && length < size; parameter++)
        length += (size_t)snprintf(text + length, size - length, "%s\"%s\":%" PRIu64, length ? "," : "",
                                   parameter->name, parameter->value);
    return length < size;
}

/* Only where there is a device to ask: a counter that nobody counted is left out, not 0. */
static void harness_records_counters(char *text, size_t size, const struct coopbench_counters *counted)
{
    text[0] = '\0';
    if (harness_device >= 0)
        snprintf(text, size,
                 ",\"idle\":%" PRIu64 ",\"ticks\":%" PRIu64 ",\"context_switches\":%" PRIu64 ",\"page_faults\":%" PRIu64
                 ",\"system_calls\":%" PRIu64 ",\"fpu_loads\":%" PRIu64,
                 counted->idle, counted->ticks, counted->context_switches, counted->page_faults, counted->system_calls,
                 counted->fpu_loads);
}

void harness_records_repetition(const struct harness_workload *workload, uint64_t region, uint64_t repetition,
                                bool warmup, const struct harness_measurement *measurement)
{
    uint64_t operations = workload->operations ? workload->operations() : workload->parameters[0].value;
    char line[1024], parameters[400], counters[256];
    int length;

    if (!harness_records_parameters(parameters, sizeof(parameters), workload->parameters))
        harness_wrong("the parameters do not fit a record");
    harness_records_counters(counters, sizeof(counters), &measurement->counted);
    length =
        snprintf(line, sizeof(line),
                 "@coop {\"type\":\"repetition\",\"workload\":\"%s\",\"region\":%" PRIu64 ",\"repetition\":%" PRIu64
                 ",\"warmup\":%s,\"ops\":%" PRIu64 ",\"tsc\":%" PRIu64 "%s,\"params\":{%s}}\n",
                 harness_records_workload, region, repetition, warmup ? "true" : "false", operations, measurement->tsc,
                 counters, parameters);
    harness_records_write(line, (size_t)length);
}

void harness_records_output(int status, uint64_t bytes, uint64_t digest)
{
    char line[320];
    int length = snprintf(line, sizeof(line),
                          "@coop {\"type\":\"output\",\"workload\":\"%s\",\"status\":%d,\"bytes\":%" PRIu64
                          ",\"digest\":\"%016" PRIx64 "\"}\n",
                          harness_records_workload, status, bytes, digest);

    harness_records_write(line, (size_t)length);
}

static _Noreturn void harness_records_end(const char *format, va_list arguments, int error)
{
    char reason[256];
    int length = vsnprintf(reason, sizeof(reason), format, arguments);

    if (error != 0 && length >= 0 && (size_t)length < sizeof(reason))
        snprintf(reason + length, sizeof(reason) - (size_t)length, ": %s (errno %d)", strerror(error), error);
    harness_records_error(reason);
    _exit(1);
}

_Noreturn void harness_fail(const char *format, ...)
{
    int error = errno;
    va_list arguments;

    va_start(arguments, format);
    harness_records_end(format, arguments, error);
}

_Noreturn void harness_wrong(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    harness_records_end(format, arguments, 0);
}

_Noreturn void harness_skip(const char *reason)
{
    harness_records_skip(reason);
    _exit(0);
}
