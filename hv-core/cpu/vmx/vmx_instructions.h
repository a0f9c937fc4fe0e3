/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VT-x instructions that C cannot say. Those that can fail answer whether they succeeded (SDM vol. 3, "VMX
 * Instruction Reference": CF and ZF clear); reading and writing of a field fails only for a field that the CPU does
 * not have, which negotiation has excluded.
 */
#ifndef CPU_VMX_VMX_INSTRUCTIONS_H
#define CPU_VMX_VMX_INSTRUCTIONS_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

static inline uint64_t vmx_read(uint32_t field)
{
    uint64_t value;
    __asm__ volatile("vmread %1, %0" : "=r"(value) : "r"((uint64_t)field) : "cc");
    return value;
}

static inline void vmx_write(uint32_t field, uint64_t value)
{
    __asm__ volatile("vmwrite %0, %1" : : "r"(value), "r"((uint64_t)field) : "cc", "memory");
}

static inline bool vmx_switch_on(coop_paddr region)
{
    bool ok;
    __asm__ volatile("vmxon %1; seta %0" : "=r"(ok) : "m"(region) : "cc", "memory");
    return ok;
}

/* The VMCS goes from this CPU back to memory; it must be launched anew. */
static inline bool vmx_clear(coop_paddr vmcs)
{
    bool ok;
    __asm__ volatile("vmclear %1; seta %0" : "=r"(ok) : "m"(vmcs) : "cc", "memory");
    return ok;
}

/* It becomes the one that the other instructions mean. */
static inline bool vmx_point(coop_paddr vmcs)
{
    bool ok;
    __asm__ volatile("vmptrld %1; seta %0" : "=r"(ok) : "m"(vmcs) : "cc", "memory");
    return ok;
}

static inline void vmx_invalidate_ept(uint64_t type, uint64_t pointer)
{
    uint64_t descriptor[2] = {pointer, 0};
    __asm__ volatile("invept %0, %1" : : "m"(descriptor), "r"(type) : "cc", "memory");
}

static inline void vmx_invalidate_vpid(uint64_t type, uint16_t vpid)
{
    uint64_t descriptor[2] = {vpid, 0};
    __asm__ volatile("invvpid %0, %1" : : "m"(descriptor), "r"(type) : "cc", "memory");
}

#endif
