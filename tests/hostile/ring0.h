/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Privileged instructions, as the hostile guest gives them in ring 0, and deprivileged where they must trap.
 */
#ifndef HOSTILE_RING0_H
#define HOSTILE_RING0_H

#include <stdint.h>

static inline void ring0_write_msr(uint32_t number, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"((uint64_t)number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline uint64_t ring0_read_msr(uint32_t number)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"((uint64_t)number));
    return (uint64_t)high << 32 | low;
}

#define RING0_CONTROL(number)                                                                                          \
    static inline uint64_t ring0_read_cr##number(void)                                                                 \
    {                                                                                                                  \
        uint64_t value;                                                                                                \
        __asm__ volatile("mov %%cr" #number ", %0" : "=r"(value));                                                     \
        return value;                                                                                                  \
    }                                                                                                                  \
    static inline void ring0_write_cr##number(uint64_t value)                                                          \
    {                                                                                                                  \
        __asm__ volatile("mov %0, %%cr" #number : : "r"(value) : "memory");                                            \
    }
RING0_CONTROL(0)
RING0_CONTROL(3)
RING0_CONTROL(4)
RING0_CONTROL(8)

#endif
