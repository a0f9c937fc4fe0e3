/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the platform: its state and what its files call of one another.
 *
 * Locking: every entry point and every access to a device holds `lock`; what has to reach the world meanwhile is put
 * into `outbox` and handed over by platform_unlock() once the lock is free, so that a callback may come back in.
 * `pending`, `masked` and `deadline` are also read without the lock.
 */
#ifndef IO_EMULATED_PLATFORM_STATE_H
#define IO_EMULATED_PLATFORM_STATE_H

#include "io/emulated/apic_bus.h"
#include "io/emulated/ata.h"
#include "io/emulated/ioapic.h"
#include "io/emulated/keyboard.h"
#include "io/emulated/lapic.h"
#include "io/emulated/pic.h"
#include "io/emulated/pit.h"
#include "io/emulated/platform.h"
#include "io/emulated/power.h"
#include "io/emulated/ratio.h"
#include "io/emulated/rtc.h"
#include "io/emulated/uart.h"
#include <coopvirt/spinlock.h>

#define PLATFORM_UARTS 2

/* ISA interrupts. On the I/O APIC the timer is at input 2, where the 8259 has its cascade. */
#define PLATFORM_IRQ_TIMER    0
#define PLATFORM_IRQ_KEYBOARD 1
#define PLATFORM_IRQ_COM2     3
#define PLATFORM_IRQ_COM1     4
#define PLATFORM_IRQ_RTC      8
#define PLATFORM_IRQ_SCI      POWER_IRQ
#define PLATFORM_IRQ_DISK     14
#define PLATFORM_PIN_TIMER    2
#define PLATFORM_IOAPIC_BASE  0xfec00000u
#define PLATFORM_IOAPIC_ID    15 /* four bits on this chip; the last VCPU's comes last */

/* The row of a port or memory range in platform_ports.c, bound to its platform for the registry. */
struct platform_binding {
    struct platform *platform;
    const struct platform_row *row;
};

/* What is to be told to the world after the lock is released. */
struct platform_outbox {
    bool is_filled;
    bool has_marker, has_byte;
    uint8_t uart, byte;
    uint8_t vcpu; /* of the marker */
    uint32_t marker;
    uint32_t kick, start, init, nmi; /* masks of VCPUs */
    uint8_t start_vector[PLATFORM_VCPUS];
};

struct platform {
    struct spinlock lock;

    /* Constant after platform_init(). */
    struct platform_config config;
    struct platform_world world;
    struct io_registry registry;
    struct platform_binding bindings[2 * IO_REGISTRY_RANGES];
    unsigned binding_count;
    uint64_t start; /* TSC */
    struct ratio lapic_ratio, pit_ratio, rtc_ratio, power_ratio;
    struct ata_image disk;

    /* Under the lock. */
    uint64_t elapsed; /* TSC units since start; never goes back */
    struct platform_outbox outbox;
    struct uart uarts[PLATFORM_UARTS];
    struct pic pic;
    struct ioapic ioapic;
    struct lapic lapics[PLATFORM_VCPUS];
    struct pit pit;
    struct rtc rtc;
    struct power power;
    struct keyboard keyboard;
    struct ata ata;
    uint64_t board_deadline; /* TSC units since start: PIT, RTC, power management timer */
    bool pic_output;
    uint16_t irq_lines; /* levels of the ISA interrupts */
    enum platform_stop stop;
    uint8_t stop_status;
    uint8_t post_code;

    /* Written under the lock, read without. */
    int32_t pending[PLATFORM_VCPUS]; /* vector or -1 */
    int32_t masked[PLATFORM_VCPUS];  /* the same at task priority 0 */
    uint64_t deadline;               /* TSC */
};

void platform_lock(struct platform *platform);
void platform_unlock(struct platform *platform);

/* Reads the clock; TSC units since start. */
uint64_t platform_elapsed(struct platform *platform);
uint64_t platform_lapic_ticks(struct platform *platform);

/* Computes the earliest deadline anew, after a local APIC's timer was set. */
void platform_update_deadline(struct platform *platform);

/* The same after an access to PIT, RTC or power management: lets them act up to the last time read. */
void platform_advance_board(struct platform *platform);

/* Registers all ranges. */
int platform_ports_register(struct platform *platform);

/* platform_interrupts.c */
bool platform_takes_external(const struct platform *platform, unsigned vcpu);
void platform_set_irq(struct platform *platform, unsigned irq, bool level);
void platform_pic_changed(struct platform *platform);
void platform_ioapic_send(struct platform *platform, uint32_t pins);
void platform_lapic_effect(struct platform *platform, unsigned vcpu, enum lapic_effect effect, uint8_t argument);
void platform_update_pending(struct platform *platform, unsigned vcpu);

/* Stops the VM, for the first reason that comes. */
enum io_result platform_stop_vm(struct platform *platform, enum platform_stop reason, uint8_t status);

#endif
