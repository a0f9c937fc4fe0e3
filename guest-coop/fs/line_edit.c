/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Echo, and editing of the line that is being typed: erasing by character, by word and whole, in the ways that the
 * settings name (blanks, the erased text between slashes, the key itself), and reprinting.
 */
#include "fs/line_internal.h"

/* ---- echo ---- */

/* Is this byte echoed as ^X? */
static bool line_shown_as_control(const struct line_discipline *line, uint8_t byte)
{
    return line_local(line, ABI_ECHOCTL) && (byte < ' ' || byte == 127) && byte != '\t';
}

void line_echo_text(struct line_discipline *line, const char *text, size_t count)
{
    if (!line->stopped) {
        line_output(line, text, count);
        return;
    }
    for (size_t i = 0; i < count && line->held_bytes < LINE_HELD_SIZE; i++)
        line->held[line->held_bytes++] = text[i];
}

void line_echo_held(struct line_discipline *line)
{
    line_output(line, line->held, line->held_bytes);
    line->held_bytes = 0;
}

void line_echo(struct line_discipline *line, uint8_t byte)
{
    if (line_shown_as_control(line, byte)) {
        char text[2] = {'^', (char)(byte ^ 0x40)};
        line_echo_text(line, text, 2);
        return;
    }
    line_echo_text(line, (const char *)&byte, 1);
}

/* ECHOPRT: the erased text ends. */
static void line_erasing_end(struct line_discipline *line)
{
    if (line->erasing)
        line_echo_text(line, "/", 1);
    line->erasing = false;
}

void line_echo_typed(struct line_discipline *line, uint8_t byte)
{
    if (line->written == line->committed)
        line->line_column = line->column;
    if (!line_local(line, ABI_ECHO)) {
        if (byte == '\n' && line_local(line, ABI_ECHONL) && line_local(line, ABI_ICANON) && !line->literal_next)
            line_echo_text(line, "\n", 1);
        return;
    }
    line_erasing_end(line);
    if (byte == '\n' && !line->literal_next)
        line_echo_text(line, "\n", 1);
    else
        line_echo(line, byte);
}

/* The column after the echo of the current line up to counter `end`. */
static uint32_t line_column_at(struct line_discipline *line, uint32_t end)
{
    uint32_t column = line->line_column;

    for (uint32_t i = line->committed; i != end; i++) {
        uint8_t byte = (uint8_t)*line_cell(line, i);
        if (byte == '\t')
            column += 8 - column % 8;
        else if (line_shown_as_control(line, byte))
            column += 2;
        else
            column += byte >= ' ' && (byte & 0xc0) != 0x80;
    }
    return column;
}

/* Erases the echo from column `from` back to column `to`. */
static void line_echo_erase(struct line_discipline *line, uint32_t from, uint32_t to, bool blank)
{
    for (; from > to; from--) {
        if (blank)
            line_echo_text(line, "\b \b", 3);
        else
            line_echo_text(line, "\b", 1);
    }
}

/* ---- editing of the current line ---- */

/* ECHOPRT: the erased character is shown between slashes, however many bytes it has. */
static void line_echo_erased(struct line_discipline *line, uint32_t from, uint32_t to)
{
    if (!line->erasing)
        line_echo_text(line, "\\", 1);
    line->erasing = true;
    line_echo(line, (uint8_t)*line_cell(line, from));
    while (++from != to)
        line_echo_text(line, (const char *)line_cell(line, from), 1);
}

/* Where the last character (all bytes of a UTF-8 one) of the line begins: what an erasing takes off. */
static uint32_t line_last(struct line_discipline *line)
{
    uint32_t at = line->written;

    while (--at != line->committed && line_arrives(line, ABI_IUTF8) && (*line_cell(line, at) & 0xc0) == 0x80)
        ;
    return at;
}

/* Takes the last character off the line and off the screen; `shown`: as blanks, even without ECHOE. */
static void line_erase_one(struct line_discipline *line, bool shown)
{
    uint32_t before = line_column_at(line, line->written), end = line->written;

    if (end == line->committed)
        return;
    line->written = line_last(line);
    if (!line_local(line, ABI_ECHO))
        return;
    if (line_local(line, ABI_ECHOPRT)) {
        line_echo_erased(line, line->written, end);
        return;
    }
    uint8_t byte = (uint8_t)*line_cell(line, line->written);
    if (shown || line_local(line, ABI_ECHOE))
        line_echo_erase(line, before, line_column_at(line, line->written), byte != '\t');
    else
        line_echo(line, line->termios.control_characters[ABI_VERASE]);
}

static bool line_word_byte(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') || byte == '_' || byte >= 128;
}

static void line_erase_word(struct line_discipline *line)
{
    bool seen = false;

    while (line->written != line->committed) {
        bool word = line_word_byte((uint8_t)*line_cell(line, line_last(line)));
        if (seen && !word)
            break;
        seen |= word;
        line_erase_one(line, true);
    }
}

static void line_kill(struct line_discipline *line)
{
    const uint32_t by_blanks = ABI_ECHOK | ABI_ECHOKE | ABI_ECHOE;

    if (line->written == line->committed)
        return;
    if (line_local(line, ABI_ECHO) && (line->termios.local & by_blanks) != by_blanks) {
        line->written = line->committed;
        line_erasing_end(line);
        line_echo(line, line->termios.control_characters[ABI_VKILL]);
        if (line_local(line, ABI_ECHOK))
            line_echo_text(line, "\n", 1);
        return;
    }
    while (line->written != line->committed)
        line_erase_one(line, true);
}

static void line_reprint(struct line_discipline *line)
{
    line_erasing_end(line);
    line_echo(line, line->termios.control_characters[ABI_VREPRINT]);
    line_echo_text(line, "\n", 1);
    line->line_column = line->column;
    for (uint32_t i = line->committed; i != line->written; i++)
        line_echo(line, (uint8_t)*line_cell(line, i));
}

static bool line_edit_erases(struct line_discipline *line, uint8_t byte)
{
    if (line_is(line, ABI_VERASE, byte))
        line_erase_one(line, false);
    else if (line_is(line, ABI_VKILL, byte))
        line_kill(line);
    else if (line_is(line, ABI_VWERASE, byte) && line_local(line, ABI_IEXTEN))
        line_erase_word(line);
    else
        return false;
    if (line->written == line->committed && line_local(line, ABI_ECHO))
        line_erasing_end(line);
    return true;
}

bool line_edit(struct line_discipline *line, uint8_t byte)
{
    if (line_edit_erases(line, byte))
        return true;
    if (!line_local(line, ABI_IEXTEN))
        return false;
    if (line_is(line, ABI_VLNEXT, byte)) {
        line->literal_next = true;
        if (!line_local(line, ABI_ECHO))
            return true;
        line_erasing_end(line);
        if (line_local(line, ABI_ECHOCTL))
            line_echo_text(line, "^\b", 2);
        return true;
    }
    if (line_is(line, ABI_VREPRINT, byte) && line_local(line, ABI_ECHO)) {
        line_reprint(line);
        return true;
    }
    return false;
}
