/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The line discipline: POSIX "General Terminal Interface" with Linux's extensions (word erase, literal
 * next, reprint, ^X echo).
 */
#include "fs/line_discipline.h"

#include "fs/linux_abi.h"

/* Marks of a byte in the ring. */
#define LINE_END  0x100u /* the line ends with this byte */
#define LINE_EOF  0x200u /* no byte: end of file was typed here */
#define LINE_MARK (LINE_END | LINE_EOF)

static const struct abi_termios line_sane = {
    .input = ABI_ICRNL | ABI_IUTF8,
    .output = ABI_OPOST | ABI_ONLCR,
    .control = ABI_B115200 | ABI_CS8 | ABI_CREAD | ABI_HUPCL | ABI_CLOCAL,
    .local = ABI_ISIG | ABI_ICANON | ABI_ECHO | ABI_ECHOE | ABI_ECHOK | ABI_ECHOCTL | ABI_ECHOKE | ABI_IEXTEN,
    .control_characters =
        {
            [ABI_VINTR] = 3,
            [ABI_VQUIT] = 28,
            [ABI_VERASE] = 127,
            [ABI_VKILL] = 21,
            [ABI_VEOF] = 4,
            [ABI_VMIN] = 1,
            [ABI_VSTART] = 17,
            [ABI_VSTOP] = 19,
            [ABI_VSUSP] = 26,
            [ABI_VREPRINT] = 18,
            [ABI_VDISCARD] = 15,
            [ABI_VWERASE] = 23,
            [ABI_VLNEXT] = 22,
        },
};

void line_start(struct line_discipline *line)
{
    line->termios = line_sane;
}

static bool line_local(const struct line_discipline *line, uint32_t flag)
{
    return line->termios.local & flag;
}

/* Is `byte` the control character of that index? 0 disables it. */
static bool line_is(const struct line_discipline *line, unsigned index, uint8_t byte)
{
    return byte && line->termios.control_characters[index] == byte;
}

static uint16_t *line_cell(struct line_discipline *line, uint32_t counter)
{
    return &line->ring[counter & (LINE_INPUT_SIZE - 1)];
}

/* ---- echo ---- */

/* Is this byte echoed as ^X? */
static bool line_shown_as_control(const struct line_discipline *line, uint8_t byte)
{
    return line_local(line, ABI_ECHOCTL) && (byte < ' ' || byte == 127) && byte != '\t' && byte != '\n';
}

static void line_echo_text(struct line_discipline *line, const char *text, size_t count)
{
    line_output(line, text, count);
}

static void line_echo(struct line_discipline *line, uint8_t byte)
{
    if (line_shown_as_control(line, byte)) {
        char text[2] = {'^', (char)(byte ^ 0x40)};
        line_echo_text(line, text, 2);
        return;
    }
    line_echo_text(line, (const char *)&byte, 1);
}

/* Echoes a typed byte when the settings ask for it. */
static void line_echo_typed(struct line_discipline *line, uint8_t byte)
{
    if (line->written == line->committed)
        line->line_column = line->column;
    if (line_local(line, ABI_ECHO) || (byte == '\n' && line_local(line, ABI_ECHONL)))
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

/* Takes one character (all bytes of a UTF-8 one) off the line and off the screen. */
static void line_erase_one(struct line_discipline *line)
{
    uint32_t before = line_column_at(line, line->written);
    bool first = true, tab = false;

    while (line->written != line->committed) {
        uint8_t byte = (uint8_t)*line_cell(line, --line->written);
        tab = first && byte == '\t';
        first = false;
        if (!(line->termios.input & ABI_IUTF8) || (byte & 0xc0) != 0x80)
            break;
    }
    if (first || !line_local(line, ABI_ECHO))
        return;
    if (line_local(line, ABI_ECHOE))
        line_echo_erase(line, before, line_column_at(line, line->written), !tab);
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
        bool word = line_word_byte((uint8_t)*line_cell(line, line->written - 1));
        if (seen && !word)
            break;
        seen |= word;
        line_erase_one(line);
    }
}

static void line_kill(struct line_discipline *line)
{
    if (line_local(line, ABI_ECHO) && line_local(line, ABI_ECHOK) && !line_local(line, ABI_ECHOKE)) {
        line->written = line->committed;
        line_echo(line, line->termios.control_characters[ABI_VKILL]);
        line_echo_text(line, "\n", 1);
        return;
    }
    while (line->written != line->committed)
        line_erase_one(line);
}

static void line_reprint(struct line_discipline *line)
{
    if (!line_local(line, ABI_ECHO))
        return;
    line_echo(line, line->termios.control_characters[ABI_VREPRINT]);
    line_echo_text(line, "\n", 1);
    line->line_column = line->column;
    for (uint32_t i = line->committed; i != line->written; i++)
        line_echo(line, (uint8_t)*line_cell(line, i));
}

/* True when `byte` was an editing command. */
static bool line_edit(struct line_discipline *line, uint8_t byte)
{
    if (line_is(line, ABI_VERASE, byte)) {
        line_erase_one(line);
        return true;
    }
    if (line_is(line, ABI_VKILL, byte)) {
        line_kill(line);
        return true;
    }
    if (!line_local(line, ABI_IEXTEN))
        return false;
    if (line_is(line, ABI_VWERASE, byte)) {
        line_erase_word(line);
        return true;
    }
    if (line_is(line, ABI_VREPRINT, byte)) {
        line_reprint(line);
        return true;
    }
    return false;
}

/* ---- input ---- */

/* True when `byte` raised a signal. */
static bool line_signal(struct line_discipline *line, uint8_t byte)
{
    static const struct {
        uint8_t index, signal;
    } signals[] = {{ABI_VINTR, ABI_SIGINT}, {ABI_VQUIT, ABI_SIGQUIT}, {ABI_VSUSP, ABI_SIGTSTP}};

    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        if (!line_is(line, signals[i].index, byte))
            continue;
        if (!line_local(line, ABI_NOFLSH))
            line_flush(line);
        if (line_local(line, ABI_ECHO))
            line_echo(line, byte);
        line->signal(line->context, signals[i].signal);
        return true;
    }
    return false;
}

/* Puts a byte in the ring. One place is kept for the end of a line, so that a full line can still be finished. */
static void line_put(struct line_discipline *line, uint16_t cell)
{
    uint32_t room = LINE_INPUT_SIZE - (line->written - __atomic_load_n(&line->taken, __ATOMIC_ACQUIRE));

    if (room <= ((cell & LINE_MARK) ? 0u : 1u)) {
        line_echo_text(line, "\a", 1);
        return;
    }
    *line_cell(line, line->written) = cell;
    __atomic_store_n(&line->written, line->written + 1, __ATOMIC_RELEASE);
    if (cell & LINE_MARK)
        __atomic_store_n(&line->committed, line->written, __ATOMIC_RELEASE);
}

static void line_canonical_byte(struct line_discipline *line, uint8_t byte)
{
    if (line_edit(line, byte))
        return;
    if (line_is(line, ABI_VEOF, byte)) {
        line_put(line, LINE_EOF);
        return;
    }
    bool end = byte == '\n' || line_is(line, ABI_VEOL, byte) ||
               (line_local(line, ABI_IEXTEN) && line_is(line, ABI_VEOL2, byte));
    line_echo_typed(line, byte);
    line_put(line, end ? byte | LINE_END : byte);
}

static void line_literal_byte(struct line_discipline *line, uint8_t byte)
{
    line->literal_next = false;
    line_echo_typed(line, byte);
    line_put(line, byte);
}

/* What IGNCR, ICRNL, INLCR and ISTRIP make of a byte; -1 drops it. */
static int line_translate(const struct line_discipline *line, uint8_t byte)
{
    uint32_t input = line->termios.input;

    if (input & ABI_ISTRIP)
        byte &= 0x7f;
    if (byte == '\r')
        return input & ABI_IGNCR ? -1 : input & ABI_ICRNL ? '\n' : byte;
    return byte == '\n' && (input & ABI_INLCR) ? '\r' : byte;
}

static void line_input_byte(struct line_discipline *line, uint8_t typed)
{
    if (line->literal_next) {
        line_literal_byte(line, typed);
        return;
    }
    int translated = line_translate(line, typed);
    if (translated < 0)
        return;
    uint8_t byte = (uint8_t)translated;
    if (line_local(line, ABI_ISIG) && line_signal(line, byte))
        return;
    if (!line_local(line, ABI_ICANON)) {
        if (line_local(line, ABI_ECHO))
            line_echo(line, byte);
        line_put(line, byte);
        return;
    }
    if (line_local(line, ABI_IEXTEN) && line_is(line, ABI_VLNEXT, byte)) {
        line->literal_next = true;
        return;
    }
    line_canonical_byte(line, byte);
}

bool line_input(struct line_discipline *line, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        line_input_byte(line, bytes[i]);
    return line_readable(line);
}

/* ---- reading ---- */

static uint32_t line_limit(const struct line_discipline *line)
{
    return __atomic_load_n(line_local(line, ABI_ICANON) ? &line->committed : &line->written, __ATOMIC_ACQUIRE);
}

bool line_readable(const struct line_discipline *line)
{
    return line_limit(line) != line->taken;
}

uint32_t line_room(const struct line_discipline *line)
{
    uint32_t used = line->written - __atomic_load_n(&line->taken, __ATOMIC_ACQUIRE);

    if (line_local(line, ABI_ICANON) && !line_readable(line))
        return LINE_INPUT_SIZE;
    return used < LINE_INPUT_SIZE - 1 ? LINE_INPUT_SIZE - 1 - used : 0;
}

uint32_t line_available(const struct line_discipline *line)
{
    uint32_t bytes = 0;

    for (uint32_t i = line->taken, limit = line_limit(line); i != limit; i++)
        bytes += !(line->ring[i & (LINE_INPUT_SIZE - 1)] & LINE_EOF);
    return bytes;
}

/* Copies from counter *at on, up to and with the end of a line in canonical mode. */
static size_t line_copy(struct line_discipline *line, uint32_t *at, uint8_t *to, size_t size, bool *end)
{
    bool canonical = line_local(line, ABI_ICANON);
    uint32_t limit = line_limit(line);
    size_t count = 0;

    *end = false;
    while (*at != limit && !*end) {
        uint16_t cell = *line_cell(line, *at);
        if (cell & LINE_EOF) {
            /* In the middle of a line it only ends the read; outside canonical mode it means nothing. */
            ++*at;
            *end = canonical;
            continue;
        }
        if (count == size)
            break;
        to[count++] = (uint8_t)cell;
        ++*at;
        *end = canonical && (cell & LINE_END);
    }
    *end |= *at == limit;
    return count;
}

size_t line_take(struct line_discipline *line, uint8_t *to, size_t size, bool *end)
{
    for (;;) {
        uint32_t before = __atomic_load_n(&line->taken, __ATOMIC_ACQUIRE), at = before;
        size_t count = line_copy(line, &at, to, size, end);
        if (__atomic_compare_exchange_n(&line->taken, &before, at, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            return count;
    }
}

void line_flush(struct line_discipline *line)
{
    line->literal_next = false;
    __atomic_store_n(&line->committed, line->written, __ATOMIC_RELEASE);
    __atomic_store_n(&line->taken, line->written, __ATOMIC_RELEASE);
}

void line_set(struct line_discipline *line, const struct abi_termios *termios)
{
    bool was_canonical = line_local(line, ABI_ICANON);

    line->termios = *termios;
    /* What was typed in the other mode counts as a line. */
    if (!was_canonical && line_local(line, ABI_ICANON)) {
        if (line->written != line->taken)
            *line_cell(line, line->written - 1) |= LINE_END;
        line->committed = line->written;
    }
}
