/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PC that an unmodified kernel finds: every emulated device of a VM, wired together, and the tables
 * that describe them. Time is TSC units, passed in; the world is reached through platform_world. Pure.
 */
#ifndef IO_EMULATED_PLATFORM_H
#define IO_EMULATED_PLATFORM_H

#include "io/registry.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLATFORM_VCPUS 16

/* How the devices reach what is outside of them. All but `now` are called without any lock of the platform held, so
 * they may call back in. */
struct platform_world {
    void *context;
    uint64_t (*now)(void *context);                                                       /* TSC units */
    void (*console_write)(void *context, unsigned uart, const char *bytes, size_t count); /* 0 = COM1, 1 = COM2 */
    void (*kick)(void *context, unsigned vcpu);                       /* an interrupt became pending for it */
    void (*start_vcpu)(void *context, unsigned vcpu, uint8_t vector); /* start-up IPI: real mode at vector << 12 */
    void (*init_vcpu)(void *context, unsigned vcpu);                  /* INIT IPI */
    void (*marker)(void *context, unsigned vcpu, uint32_t value);     /* COOP_PORT_MARKER */
    void (*nmi)(void *context, unsigned vcpu);                        /* an NMI arrives; may be NULL */
};

struct platform_config {
    unsigned vcpus;
    uint64_t memory_bytes;
    uint64_t tsc_khz;   /* frequency of `now` */
    uint64_t lapic_khz; /* input clock of the guest's local APIC timer */
    uint8_t *disk;      /* image, or NULL for no disk */
    uint64_t disk_bytes;
    int64_t realtime_at_start; /* seconds since 1970 UTC */
    uint32_t cpu_signature;    /* what the guest's CPUID 1 gives in EAX, EDX: for the MP table */
    uint32_t cpu_features;
};

enum platform_stop { PLATFORM_RUNNING, PLATFORM_STOP_EXIT_PORT, PLATFORM_STOP_POWER_OFF, PLATFORM_STOP_RESET };

struct platform;

/* Bytes to allocate for a platform. */
size_t platform_size(void);

/* Sets everything to its state after reset and registers it. 0 or -errno. */
int platform_init(struct platform *platform, const struct platform_config *config, const struct platform_world *world);

struct io_registry *platform_registry(struct platform *platform);

/* Lets time pass: timers whose deadline is at or before `now` fire. Cheap when nothing is due. */
void platform_advance(struct platform *platform, uint64_t now);

/* The earliest TSC time at which something happens by itself (any VCPU's timer, PIT, RTC), or UINT64_MAX. */
uint64_t platform_next_deadline(const struct platform *platform);

/* The word that holds it, to be read without a call. */
const uint64_t *platform_deadline_word(const struct platform *platform);

/* The vector that VCPU should take now (highest priority of local APIC and PIC through LINT0), or -1. Does not
 * acknowledge. */
int platform_interrupt_pending(struct platform *platform, unsigned vcpu);

/* The word that holds it, to be read without a call. */
const int32_t *platform_interrupt_word(const struct platform *platform, unsigned vcpu);

/* The vector that would be pending at task priority 0, or -1: what waits for the guest to lower CR8. One load. */
int platform_interrupt_masked(struct platform *platform, unsigned vcpu);

/* Takes it: moves it to in-service. Returns the vector, or -1 when it has gone meanwhile (another VCPU took it). */
int platform_interrupt_acknowledge(struct platform *platform, unsigned vcpu);

/* Task-priority register as CR8 (0..15). */
uint8_t platform_cr8_read(struct platform *platform, unsigned vcpu);
void platform_cr8_write(struct platform *platform, unsigned vcpu, uint8_t value);

/* APIC_BASE and x2APIC MSRs; false means #GP. The x2APIC is complete: CPUID may show it. */
bool platform_msr_read(struct platform *platform, unsigned vcpu, uint32_t msr, uint64_t *value);
bool platform_msr_write(struct platform *platform, unsigned vcpu, uint32_t msr, uint64_t value);

/* A byte typed at COM1; false when its FIFO is full. */
bool platform_console_input(struct platform *platform, uint8_t byte);

/* Whether COM1 would take a byte now. */
bool platform_console_has_room(struct platform *platform);

/* Why the VM asked to stop, and the status byte of the exit port. */
enum platform_stop platform_stopped(const struct platform *platform, uint8_t *status);

/* Writes the ACPI (RSDP, XSDT, RSDT, FADT, DSDT, MADT, HPET-less) and MP tables into the BIOS area of the guest: `area`
 * is host memory that stands for guest-physical [0xe0000, 0x100000) and is zeroed. */
void platform_write_tables(const struct platform *platform, uint8_t *area);

/* Writes what a BIOS leaves in low memory (real-mode vectors, BIOS data area): `low` is host memory that stands for
 * guest-physical [0, 0x1000). Kernels that prepare a real-mode trampoline read the size of base memory there. */
void platform_write_low_memory(const struct platform *platform, uint8_t *low);

#endif
