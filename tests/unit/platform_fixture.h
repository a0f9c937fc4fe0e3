/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An emulated PC of four VCPUs for its tests: the world that it is told things by, and accesses as a guest makes them.
 */
#ifndef TESTS_PLATFORM_FIXTURE_H
#define TESTS_PLATFORM_FIXTURE_H

#include "io/emulated/platform.h"
#include <stdint.h>

#define LAPIC      0xfee00000ull
#define IOAPIC     0xfec00000ull
#define TSC_KHZ    1000000ull
#define DISK_BYTES (64 * 512)

extern struct platform *platform;
extern uint64_t now;
extern char console[2][256];
extern unsigned console_used[2], kicks[PLATFORM_VCPUS], inits, starts, nmis, markers;
extern uint32_t marker_value, start_vector;
extern bool reenter;
extern uint8_t disk[DISK_BYTES];
extern const struct platform_world world;
extern const struct platform_config config;

void setup(void);
enum io_result access_by(unsigned vcpu, enum io_space space, uint64_t address, unsigned bytes, bool write,
                         uint64_t *value);
enum io_result out(unsigned port, unsigned bytes, uint64_t value);
uint64_t in(unsigned port, unsigned bytes);
void lapic_put(unsigned vcpu, unsigned offset, uint64_t value);
uint32_t lapic_get(unsigned vcpu, unsigned offset);
void ioapic_put(unsigned index, uint64_t value);
void pic_init(uint8_t master_masks, uint8_t slave_masks);
void pit_program(unsigned mode, unsigned count);
int pending(unsigned vcpu);
int acknowledge(unsigned vcpu);

/* Lets time pass up to the next deadline. */
void pass_deadline(void);

#endif
