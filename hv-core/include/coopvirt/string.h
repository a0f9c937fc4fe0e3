/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C library's memory and string functions as far as the kernels use them. Freestanding
 * builds link hv-core/lib/string.c; host tests of the same sources use the host's library.
 */
#ifndef COOPVIRT_STRING_H
#define COOPVIRT_STRING_H

#include <stdbool.h>
#include <stddef.h>

#if __STDC_HOSTED__
#include <string.h>
#else
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);
char *strrchr(const char *s, int c);
#endif

/* Copies as much of `from` as fits, always terminated; returns strlen(from). */
size_t string_copy(char *to, const char *from, size_t size);

/* Finds the word `key=value` among blank-separated words and copies the value, cut to size.
 * Returns its length, or -1 when there is no such word. */
int string_option(const char *words, const char *key, char *value, size_t size);

/* The same as an unsigned number (decimal, or hexadecimal after 0x) of up to 64 bits. False when the word is there and
 * is no such number; *number stays as it was, and also where there is no such word. */
bool string_option_read_number(const char *words, const char *key, unsigned long *number);

/* The number, or `fallback` when the word is missing or is no number. */
unsigned long string_option_number(const char *words, const char *key, unsigned long fallback);

#endif
