/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nano loops of benchmark_nano.asm: marker, time stamp, loop, time stamp, marker. Each returns the TSC units
 * between its time stamps.
 */
#ifndef KERNEL_BENCHMARK_NANO_H
#define KERNEL_BENCHMARK_NANO_H

#include <stdint.h>

/* `begin` and `end` are what the markers write; the arguments' meaning is the loop's. */
typedef uint64_t benchmark_nano_loop(uint64_t iterations, uint32_t begin, uint32_t end, uint64_t argument,
                                     uint64_t argument2, void *function);

benchmark_nano_loop benchmark_nano_empty, benchmark_nano_in, benchmark_nano_cr8wr, benchmark_nano_divzero,
    benchmark_nano_cpuid, benchmark_nano_vmmcall, benchmark_nano_vmcall, benchmark_nano_rdmsr;

/* argument: a kernel address that is not mapped. */
benchmark_nano_loop benchmark_nano_pgfault;

/* argument: the slot, argument2: its entry, whose write permission changes each time; function: pv.mmu.pte_set. */
benchmark_nano_loop benchmark_nano_ptemod;

/* function: the hypercall page. */
benchmark_nano_loop benchmark_nano_hypercall_page;

/* function: called without arguments. */
benchmark_nano_loop benchmark_nano_call;

/* The markers of a region that user code measures. */
void benchmark_marker_begin(uint32_t value);
void benchmark_marker_end(uint32_t value);

#endif
