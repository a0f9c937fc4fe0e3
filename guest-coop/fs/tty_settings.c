/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A terminal's settings as programs ask for and give them: struct termios, termios2 (with speeds as numbers) and the
 * old termio. What a terminal makes of new ones is the line discipline's and, of a pty, its master's to know.
 */
#include "fs/linux_abi.h"
#include "fs/tty.h"
#include "fs/tty_internal.h"
#include "kernel/errno.h"
#include "memory/user_copy.h"
#include <coopvirt/string.h>

#define TTY_TCGETS  0x5401u
#define TTY_TCSETS  0x5402u
#define TTY_TCSETSW 0x5403u
#define TTY_TCSETSF 0x5404u
#define TTY_TCGETA  0x5405u
#define TTY_TCSETA  0x5406u
#define TTY_TCSETAW 0x5407u
#define TTY_TCSETAF 0x5408u
#define TTY_TCGETS2 0x802c542au
#define TTY_TCSETS2 0x402c542bu
#define TTY_TCSETW2 0x402c542cu
#define TTY_TCSETF2 0x402c542du

/* Of c_cflag: the speeds, and that they are numbers. */
#define TTY_CBAUD   0x100fu
#define TTY_BOTHER  0x1000u
#define TTY_IBSHIFT 16

struct tty_termios2 {
    struct abi_termios termios;
    uint32_t input_speed, output_speed;
};
_Static_assert(sizeof(struct tty_termios2) == 44, "struct termios2");

struct tty_termio {
    uint16_t input, output, control, local;
    uint8_t line;
    uint8_t control_characters[8];
};
_Static_assert(sizeof(struct tty_termio) == 18, "struct termio");

static uint32_t tty_speed(uint32_t code, uint32_t number)
{
    static const uint32_t speeds[2][16] = {
        {0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400},
        {0, 57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000, 3000000,
         3500000, 4000000}};

    return code == TTY_BOTHER ? number : speeds[code / TTY_BOTHER][code % 16];
}

static void tty_get(const struct tty *tty, struct tty_termios2 *settings)
{
    uint32_t control = tty->line.termios.control, input = control >> TTY_IBSHIFT & TTY_CBAUD;

    settings->termios = tty->line.termios;
    settings->output_speed = tty_speed(control & TTY_CBAUD, tty->output_speed);
    settings->input_speed = input ? tty_speed(input, tty->input_speed) : settings->output_speed;
}

/* Takes new settings; `flush`: what was typed for the old ones is forgotten. */
static long tty_set(struct tty *tty, const struct tty_termios2 *settings, bool flush)
{
    struct abi_termios termios = settings->termios;

    if (flush)
        tty_flush_input(tty);
    if (tty->port && tty->port->settings)
        tty->port->settings(tty->port, &termios);
    tty->input_speed = settings->input_speed;
    tty->output_speed = settings->output_speed;
    line_set(&tty->line, &termios);
    tty_output_end(tty);
    wait_queue_wake(&tty->read_queue); /* the mode decides what can be read */
    return 0;
}

static long tty_set_new(struct tty *tty, uint64_t argument, size_t bytes, bool flush)
{
    struct tty_termios2 settings;
    int status = tty_background(tty, ABI_SIGTTOU);

    if (status)
        return status;
    tty_get(tty, &settings);
    if (user_copy_in(&settings, argument, bytes))
        return -EFAULT;
    return tty_set(tty, &settings, flush);
}

/* The upper halves of the flags, which the old structure has not, stay. */
static long tty_set_old(struct tty *tty, uint64_t argument, bool flush)
{
    struct tty_termio old;
    struct tty_termios2 settings;
    int status = tty_background(tty, ABI_SIGTTOU);

    if (status)
        return status;
    if (user_copy_in(&old, argument, sizeof(old)))
        return -EFAULT;
    tty_get(tty, &settings);
    struct abi_termios *termios = &settings.termios;
    termios->input = (termios->input & ~0xffffu) | old.input;
    termios->output = (termios->output & ~0xffffu) | old.output;
    termios->control = (termios->control & ~0xffffu) | old.control;
    termios->local = (termios->local & ~0xffffu) | old.local;
    termios->line = old.line;
    memcpy(termios->control_characters, old.control_characters, sizeof(old.control_characters));
    return tty_set(tty, &settings, flush);
}

static long tty_get_old(const struct tty *tty, uint64_t argument)
{
    const struct abi_termios *termios = &tty->line.termios;
    struct tty_termio old = {.input = (uint16_t)termios->input,
                             .output = (uint16_t)termios->output,
                             .control = (uint16_t)termios->control,
                             .local = (uint16_t)termios->local,
                             .line = termios->line};

    memcpy(old.control_characters, termios->control_characters, sizeof(old.control_characters));
    return user_copy_out(argument, &old, sizeof(old));
}

long tty_settings(struct tty *tty, uint32_t request, uint64_t argument)
{
    struct tty_termios2 settings;

    tty_get(tty, &settings);
    switch (request) {
    case TTY_TCGETS:
        return user_copy_out(argument, &settings.termios, sizeof(settings.termios));
    case TTY_TCGETS2:
        return user_copy_out(argument, &settings, sizeof(settings));
    case TTY_TCGETA:
        return tty_get_old(tty, argument);
    case TTY_TCSETS:
    case TTY_TCSETSW:
    case TTY_TCSETSF:
        return tty_set_new(tty, argument, sizeof(settings.termios), request == TTY_TCSETSF);
    case TTY_TCSETS2:
    case TTY_TCSETW2:
    case TTY_TCSETF2:
        return tty_set_new(tty, argument, sizeof(settings), request == TTY_TCSETF2);
    case TTY_TCSETA:
    case TTY_TCSETAW:
    case TTY_TCSETAF:
        return tty_set_old(tty, argument, request == TTY_TCSETAF);
    default:
        return -ENOTTY;
    }
}
