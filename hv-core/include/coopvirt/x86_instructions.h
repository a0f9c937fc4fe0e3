/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One inline function for each instruction that C cannot say. Freestanding code of
 * both kernels includes it; pure code never does (tests/lint checks).
 */
#ifndef COOPVIRT_X86_INSTRUCTIONS_H
#define COOPVIRT_X86_INSTRUCTIONS_H

#include <stdint.h>

static inline uint8_t x86_in8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint16_t x86_in16(uint16_t port)
{
    uint16_t value;
    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint32_t x86_in32(uint16_t port)
{
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline void x86_out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void x86_out16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void x86_out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

/* REP INSW and REP OUTSW: `count` 16-bit values of one port. */
static inline void x86_in16_many(uint16_t port, void *to, uint64_t count)
{
    __asm__ volatile("rep insw" : "+D"(to), "+c"(count) : "d"(port) : "memory");
}

static inline void x86_out16_many(uint16_t port, const void *from, uint64_t count)
{
    __asm__ volatile("rep outsw" : "+S"(from), "+c"(count) : "d"(port) : "memory");
}

static inline uint64_t x86_rdtsc(void)
{
    uint64_t low, high; /* RDTSC clears the upper halves */
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return high << 32 | low;
}

static inline uint64_t x86_rdmsr(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
    return (uint64_t)high << 32 | low;
}

static inline void x86_wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

struct x86_cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct x86_cpuid x86_cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct x86_cpuid r;
    __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
    return r;
}

#define X86_CONTROL_REGISTER(number)                                                                                   \
    static inline uint64_t x86_read_cr##number(void)                                                                   \
    {                                                                                                                  \
        uint64_t value;                                                                                                \
        __asm__ volatile("mov %%cr" #number ", %0" : "=r"(value) : : "memory");                                        \
        return value;                                                                                                  \
    }                                                                                                                  \
    static inline void x86_write_cr##number(uint64_t value)                                                            \
    {                                                                                                                  \
        __asm__ volatile("mov %0, %%cr" #number : : "r"(value) : "memory");                                            \
    }
X86_CONTROL_REGISTER(0)
X86_CONTROL_REGISTER(2)
X86_CONTROL_REGISTER(3)
X86_CONTROL_REGISTER(4)
X86_CONTROL_REGISTER(8)
#undef X86_CONTROL_REGISTER

static inline uint64_t x86_read_flags(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq; popq %0" : "=r"(flags) : : "memory");
    return flags;
}

static inline void x86_invlpg(const volatile void *address)
{
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static inline void x86_cli(void) { __asm__ volatile("cli" : : : "memory"); }
static inline void x86_sti(void) { __asm__ volatile("sti" : : : "memory"); }
static inline void x86_hlt(void) { __asm__ volatile("hlt" : : : "memory"); }
static inline void x86_pause(void) { __asm__ volatile("pause" : : : "memory"); }

/* Enables interrupts and waits for one; none can slip in between. */
static inline void x86_sti_hlt(void) { __asm__ volatile("sti; hlt" : : : "memory"); }

static inline uint64_t x86_xgetbv(uint32_t index)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(index));
    return (uint64_t)high << 32 | low;
}

static inline void x86_xsetbv(uint32_t index, uint64_t value)
{
    __asm__ volatile("xsetbv" : : "c"(index), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

#endif
