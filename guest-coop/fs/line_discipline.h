/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal's line discipline: turns typed bytes into lines (or passes them through), echoes, edits, raises
 * the keyboard's signals, and processes output. Pure: output and signals leave through two functions.
 *
 * Input comes from an interrupt, readers are processes. The input ring has one producer (line_input) and one consumer
 * at a time (line_take); line_take moves its end by compare-and-exchange, since a keyboard signal flushes the ring.
 */
#ifndef FS_LINE_DISCIPLINE_H
#define FS_LINE_DISCIPLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Indices of control_characters. */
#define ABI_VINTR    0
#define ABI_VQUIT    1
#define ABI_VERASE   2
#define ABI_VKILL    3
#define ABI_VEOF     4
#define ABI_VTIME    5
#define ABI_VMIN     6
#define ABI_VSTART   8
#define ABI_VSTOP    9
#define ABI_VSUSP    10
#define ABI_VEOL     11
#define ABI_VREPRINT 12
#define ABI_VDISCARD 13
#define ABI_VWERASE  14
#define ABI_VLNEXT   15
#define ABI_VEOL2    16
#define ABI_NCCS     19

/* struct termios of the kernel's ABI */
struct abi_termios {
    uint32_t input, output, control, local; /* 0, 4, 8, 12 */
    uint8_t line;                           /* 16 */
    uint8_t control_characters[ABI_NCCS];   /* 17 */
};
_Static_assert(sizeof(struct abi_termios) == 36, "struct termios");

#define ABI_PARMRK 0x0008u
#define ABI_ISTRIP 0x0020u
#define ABI_INLCR  0x0040u
#define ABI_IGNCR  0x0080u
#define ABI_ICRNL  0x0100u
#define ABI_IUCLC  0x0200u
#define ABI_IXON   0x0400u
#define ABI_IXANY  0x0800u
#define ABI_IXOFF  0x1000u
#define ABI_IUTF8  0x4000u

#define ABI_OPOST  0x0001u
#define ABI_OLCUC  0x0002u
#define ABI_ONLCR  0x0004u
#define ABI_OCRNL  0x0008u
#define ABI_ONOCR  0x0010u
#define ABI_ONLRET 0x0020u
#define ABI_XTABS  0x1800u

#define ABI_B38400  0x000fu
#define ABI_B115200 0x1002u
#define ABI_CSIZE   0x0030u
#define ABI_CS8     0x0030u
#define ABI_CREAD   0x0080u
#define ABI_PARENB  0x0100u
#define ABI_HUPCL   0x0400u
#define ABI_CLOCAL  0x0800u

#define ABI_ISIG    0x0001u
#define ABI_ICANON  0x0002u
#define ABI_ECHO    0x0008u
#define ABI_ECHOE   0x0010u
#define ABI_ECHOK   0x0020u
#define ABI_ECHONL  0x0040u
#define ABI_NOFLSH  0x0080u
#define ABI_TOSTOP  0x0100u
#define ABI_ECHOCTL 0x0200u
#define ABI_ECHOPRT 0x0400u
#define ABI_ECHOKE  0x0800u
#define ABI_IEXTEN  0x8000u
#define ABI_EXTPROC 0x10000u

#define LINE_INPUT_SIZE 4096u /* a power of two */
#define LINE_HELD_SIZE  1024u

struct line_discipline {
    /* changed by processes, read by line_input */
    struct abi_termios termios;

    /* the input ring: bytes with marks, at free-running counters */
    uint16_t ring[LINE_INPUT_SIZE];
    uint32_t written;   /* end of what was typed (line_input) */
    uint32_t committed; /* end of the last whole line (line_input) */
    uint32_t taken;     /* end of what was read (line_take, flush) */

    /* line_input only */
    uint32_t line_column; /* where the echo of the current line began */
    bool literal_next;    /* after VLNEXT */
    bool erasing;         /* ECHOPRT: the last thing shown is what was erased */

    /* output is stopped: by VSTOP, or by a call (tcflow), which a key does not undo */
    bool stopped, stopped_by_call;
    bool throttled;      /* IXOFF: the other end was told to stop */
    uint32_t held_bytes; /* echo that waits for output to go on; what has no room is lost */
    char held[LINE_HELD_SIZE];

    uint32_t column; /* of the cursor */

    /* constant */
    void *context;
    void (*output)(void *context, const char *bytes, size_t count);
    void (*signal)(void *context, int signal); /* SIGINT, SIGQUIT, SIGTSTP */
    void (*flow)(void *context);               /* output stopped or goes on */
    bool asks_to_wait;                         /* IXOFF works: the other end is a machine's, not a program's */
};

/* Sets the settings of a fresh terminal ("sane"). */
void line_start(struct line_discipline *line);

/* Typed bytes. True when there is now something to read. */
bool line_input(struct line_discipline *line, const uint8_t *bytes, size_t count);

/* Is it read by lines (canonical mode, and the other end does not edit them: EXTPROC)? */
bool line_by_lines(const struct line_discipline *line);

/* Bytes that can be read now (in canonical mode those of whole lines, an end-of-file mark counting 0). */
uint32_t line_available(const struct line_discipline *line);

/* Can a read finish now: a whole line or an end of file in canonical mode, any byte otherwise? */
bool line_readable(const struct line_discipline *line);

/* Typed bytes that have room now. While no line is whole yet all have: the surplus of a long one is dropped, so that it
 * can be ended. */
uint32_t line_room(const struct line_discipline *line);

/* Takes up to `size` bytes; *end tells that the read is over (end of line or of file, or of what there is). */
size_t line_take(struct line_discipline *line, uint8_t *to, size_t size, bool *end);

/* Forgets what was typed and not read. */
void line_flush(struct line_discipline *line);

/* New settings; what was typed stays readable when the mode changes. */
void line_set(struct line_discipline *line, const struct abi_termios *termios);

/* tcflow(3): stops output, and lets it go on. */
void line_stop_by_call(struct line_discipline *line);
void line_start_by_call(struct line_discipline *line);

/* A byte to the other end as it is, even while output is stopped. */
void line_send(struct line_discipline *line, uint8_t byte);

/* Output of a program; not while output is stopped. */
void line_output(struct line_discipline *line, const char *bytes, size_t count);

#endif
