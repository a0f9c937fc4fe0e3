/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's log and its records: whole lines on the second serial port. The console (the first port)
 * belongs to the programs.
 */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* `log=` on the command line. */
void log_set_level(const char *name);

/* One line, without its end. Any context. */
__attribute__((format(printf, 2, 3))) void log_line(enum log_level level, const char *format, ...);

/* The latest lines, for syslog(2): copies up to `bytes` of the newest text to user memory, whole lines not promised.
 * The number of bytes, or -EFAULT. */
#define LOG_KEPT_BYTES 16384u
long log_kept(uint64_t user_buffer, size_t bytes);
void log_kept_clear(void);

/* The same for one who follows the log: the oldest text that no such reader has had, of which there is one place for
 * all. Sleeps while there is none; then also -ERESTARTSYS. */
long log_unread(uint64_t user_buffer, size_t bytes);
size_t log_unread_bytes(void);

/* One record: `@coop ` and the object's text. */
__attribute__((format(printf, 1, 2))) void log_record(const char *format, ...);

/* Whole lines from /dev/coopbench, as they are. */
void log_raw(const char *text, size_t bytes);

#endif
