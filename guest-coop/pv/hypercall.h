/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls the hypervisor: include/coopvirt/abi.h says which calls there are. A kernel in ring 0 gives the vendor's
 * instruction; one that is deprivileged calls the hypercall page.
 */
#ifndef PV_HYPERCALL_H
#define PV_HYPERCALL_H

#include <coopvirt/abi.h>
#include <stdint.h>

/* Code that makes the call and returns. */
extern void (*hypercall_entry)(void);

/* Chooses it. `info` is mapped, as is all that it names, at info->direct_map or (ring 0) anywhere. */
void hypercall_start(const struct coop_start_info *info);

/* The result, or a negated error number (COOP_E*). */
static inline int64_t hypercall(uint64_t number, uint64_t first, uint64_t second, uint64_t third)
{
    int64_t result;
    __asm__ volatile("call *%[entry]"
                     : "=a"(result)
                     : "a"(number), "D"(first), "S"(second), "d"(third), [entry] "m"(hypercall_entry)
                     : "rcx", "r11", "memory", "cc");
    return result;
}

#endif
