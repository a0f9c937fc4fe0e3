/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/coopbench: region markers, records and nano operations for measured programs (include/coopbench.h).
 */
#ifndef KERNEL_BENCHMARK_H
#define KERNEL_BENCHMARK_H

/* Registers the device. */
void benchmark_start(void);

#endif
