/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log lines and records: formatted on the stack, written at once under one lock, so that lines
 * never mix. The latest lines are kept for syslog(2).
 */
#include "kernel/log.h"

#include "kernel/wait.h"
#include "memory/user_copy.h"
#include "pv/pv.h"
#include <coopvirt/format.h>
#include <coopvirt/spinlock.h>
#include <coopvirt/string.h>
#include <stdbool.h>
#include <stdint.h>

#define LINE_BYTES 512

static struct spinlock log_lock;
static enum log_level log_level = LOG_INFO;
static char log_text[LOG_KEPT_BYTES]; /* a ring */
static uint64_t log_end, log_start;   /* bytes ever written; those before are cleared or overwritten */
static uint64_t log_followed;         /* those before were read by log_unread, or overwritten */
static struct wait_queue log_readers = WAIT_QUEUE_INITIALISER;
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
    pv.io.text_write(PV_TEXT_LOG, text, bytes);
    spinlock_release(&log_lock);
}

static void log_keep(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        log_text[log_end++ % LOG_KEPT_BYTES] = text[i];
    if (log_end - log_start > LOG_KEPT_BYTES)
        log_start = log_end - LOG_KEPT_BYTES;
    if (log_end - log_followed > LOG_KEPT_BYTES)
        log_followed = log_end - LOG_KEPT_BYTES;
}

void log_kept_clear(void)
{
    log_start = log_end;
}

static long log_copy(uint64_t user_buffer, uint64_t from, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        size_t at = (from + done) % LOG_KEPT_BYTES, part = LOG_KEPT_BYTES - at;
        if (part > bytes - done)
            part = bytes - done;
        int status = user_copy_out(user_buffer + done, log_text + at, part);
        if (status < 0)
            return status;
        done += part;
    }
    return (long)bytes;
}

long log_kept(uint64_t user_buffer, size_t bytes)
{
    if (bytes > log_end - log_start)
        bytes = log_end - log_start;
    return log_copy(user_buffer, log_end - bytes, bytes);
}

size_t log_unread_bytes(void)
{
    return log_end - log_followed;
}

long log_unread(uint64_t user_buffer, size_t bytes)
{
    while (bytes && log_unread_bytes() == 0) {
        int status = wait_queue_sleep(&log_readers, WAIT_FOREVER);
        if (status)
            return status;
    }
    if (bytes > log_unread_bytes())
        bytes = log_unread_bytes();
    uint64_t from = log_followed;
    log_followed += bytes; /* before the copy, which may sleep: each text has one reader */
    return log_copy(user_buffer, from, bytes);
}

static void log_formatted(const char *prefix, bool keep, const char *format, va_list arguments)
{
    char line[LINE_BYTES];
    size_t used = string_copy(line, prefix, sizeof(line));
    int length = format_string_list(line + used, sizeof(line) - used - 1, format, arguments);
    used += (size_t)length;
    if (used > sizeof(line) - 2)
        used = sizeof(line) - 2;
    line[used] = '\n';
    if (keep)
        log_keep(line, used + 1);
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
    log_formatted(prefix, true, format, arguments);
    va_end(arguments);
    if (level != LOG_ERROR) /* those are of a panic, in which nobody is woken */
        wait_queue_wake(&log_readers);
}

void log_record(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_formatted("@coop ", false, format, arguments);
    va_end(arguments);
}
