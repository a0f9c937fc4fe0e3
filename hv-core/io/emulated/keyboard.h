/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keyboard controller (8042) of a PC without a keyboard, and system control port A (0x92): what is left is reset,
 * the A20 gate and the self-tests. The state of A20 is kept and reported; memory does not wrap.
 */
#ifndef IO_EMULATED_KEYBOARD_H
#define IO_EMULATED_KEYBOARD_H

#include <stdbool.h>
#include <stdint.h>

struct keyboard {
    uint8_t memory[32]; /* [0] is the command byte */
    uint8_t output;     /* what the CPU reads next */
    bool is_output_full, is_timeout, was_command;
    uint8_t parameter_of; /* the command whose parameter is expected, or 0 */
    bool is_a20_open;
    uint8_t fast_reset; /* port 0x92 bit 0 as last written */
};

void keyboard_reset(struct keyboard *keyboard);

/* Ports 0x60 and 0x64. A write is true when it resets the machine. */
uint8_t keyboard_read(struct keyboard *keyboard, unsigned port);
bool keyboard_write(struct keyboard *keyboard, unsigned port, uint8_t value);

/* Port 0x92. */
uint8_t keyboard_control_read(const struct keyboard *keyboard);
bool keyboard_control_write(struct keyboard *keyboard, uint8_t value);

bool keyboard_interrupt(const struct keyboard *keyboard);

#endif
