/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * C programs as text, for workloads that compile: functions of a fixed shape, each with constants of its own, and what
 * the compiled program has to print.
 */
#ifndef SOURCE_TEXT_H
#define SOURCE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define SOURCE_TEXT_FUNCTION_BYTES 640 /* at most, of one function, or of main()'s lines for one */
#define SOURCE_TEXT_FRAME_BYTES    256 /* what a source has besides */

/* Appends the source of function number n: int functionN(int). The new length. */
size_t source_text_function(char *text, size_t length, unsigned number);

/* Appends a main() that prints the sum of all functions of 0 to count - 1, with their declarations. The new length. */
size_t source_text_main(char *text, size_t length, unsigned count);

/* What that program prints, as a line in static storage. */
const char *source_text_output(unsigned count);

#endif
