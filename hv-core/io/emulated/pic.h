/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pair of 8259A interrupt controllers of a PC, cascaded on IRQ2, with the edge/level registers of later chip sets
 * (ELCR). Lines go in, one INT output comes out; platform.c leads it to LINT0 of the local APICs.
 */
#ifndef IO_EMULATED_PIC_H
#define IO_EMULATED_PIC_H

#include <stdbool.h>
#include <stdint.h>

struct pic_chip {
    uint8_t lines;        /* levels of the inputs */
    uint8_t requests;     /* IRR */
    uint8_t masks;        /* IMR */
    uint8_t in_service;   /* ISR */
    uint8_t level;        /* inputs that are level-triggered (ELCR) */
    uint8_t vector_base;  /* ICW2, low three bits zero */
    uint8_t lowest;       /* input with the lowest priority */
    uint8_t next_word;    /* the initialisation word that is expected: 2, 3, 4; 0 = none */
    bool expects_word4;   /* ICW1 bit 0 */
    bool single;          /* ICW1 bit 1 */
    bool all_level;       /* ICW1 bit 3 */
    bool automatic_end;   /* ICW4 bit 1 */
    bool fully_nested;    /* ICW4 bit 4: special fully nested mode */
    bool rotate;          /* rotation in automatic EOI mode */
    bool special_mask;    /* OCW3 */
    bool read_in_service; /* OCW3: port 0 reads ISR instead of IRR */
    bool poll;            /* OCW3: the next read is an acknowledgement */
};

struct pic {
    struct pic_chip chips[2]; /* master, slave */
};

void pic_reset(struct pic *pic);

/* chip 0 or 1, offset 0 or 1: ports 0x20, 0x21 and 0xa0, 0xa1. */
uint8_t pic_read(struct pic *pic, unsigned chip, unsigned offset);
void pic_write(struct pic *pic, unsigned chip, unsigned offset, uint8_t value);

/* Edge/level control, ports 0x4d0 and 0x4d1. */
uint8_t pic_level_read(const struct pic *pic, unsigned chip);
void pic_level_write(struct pic *pic, unsigned chip, uint8_t value);

/* Sets an input, 0-15. */
void pic_set_line(struct pic *pic, unsigned irq, bool level);

/* The INT output to the CPU. */
bool pic_output(const struct pic *pic);

/* The vector that an acknowledgement would give now. */
uint8_t pic_vector(const struct pic *pic);

/* The CPU's two INTA cycles. With nothing requested any more the answer is input 7, which is not in service then. */
uint8_t pic_acknowledge(struct pic *pic);

#endif
