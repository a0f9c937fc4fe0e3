/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The line discipline: POSIX "General Terminal Interface" with Linux's extensions. Typed bytes become signals, stop and
 * start output, edit the line (line_edit.c) or wait in the ring for readers.
 */
#include "fs/line_discipline.h"

#include "fs/line_internal.h"
#include "fs/linux_abi.h"

/* Marks of a byte in the ring. */
#define LINE_END  0x100u /* the line ends with this byte */
#define LINE_EOF  0x200u /* no byte: end of file was typed here */
#define LINE_MARK (LINE_END | LINE_EOF)

#define LINE_THROTTLE_BYTES 128u

static const struct abi_termios line_sane = {
    .input = ABI_ICRNL | ABI_IXON | ABI_IUTF8,
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

/* ---- flow control ---- */

static void line_stop(struct line_discipline *line)
{
    if (line->stopped)
        return;
    line->stopped = true;
    line->flow(line->context);
}

static void line_go_on(struct line_discipline *line)
{
    if (!line->stopped || line->stopped_by_call)
        return;
    line->stopped = false;
    line_echo_held(line);
    line->flow(line->context);
}

void line_stop_by_call(struct line_discipline *line)
{
    line->stopped_by_call = true;
    line_stop(line);
}

void line_start_by_call(struct line_discipline *line)
{
    if (!line->stopped_by_call)
        return;
    line->stopped_by_call = false;
    line_go_on(line);
}

void line_send(struct line_discipline *line, uint8_t byte)
{
    line->output(line->context, (const char *)&byte, 1);
}

/* True when `byte` stops or starts output. */
static bool line_flow(struct line_discipline *line, uint8_t byte)
{
    if (line_is(line, ABI_VSTART, byte)) {
        line_go_on(line);
        return true;
    }
    if (line_is(line, ABI_VSTOP, byte)) {
        line_stop(line);
        return true;
    }
    return false;
}

static uint32_t line_used(const struct line_discipline *line)
{
    return line->written - __atomic_load_n(&line->taken, __ATOMIC_ACQUIRE);
}

/* IXOFF: asks the other end to stop before the ring is full, and to go on when it is nearly empty. */
static void line_throttle(struct line_discipline *line)
{
    uint32_t used = line_used(line);

    if (!line->throttled && line_arrives(line, ABI_IXOFF) && used > LINE_INPUT_SIZE - LINE_THROTTLE_BYTES) {
        line->throttled = true;
        line_send(line, line->termios.control_characters[ABI_VSTOP]);
    } else if (line->throttled && used <= LINE_THROTTLE_BYTES) {
        line->throttled = false;
        line_send(line, line->termios.control_characters[ABI_VSTART]);
    }
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
        line->signal(line->context, signals[i].signal);
        if (!line_local(line, ABI_NOFLSH)) {
            line_flush(line);
            line->held_bytes = 0;
        }
        if (line_arrives(line, ABI_IXON))
            line_go_on(line);
        if (line_local(line, ABI_ECHO))
            line_echo(line, byte);
        return true;
    }
    return false;
}

/* Puts a byte in the ring. One place is kept for the end of a line, so that a full line can still be finished. */
static void line_put(struct line_discipline *line, uint16_t cell)
{
    if (LINE_INPUT_SIZE - line_used(line) <= ((cell & LINE_MARK) ? 0u : 1u)) {
        line_echo_text(line, "\a", 1);
        return;
    }
    *line_cell(line, line->written) = cell;
    __atomic_store_n(&line->written, line->written + 1, __ATOMIC_RELEASE);
    if (cell & LINE_MARK)
        __atomic_store_n(&line->committed, line->written, __ATOMIC_RELEASE);
}

/* PARMRK: 0377 begins a mark, so that one that was typed is doubled. */
static void line_put_typed(struct line_discipline *line, uint16_t cell)
{
    if ((uint8_t)cell == 0xff && line_arrives(line, ABI_PARMRK))
        line_put(line, 0xff);
    line_put(line, cell);
}

static void line_canonical_byte(struct line_discipline *line, uint8_t byte)
{
    if (line_edit(line, byte))
        return;
    if (byte != '\n' && line_is(line, ABI_VEOF, byte)) {
        line_put(line, LINE_EOF);
        return;
    }
    bool end = byte == '\n' || line_is(line, ABI_VEOL, byte) ||
               (line_local(line, ABI_IEXTEN) && line_is(line, ABI_VEOL2, byte));
    line_echo_typed(line, byte);
    line_put_typed(line, end ? byte | LINE_END : byte);
}

static void line_start_by_any(struct line_discipline *line)
{
    if (line->stopped && line_arrives(line, ABI_IXON) && line_arrives(line, ABI_IXANY))
        line_go_on(line);
}

/* A byte that means nothing but itself. */
static void line_literal_byte(struct line_discipline *line, uint8_t byte)
{
    line_start_by_any(line);
    line_echo_typed(line, byte);
    line->literal_next = false;
    line_put_typed(line, byte);
}

/* What IGNCR, ICRNL and INLCR make of a byte; -1 drops it. */
static int line_translate(const struct line_discipline *line, uint8_t byte)
{
    if (byte == '\r')
        return line_arrives(line, ABI_IGNCR) ? -1 : line_arrives(line, ABI_ICRNL) ? '\n' : byte;
    return byte == '\n' && line_arrives(line, ABI_INLCR) ? '\r' : byte;
}

static void line_input_byte(struct line_discipline *line, uint8_t byte)
{
    if (line_arrives(line, ABI_ISTRIP))
        byte &= 0x7f;
    if (line_arrives(line, ABI_IUCLC) && line_local(line, ABI_IEXTEN) && byte >= 'A' && byte <= 'Z')
        byte += 'a' - 'A';
    if (line->literal_next) {
        line_literal_byte(line, byte);
        return;
    }
    if (line_local(line, ABI_EXTPROC)) { /* the other end has done it all */
        line_put(line, byte);
        return;
    }
    if (line_arrives(line, ABI_IXON) && line_flow(line, byte))
        return;
    if (line_local(line, ABI_ISIG) && line_signal(line, byte))
        return;
    line_start_by_any(line);
    int translated = line_translate(line, byte);
    if (translated < 0)
        return;
    if (line_local(line, ABI_ICANON)) {
        line_canonical_byte(line, (uint8_t)translated);
        return;
    }
    line_echo_typed(line, (uint8_t)translated);
    line_put_typed(line, (uint16_t)translated);
}

bool line_input(struct line_discipline *line, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        line_input_byte(line, bytes[i]);
    if (line->asks_to_wait)
        line_throttle(line);
    return line_readable(line);
}

/* ---- reading ---- */

bool line_by_lines(const struct line_discipline *line)
{
    return (line->termios.local & (ABI_ICANON | ABI_EXTPROC)) == ABI_ICANON;
}

static uint32_t line_limit(const struct line_discipline *line)
{
    return __atomic_load_n(line_by_lines(line) ? &line->committed : &line->written, __ATOMIC_ACQUIRE);
}

bool line_readable(const struct line_discipline *line)
{
    return line_limit(line) != line->taken;
}

uint32_t line_room(const struct line_discipline *line)
{
    uint32_t used = line_used(line);

    if (line_by_lines(line) && !line_readable(line))
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
    bool canonical = line_by_lines(line);
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
        if (!__atomic_compare_exchange_n(&line->taken, &before, at, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            continue;
        if (line->throttled)
            line_throttle(line);
        return count;
    }
}

void line_flush(struct line_discipline *line)
{
    line->literal_next = line->erasing = false;
    __atomic_store_n(&line->committed, line->written, __ATOMIC_RELEASE);
    __atomic_store_n(&line->taken, line->written, __ATOMIC_RELEASE);
}

void line_set(struct line_discipline *line, const struct abi_termios *termios)
{
    bool was_by_lines = line_by_lines(line), had_flow = line_arrives(line, ABI_IXON);

    line->termios = *termios;
    if (was_by_lines != line_by_lines(line))
        line->literal_next = line->erasing = false;
    /* What was typed in the other mode counts as a line. */
    if (!was_by_lines && line_by_lines(line)) {
        if (line->written != line->taken)
            *line_cell(line, line->written - 1) |= LINE_END;
        line->committed = line->written;
    }
    if (had_flow && !line_arrives(line, ABI_IXON)) /* no key could start it again */
        line_go_on(line);
}
