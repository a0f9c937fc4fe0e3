/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log lines and records: formatted on the stack, written at once under one lock, so that lines
 * never mix.
 */
#include "kernel/log.h"
#include "drivers/uart.h"
#include <coopvirt/format.h>
#include <coopvirt/spinlock.h>
#include <coopvirt/string.h>
#include <stdint.h>

#define LINE_BYTES 512

static struct spinlock log_lock;
static enum log_level log_level = LOG_INFO;
static const char *const log_names[] = {
    [LOG_ERROR] = "error", [LOG_WARNING] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};

void log_set_level(const char *name)
{
    for (unsigned i = 0; i < sizeof(log_names) / sizeof(log_names[0]); i++)
        if (strcmp(name, log_names[i]) == 0)
            log_level = (enum log_level)i;
}

void log_raw(const char *text, size_t bytes)
{
    spinlock_take(&log_lock);
    uart_write(UART_LOG, text, bytes);
    spinlock_release(&log_lock);
}

static void log_formatted(const char *prefix, const char *format, va_list arguments)
{
    char line[LINE_BYTES];
    size_t used = string_copy(line, prefix, sizeof(line));
    int length = format_string_list(line + used, sizeof(line) - used - 1, format, arguments);
    used += (size_t)length;
    if (used > sizeof(line) - 2)
        used = sizeof(line) - 2;
    line[used] = '\n';
    log_raw(line, used + 1);
}

void log_line(enum log_level level, const char *format, ...)
{
    if (level > log_level)
        return;
    char prefix[24];
    format_string(prefix, sizeof(prefix), "[guest] %s: ", log_names[level]);
    va_list arguments;
    va_start(arguments, format);
    log_formatted(prefix, format, arguments);
    va_end(arguments);
}

void log_record(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_formatted("@coop ", format, arguments);
    va_end(arguments);
}
