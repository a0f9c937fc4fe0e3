/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The switches that stand beside the axes, each a word NAME=NUMBER of the hypervisor's command line: one row in a table
 * that says what it may be, and that the machine record is written from. Pure.
 */
#ifndef CORE_SWITCHES_H
#define CORE_SWITCHES_H

#include <stddef.h>
#include <stdint.h>

struct switches {
    uint32_t trace;       /* entries of the exit trace: a power of two, so that the ring needs no division; 0: off */
    uint32_t batch_limit; /* page-table operations that one hypercall carries out */
    uint32_t cr3cache;    /* roots that the CPU lets a VCPU change between by itself, with direct page tables */
    uint32_t extents;     /* pieces that a VM's memory comes in, at least, where addresses are the machine's */
    uint32_t cluster;     /* instructions that one exit carries out besides its own; 0: none */
    uint32_t unsync;      /* 1: shadowed tables may be out of step for a while */
    uint32_t eoi;         /* 1: events need no hypercall at their end */
    uint32_t clock;       /* 1: the guest reads its clock from memory, 0: by hypercall */
    uint32_t touched;     /* 1: the nested pages that a region uses are counted */
    uint32_t poll;        /* TSC units for which an idle guest looks for events before it blocks */
};

/* All of them, from the command line. 0, or -EINVAL with one line in `why`. */
int switches_read(const char *words, struct switches *switches, char *why, size_t size);

/* The switch of a row: its word and value; NULL behind the last. */
const char *switches_row(const struct switches *switches, unsigned row, uint32_t *value);

#endif
