/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 8042's commands as the IBM PC/AT and PS/2 technical references list them, for one port with nothing plugged in.
 */
#include "io/emulated/keyboard.h"
#include <coopvirt/string.h>

#define STATUS_OUTPUT_FULL 0x01
#define STATUS_TESTED      0x04
#define STATUS_COMMAND     0x08
#define STATUS_UNLOCKED    0x10
#define STATUS_TIMEOUT     0x40
#define COMMAND_INTERRUPT  0x01
#define COMMAND_TESTED     0x04
#define COMMAND_TRANSLATE  0x40
#define OUTPUT_NO_RESET    0x01
#define OUTPUT_A20         0x02
#define OUTPUT_FULL        0x10
#define FAST_RESET         0x01
#define FAST_A20           0x02
#define NO_KEYBOARD        0xfe /* "resend": what the controller says for a device that does not answer */

void keyboard_reset(struct keyboard *keyboard)
{
    memset(keyboard, 0, sizeof *keyboard);
    keyboard->memory[0] = COMMAND_INTERRUPT | COMMAND_TESTED | COMMAND_TRANSLATE;
    keyboard->is_a20_open = true;
}

bool keyboard_interrupt(const struct keyboard *keyboard)
{
    return keyboard->is_output_full && keyboard->memory[0] & COMMAND_INTERRUPT;
}

static void keyboard_put(struct keyboard *keyboard, uint8_t value)
{
    keyboard->output = value;
    keyboard->is_output_full = true;
    keyboard->is_timeout = false;
}

uint8_t keyboard_read(struct keyboard *keyboard, unsigned port)
{
    if (port == 0x60) {
        keyboard->is_output_full = false;
        return keyboard->output;
    }
    return STATUS_UNLOCKED | (keyboard->is_output_full ? STATUS_OUTPUT_FULL : 0) |
           (keyboard->memory[0] & COMMAND_TESTED ? STATUS_TESTED : 0) | (keyboard->was_command ? STATUS_COMMAND : 0) |
           (keyboard->is_timeout ? STATUS_TIMEOUT : 0);
}

static bool keyboard_command(struct keyboard *keyboard, uint8_t command)
{
    keyboard->parameter_of = 0;
    switch (command) {
    case 0x20 ... 0x3f: /* read internal memory */
        keyboard_put(keyboard, keyboard->memory[command & 31]);
        break;
    case 0x60 ... 0x7f: /* write it */
    case 0xd1:          /* write output port */
    case 0xd2:          /* write output buffer */
        keyboard->parameter_of = command;
        break;
    case 0xaa: /* self-test: passed */
        keyboard->memory[0] |= COMMAND_TESTED;
        keyboard_put(keyboard, 0x55);
        break;
    case 0xab: /* interface test: no error on the lines */
        keyboard_put(keyboard, 0x00);
        break;
    case 0xc0: /* input port: not locked */
        keyboard_put(keyboard, 0x80);
        break;
    case 0xd0: /* output port */
        keyboard_put(keyboard, OUTPUT_NO_RESET | (keyboard->is_a20_open ? OUTPUT_A20 : 0) |
                                   (keyboard->is_output_full ? OUTPUT_FULL : 0));
        break;
    case 0xdd: /* A20 closed, open */
    case 0xdf:
        keyboard->is_a20_open = command & OUTPUT_A20;
        break;
    case 0xf0 ... 0xff: /* pulses the output bits that are zero; bit 0 is the CPU's reset */
        return !(command & OUTPUT_NO_RESET);
    default: /* the second port's commands have nobody to go to */
        break;
    }
    return false;
}

static bool keyboard_parameter(struct keyboard *keyboard, uint8_t value)
{
    uint8_t command = keyboard->parameter_of;

    keyboard->parameter_of = 0;
    if (command == 0xd1) {
        keyboard->is_a20_open = value & OUTPUT_A20;
        return !(value & OUTPUT_NO_RESET);
    }
    if (command == 0xd2)
        keyboard_put(keyboard, value);
    else
        keyboard->memory[command & 31] = value;
    return false;
}

bool keyboard_write(struct keyboard *keyboard, unsigned port, uint8_t value)
{
    keyboard->was_command = port == 0x64;
    if (port == 0x64)
        return keyboard_command(keyboard, value);
    if (keyboard->parameter_of)
        return keyboard_parameter(keyboard, value);
    keyboard_put(keyboard, NO_KEYBOARD);
    keyboard->is_timeout = true;
    return false;
}

uint8_t keyboard_control_read(const struct keyboard *keyboard)
{
    return keyboard->fast_reset | (keyboard->is_a20_open ? FAST_A20 : 0);
}

bool keyboard_control_write(struct keyboard *keyboard, uint8_t value)
{
    bool resets = value & ~keyboard->fast_reset & FAST_RESET;

    keyboard->fast_reset = value & FAST_RESET;
    keyboard->is_a20_open = value & FAST_A20;
    return resets;
}
