/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the local APIC: register bits, and what its three files call of one another.
 */
#ifndef IO_EMULATED_LAPIC_REGISTERS_H
#define IO_EMULATED_LAPIC_REGISTERS_H

#include "io/emulated/lapic.h"

/* Offsets of the registers in their page. */
#define LAPIC_REGISTER_ID                 0x020
#define LAPIC_REGISTER_VERSION            0x030
#define LAPIC_REGISTER_TASK_PRIORITY      0x080
#define LAPIC_REGISTER_ARBITRATION        0x090
#define LAPIC_REGISTER_PROCESSOR_PRIORITY 0x0a0
#define LAPIC_REGISTER_END_OF_INTERRUPT   0x0b0
#define LAPIC_REGISTER_REMOTE_READ        0x0c0
#define LAPIC_REGISTER_LOGICAL_ID         0x0d0
#define LAPIC_REGISTER_DESTINATION_FORMAT 0x0e0
#define LAPIC_REGISTER_SPURIOUS           0x0f0
#define LAPIC_REGISTER_IN_SERVICE         0x100 /* eight */
#define LAPIC_REGISTER_LEVEL              0x180 /* eight */
#define LAPIC_REGISTER_REQUESTED          0x200 /* eight */
#define LAPIC_REGISTER_ERRORS             0x280
#define LAPIC_REGISTER_COMMAND_LOW        0x300
#define LAPIC_REGISTER_COMMAND_HIGH       0x310
#define LAPIC_REGISTER_LVT                0x320 /* six */
#define LAPIC_REGISTER_TIMER_INITIAL      0x380
#define LAPIC_REGISTER_TIMER_CURRENT      0x390
#define LAPIC_REGISTER_TIMER_DIVIDE       0x3e0
#define LAPIC_REGISTER_SELF               0x3f0 /* x2APIC only */

#define LAPIC_VERSION          (0x14u | (LAPIC_LVTS - 1u) << 16)
#define LAPIC_SOFTWARE_ENABLE  (1u << 8)
#define LAPIC_TIMER_PERIODIC   (1u << 17)
#define LAPIC_COMMAND_LOGICAL  (1u << 11)
#define LAPIC_COMMAND_PENDING  (1u << 12) /* delivery status: always idle here */
#define LAPIC_COMMAND_ASSERT   (1u << 14)
#define LAPIC_COMMAND_LEVEL    (1u << 15)
#define LAPIC_COMMAND_WRITABLE 0x000ccfffu

#define LAPIC_ERROR_SENT_VECTOR     (1u << 5)
#define LAPIC_ERROR_RECEIVED_VECTOR (1u << 6)
#define LAPIC_ERROR_REGISTER        (1u << 7)

/* Notes an error and raises the error interrupt. */
void lapic_error(struct lapic *lapic, uint32_t error);

/* Takes the highest vector out of service: the vector if the I/O APIC waits for it, else -1. */
int lapic_end_of_interrupt(struct lapic *lapic);

/* The timer's registers. */
uint32_t lapic_timer_current(const struct lapic *lapic, uint64_t now);
void lapic_timer_write_initial(struct lapic *lapic, uint32_t value, uint64_t now);
void lapic_timer_write_divide(struct lapic *lapic, uint32_t value, uint64_t now);

#endif
