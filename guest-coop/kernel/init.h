/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The idle process and the first user process.
 */
#ifndef KERNEL_INIT_H
#define KERNEL_INIT_H

/* The calling context becomes this CPU's idle process. */
void init_start_idle(void);

/* Makes process 1; it starts `init=` of the command line, or /init, once the scheduler runs. */
void init_start(void);

#endif
