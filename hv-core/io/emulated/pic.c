/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 8259A (Intel 231468): initialisation and operation command words, priorities and their rotation, and the
 * acknowledgement through the cascade.
 */
#include "io/emulated/pic.h"
#include <coopvirt/string.h>

#define CASCADE_INPUT 2
#define SPURIOUS      7
#define NO_INPUT      8

/* Inputs that a PC fixes to edges: timer, keyboard, cascade; RTC and coprocessor error. */
static const uint8_t pic_level_mask[2] = {0xf8, 0xde};

void pic_reset(struct pic *pic)
{
    memset(pic, 0, sizeof *pic);
    for (unsigned i = 0; i < 2; i++) {
        pic->chips[i].lowest = 7;
        pic->chips[i].masks = 0xff;
    }
    /* As a BIOS leaves them. */
    pic->chips[0].vector_base = 0x08;
    pic->chips[1].vector_base = 0x70;
}

/* The input of `set` with the highest priority, or NO_INPUT: priorities begin after the lowest one. */
static unsigned chip_first(const struct pic_chip *chip, uint8_t set)
{
    unsigned turn = (chip->lowest + 1) & 7;
    if (!set)
        return NO_INPUT;
    uint8_t turned = (uint8_t)(set >> turn | set << (8 - turn));
    return (turn + (unsigned)__builtin_ctz(turned)) & 7;
}

static unsigned chip_rank(const struct pic_chip *chip, unsigned input)
{
    return (input - chip->lowest - 1) & 7;
}

/* The request that the chip signals, or NO_INPUT: above everything in service. */
static unsigned chip_signalled(const struct pic_chip *chip, bool is_master)
{
    unsigned request = chip_first(chip, chip->requests & ~chip->masks);
    uint8_t blocking = chip->in_service;

    if (request == NO_INPUT || chip->next_word)
        return NO_INPUT;
    if (chip->special_mask) /* what is masked does not block, lower priorities included */
        blocking &= ~chip->masks;
    unsigned served = chip_first(chip, blocking);
    if (served == NO_INPUT || chip_rank(chip, request) < chip_rank(chip, served))
        return request;
    /* Special fully nested: further requests of the slave that is in service come through. */
    if (is_master && chip->fully_nested && request == served && request == CASCADE_INPUT)
        return request;
    return NO_INPUT;
}

static bool chip_is_level(const struct pic_chip *chip, unsigned input)
{
    return chip->all_level || chip->level & 1 << input;
}

static void chip_set_line(struct pic_chip *chip, unsigned input, bool level)
{
    uint8_t bit = (uint8_t)(1 << input);
    bool was = chip->lines & bit;

    chip->lines = level ? chip->lines | bit : chip->lines & ~bit;
    /* An edge is remembered only as long as the line stays high. */
    if (!level)
        chip->requests &= ~bit;
    else if (!was || chip_is_level(chip, input))
        chip->requests |= bit;
}

/* The slave's output is the master's input 2. */
static void pic_cascade(struct pic *pic)
{
    chip_set_line(&pic->chips[0], CASCADE_INPUT, chip_signalled(&pic->chips[1], false) != NO_INPUT);
}

void pic_set_line(struct pic *pic, unsigned irq, bool level)
{
    if (irq == CASCADE_INPUT)
        return;
    chip_set_line(&pic->chips[irq >> 3 & 1], irq & 7, level);
    if (irq >= 8)
        pic_cascade(pic);
}

bool pic_output(const struct pic *pic)
{
    return chip_signalled(&pic->chips[0], true) != NO_INPUT;
}

uint8_t pic_vector(const struct pic *pic)
{
    unsigned input = chip_signalled(&pic->chips[0], true);

    if (input == NO_INPUT)
        return pic->chips[0].vector_base + SPURIOUS;
    if (input != CASCADE_INPUT || pic->chips[0].single)
        return (uint8_t)(pic->chips[0].vector_base + input);
    input = chip_signalled(&pic->chips[1], false);
    return (uint8_t)(pic->chips[1].vector_base + (input == NO_INPUT ? SPURIOUS : input));
}

/* One chip's part of an acknowledgement; returns the input. */
static unsigned chip_acknowledge(struct pic_chip *chip, bool is_master)
{
    unsigned input = chip_signalled(chip, is_master);

    if (input == NO_INPUT)
        return SPURIOUS;
    if (!chip_is_level(chip, input))
        chip->requests &= ~(1 << input);
    if (!chip->automatic_end)
        chip->in_service |= (uint8_t)(1 << input);
    else if (chip->rotate)
        chip->lowest = (uint8_t)input;
    return input;
}

uint8_t pic_acknowledge(struct pic *pic)
{
    unsigned input = chip_acknowledge(&pic->chips[0], true);
    uint8_t vector = (uint8_t)(pic->chips[0].vector_base + input);

    if (input == CASCADE_INPUT && !pic->chips[0].single) {
        vector = (uint8_t)(pic->chips[1].vector_base + chip_acknowledge(&pic->chips[1], false));
        /* A slave that asks on gives the master a new edge. */
        chip_set_line(&pic->chips[0], CASCADE_INPUT, false);
        pic_cascade(pic);
    }
    return vector;
}

/* "Operation Control Word 2": ends of interrupt and rotation. */
static void chip_write_operation2(struct pic_chip *chip, uint8_t value)
{
    bool rotate = value & 0x80, specific = value & 0x40, end = value & 0x20;
    unsigned input = value & 7;

    if (!end) {
        if (specific) {
            if (rotate) /* set priority; without rotation: no operation */
                chip->lowest = (uint8_t)input;
        } else {
            chip->rotate = rotate; /* rotate in automatic EOI mode: set, clear */
        }
        return;
    }
    if (!specific) {
        uint8_t served = chip->in_service;
        if (chip->special_mask) /* a masked in-service bit is not reset by a non-specific EOI */
            served &= ~chip->masks;
        input = chip_first(chip, served);
        if (input == NO_INPUT)
            return;
    }
    chip->in_service &= ~(1 << input);
    if (rotate)
        chip->lowest = (uint8_t)input;
}

/* "Operation Control Word 3": special mask, poll, register to read. */
static void chip_write_operation3(struct pic_chip *chip, uint8_t value)
{
    if (value & 0x40)
        chip->special_mask = value & 0x20;
    chip->poll = value & 0x04;
    if (value & 0x02)
        chip->read_in_service = value & 0x01;
}

/* "Initialization Command Word 1" */
static void chip_write_init1(struct pic_chip *chip, uint8_t value)
{
    uint8_t lines = chip->lines, level = chip->level, vector_base = chip->vector_base;

    memset(chip, 0, sizeof *chip);
    chip->lines = lines;
    chip->level = level;
    chip->vector_base = vector_base;
    chip->lowest = 7;
    chip->expects_word4 = value & 0x01;
    chip->single = value & 0x02;
    chip->all_level = value & 0x08;
    chip->next_word = 2;
    /* The edge sense logic is reset: a line must fall and rise again, a level asks by itself. */
    chip->requests = chip->all_level ? lines : lines & level;
}

static void chip_write_data(struct pic_chip *chip, uint8_t value)
{
    switch (chip->next_word) {
    case 2:
        chip->vector_base = value & 0xf8;
        chip->next_word = !chip->single ? 3 : chip->expects_word4 ? 4 : 0;
        break;
    case 3: /* the cascade is wired */
        chip->next_word = chip->expects_word4 ? 4 : 0;
        break;
    case 4:
        chip->automatic_end = value & 0x02;
        chip->fully_nested = value & 0x10;
        chip->next_word = 0;
        break;
    default:
        chip->masks = value;
    }
}

void pic_write(struct pic *pic, unsigned chip_index, unsigned offset, uint8_t value)
{
    struct pic_chip *chip = &pic->chips[chip_index];

    if (offset == 1)
        chip_write_data(chip, value);
    else if (value & 0x10)
        chip_write_init1(chip, value);
    else if (value & 0x08)
        chip_write_operation3(chip, value);
    else
        chip_write_operation2(chip, value);
    pic_cascade(pic);
}

/* "Poll Command": bit 7 = there was one, bits 0-2 = which; the read acknowledges it. */
static uint8_t pic_poll(struct pic *pic, unsigned chip_index)
{
    struct pic_chip *chip = &pic->chips[chip_index];
    bool present = chip_signalled(chip, chip_index == 0) != NO_INPUT;

    chip->poll = false;
    if (!present)
        return 0;
    uint8_t value = (uint8_t)(0x80 | chip_acknowledge(chip, chip_index == 0));
    pic_cascade(pic);
    return value;
}

uint8_t pic_read(struct pic *pic, unsigned chip_index, unsigned offset)
{
    const struct pic_chip *chip = &pic->chips[chip_index];

    if (chip->poll)
        return pic_poll(pic, chip_index);
    if (offset == 1)
        return chip->masks;
    return chip->read_in_service ? chip->in_service : chip->requests;
}

uint8_t pic_level_read(const struct pic *pic, unsigned chip)
{
    return pic->chips[chip].level;
}

void pic_level_write(struct pic *pic, unsigned chip, uint8_t value)
{
    pic->chips[chip].level = value & pic_level_mask[chip];
    pic->chips[chip].requests |= pic->chips[chip].lines & pic->chips[chip].level;
    pic_cascade(pic);
}
