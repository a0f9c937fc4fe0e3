/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log, in levels, and the record channel, both to the log sink (COM2; a RAM ring beside it), and the
 * console, which carries the guest's COM1. Whole lines, from any CPU.
 */
#ifndef MACHINE_LOG_H
#define MACHINE_LOG_H

#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

void log_print(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_print(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_print(LOG_WARNING, __VA_ARGS__)
#define log_info(...)    log_print(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_print(LOG_DEBUG, __VA_ARGS__)

/* One line as it is (a guest's COM2 line, a record), the newline added here. */
void log_line(const char *line, size_t bytes);

/* A record: "@coop " and one JSON object, given without the prefix. */
void log_record(const char *json);

/* The console port: raw bytes out; a byte in, or -1. */
void console_write(const char *bytes, size_t count);
int console_read(void);

/* Puts the byte that console_read gave back, to be the next one read: the guest had no room for it. */
void console_unread(uint8_t byte);

#endif
