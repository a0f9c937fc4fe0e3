/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output of the line discipline: what OPOST and its companions make of a program's bytes and of the echo, and where
 * the cursor then stands.
 */
#include "fs/line_discipline.h"

struct line_output_writer {
    struct line_discipline *line;
    size_t used;
    char bytes[128];
};

static void line_output_flush(struct line_output_writer *writer)
{
    if (writer->used)
        writer->line->output(writer->line->context, writer->bytes, writer->used);
    writer->used = 0;
}

static void line_output_put(struct line_output_writer *writer, char byte)
{
    if (writer->used == sizeof(writer->bytes))
        line_output_flush(writer);
    writer->bytes[writer->used++] = byte;
}

static void line_output_newline(struct line_output_writer *writer)
{
    uint32_t output = writer->line->termios.output;

    if (output & ABI_ONLCR)
        line_output_put(writer, '\r');
    if (output & (ABI_ONLCR | ABI_ONLRET))
        writer->line->column = 0;
    line_output_put(writer, '\n');
}

static void line_output_return(struct line_output_writer *writer)
{
    uint32_t output = writer->line->termios.output;

    if ((output & ABI_ONOCR) && writer->line->column == 0)
        return;
    if (output & ABI_OCRNL) {
        if (output & ABI_ONLRET)
            writer->line->column = 0;
        line_output_put(writer, '\n');
        return;
    }
    writer->line->column = 0;
    line_output_put(writer, '\r');
}

/* One byte of output, processed as the settings say. */
static void line_output_process(struct line_output_writer *writer, uint8_t byte)
{
    struct line_discipline *line = writer->line;

    if (!(line->termios.output & ABI_OPOST)) {
        line_output_put(writer, (char)byte);
        return;
    }
    switch (byte) {
    case '\n':
        line_output_newline(writer);
        return;
    case '\r':
        line_output_return(writer);
        return;
    case '\t': {
        uint32_t spaces = 8 - line->column % 8;
        line->column += spaces;
        if ((line->termios.output & ABI_XTABS) != ABI_XTABS) {
            line_output_put(writer, '\t');
            return;
        }
        while (spaces--)
            line_output_put(writer, ' ');
        return;
    }
    case '\b':
        line->column -= line->column != 0;
        break;
    default:
        /* Control characters and the later bytes of a UTF-8 character take no column. */
        line->column += byte >= ' ' && byte != 127 && !((line->termios.input & ABI_IUTF8) && (byte & 0xc0) == 0x80);
        if ((line->termios.output & ABI_OLCUC) && byte >= 'a' && byte <= 'z')
            byte -= 'a' - 'A';
    }
    line_output_put(writer, (char)byte);
}

void line_output(struct line_discipline *line, const char *bytes, size_t count)
{
    struct line_output_writer writer = {.line = line};

    for (size_t i = 0; i < count; i++)
        line_output_process(&writer, (uint8_t)bytes[i]);
    line_output_flush(&writer);
}
