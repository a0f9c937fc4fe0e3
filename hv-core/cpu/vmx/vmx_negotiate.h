/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this CPU's VT-x can do against what is wanted of it: a pure function of a snapshot of the capability MSRs, so
 * that host tests feed it those of many CPUs.
 */
#ifndef CPU_VMX_VMX_NEGOTIATE_H
#define CPU_VMX_VMX_NEGOTIATE_H

#include <stdbool.h>
#include <stdint.h>

/* SDM vol. 3, Appendix A "VMX Capability Reporting Facility". The four control words are the TRUE ones where there are
 * such. */
struct vmx_capabilities {
    uint64_t basic;
    uint64_t pin, primary, secondary, exit, entry; /* low half: must be 1; high half: may be 1 */
    uint64_t misc;
    uint64_t cr0_fixed0, cr0_fixed1, cr4_fixed0, cr4_fixed1;
    uint64_t ept_vpid;
};

struct vmx_controls {
    uint32_t pin, primary, secondary, exit, entry;
    uint32_t timer;  /* units of the preemption timer between two entries */
    bool has_nested; /* EPT and all that a guest on it needs */
    bool has_nmi_window; /* and virtual NMIs; without, an NMI waits as an interrupt does */
    bool has_vpid, has_timer, has_invept_one, has_invvpid_one, has_invvpid_local;
    unsigned cr3_targets;     /* in the CR3-target list, at most 4 */
    const char *direct_lacks; /* what guests on their own page tables need and is not there, or NULL */
};

/* 0, or -ENODEV with *missing the name of the first control that is needed and not there. Nested paging is not needed:
 * without has_nested *missing says what it lacks. */
int vmx_negotiate(const struct vmx_capabilities *capabilities, struct vmx_controls *controls, const char **missing);

/* What to do with IA32_FEATURE_CONTROL: 0 with *value what it must hold (perhaps what it holds), or -ENODEV when the
 * firmware has locked VT-x off. */
int vmx_feature_control(uint64_t current, uint64_t *value);

#endif
