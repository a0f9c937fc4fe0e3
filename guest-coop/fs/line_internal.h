/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the line discipline ask of one another: line_discipline.c (input, flow control, reading) and
 * line_edit.c (echo, editing). Called for typed bytes only, so maybe from interrupt context.
 */
#ifndef FS_LINE_INTERNAL_H
#define FS_LINE_INTERNAL_H

#include "fs/line_discipline.h"

static inline bool line_local(const struct line_discipline *line, uint32_t flag)
{
    return line->termios.local & flag;
}

static inline bool line_arrives(const struct line_discipline *line, uint32_t flag)
{
    return line->termios.input & flag;
}

/* Is `byte` the control character of that index? 0 disables it. */
static inline bool line_is(const struct line_discipline *line, unsigned index, uint8_t byte)
{
    return byte && line->termios.control_characters[index] == byte;
}

static inline uint16_t *line_cell(struct line_discipline *line, uint32_t counter)
{
    return &line->ring[counter & (LINE_INPUT_SIZE - 1)];
}

/* Shows bytes as they are; while output is stopped, when it goes on. */
void line_echo_text(struct line_discipline *line, const char *text, size_t count);

/* Shows what was held back, for output goes on. */
void line_echo_held(struct line_discipline *line);

/* Shows a byte, as ^X where the settings ask for it. */
void line_echo(struct line_discipline *line, uint8_t byte);

/* Echoes a typed byte, which is not in the line yet, when the settings ask for it. */
void line_echo_typed(struct line_discipline *line, uint8_t byte);

/* True when `byte` was an editing command, and done. */
bool line_edit(struct line_discipline *line, uint8_t byte);

#endif
