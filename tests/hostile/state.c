/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers that every VM has but that the CPU has only once: the witness fills them with its own numbers and looks
 * whether they are still there; the hostile guest fills them with others.
 */
#include "state.h"
#include "cases.h"
#include "hostile.h"
#include "machine.h"
#include "ring0.h"

#define ADDRESS_BITS 0x00007ffffffff000ul /* canonical, and no address of the hypervisor's */

static const uint32_t state_msrs[] = {X86_MSR_LSTAR,        X86_MSR_CSTAR,        X86_MSR_FS_BASE,
                                      X86_MSR_GS_BASE,      X86_MSR_SFMASK,       X86_MSR_KERNEL_GS_BASE,
                                      X86_MSR_SYSENTER_ESP, X86_MSR_SYSENTER_EIP, X86_MSR_STAR};
#define MSRS (sizeof(state_msrs) / sizeof(state_msrs[0]))

static uint64_t state_value(uint64_t seed, unsigned index)
{
    uint64_t value = (seed + index) * 0x9e3779b97f4a7c15ul & ADDRESS_BITS;
    return index < MSRS && state_msrs[index] == X86_MSR_SFMASK ? (uint32_t)value & 0x3f7fd5 : value;
}

/* The eight registers of MMX are those of the x87: no further state need be switched on for them. */
static void state_set_vectors(const uint64_t *values)
{
    __asm__ volatile("movq (%0), %%mm0\n\tmovq 8(%0), %%mm1\n\tmovq 16(%0), %%mm2\n\tmovq 24(%0), %%mm3\n\t"
                     "movq 32(%0), %%mm4\n\tmovq 40(%0), %%mm5\n\tmovq 48(%0), %%mm6\n\tmovq 56(%0), %%mm7"
                     :
                     : "r"(values)
                     : "memory");
}
static void state_get_vectors(uint64_t *values)
{
    __asm__ volatile("movq %%mm0, (%0)\n\tmovq %%mm1, 8(%0)\n\tmovq %%mm2, 16(%0)\n\tmovq %%mm3, 24(%0)\n\t"
                     "movq %%mm4, 32(%0)\n\tmovq %%mm5, 40(%0)\n\tmovq %%mm6, 48(%0)\n\tmovq %%mm7, 56(%0)"
                     :
                     : "r"(values)
                     : "memory");
}

void state_fill(uint64_t seed)
{
    uint64_t vectors[8];
    for (unsigned i = 0; i < 8; i++)
        vectors[i] = (seed + i) * 0x2545f4914f6cdd1dul;
    state_set_vectors(vectors);
    if (is_deprivileged)
        return;
    for (unsigned i = 0; i < MSRS; i++)
        ring0_write_msr(state_msrs[i], state_value(seed, i));
    __asm__ volatile("mov %0, %%dr0\n\tmov %1, %%dr1\n\tmov %2, %%dr2\n\tmov %3, %%dr3"
                     :
                     : "r"(state_value(seed, 100)), "r"(state_value(seed, 101)), "r"(state_value(seed, 102)),
                       "r"(state_value(seed, 103)));
    __asm__ volatile("mov %0, %%cr2" : : "r"(state_value(seed, 104)));
}

const char *state_check(uint64_t seed)
{
    uint64_t vectors[8], registers[5];
    state_get_vectors(vectors);
    for (unsigned i = 0; i < 8; i++)
        if (vectors[i] != (seed + i) * 0x2545f4914f6cdd1dul)
            return "a register of the x87";
    if (is_deprivileged)
        return 0;
    for (unsigned i = 0; i < MSRS; i++)
        if (ring0_read_msr(state_msrs[i]) != state_value(seed, i))
            return "a model-specific register";
    __asm__ volatile("mov %%dr0, %0\n\tmov %%dr1, %1\n\tmov %%dr2, %2\n\tmov %%dr3, %3\n\tmov %%cr2, %4"
                     : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3]),
                       "=r"(registers[4]));
    for (unsigned i = 0; i < 5; i++)
        if (registers[i] != state_value(seed, 100 + i))
            return i < 4 ? "a debug register" : "CR2";
    return 0;
}

/* Fills them, and gives the others time to find out. */
long state_scribble(uint64_t seed)
{
    state_fill(seed);
    for (unsigned i = 0; i < 32; i++)
        hypercall(COOP_HYPERCALL_YIELD, 0, 0, 0);
    const char *wrong = state_check(seed);
    if (wrong)
        say("%s is not what it was", wrong);
    machine_load_traps();
    return wrong ? HOLE : 0;
}
