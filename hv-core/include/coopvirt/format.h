/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text formatting for logs and records: %d %i %u %x %X %p %s %c %%, length l, ll and z, a width,
 * the flags 0 and -, and a precision for %s.
 */
#ifndef COOPVIRT_FORMAT_H
#define COOPVIRT_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* Writes at most `size` bytes including the terminator; returns the length that the whole text
 * would have had. */
int format_string(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int format_string_list(char *buffer, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

#endif
