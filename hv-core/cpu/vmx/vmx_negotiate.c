/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of all controls that are wanted, and the arithmetic: (wanted | must be 1) & may be 1, then every needed bit
 * tested by name. SDM vol. 3, "Algorithms for Determining VMX Capabilities".
 */
#include "cpu/vmx/vmx_negotiate.h"
#include "cpu/vmx/vmcs.h"
#include <coopvirt/error.h>
#include <stddef.h>

/* TSC ticks that a guest may run before the host looks around: from each entry, or where the timer is saved at exits
 * in all, so that not even a guest that exits all the time can hold interrupts off. */
#define VMX_TIMER_TSC 10000000ul

enum vmx_word { WORD_PIN, WORD_PRIMARY, WORD_SECONDARY, WORD_EXIT, WORD_ENTRY, WORDS };

enum vmx_wish {
    NEEDED,          /* must be on */
    NEEDED_NESTED,   /* the same, for nested paging */
    WELCOME,         /* on where there is one */
    UNWANTED,        /* must be possible to have off */
    UNWANTED_NESTED, /* the same, for nested paging */
    UNWANTED_TABLES  /* the same, for guests on their own page tables, nested or not */
};

struct vmx_control_row {
    uint8_t word;
    uint8_t wish;
    uint32_t bit;
    const char *name;
};

/* clang-format off */
static const struct vmx_control_row vmx_control_rows[] = {
    {WORD_PIN, NEEDED, VMX_PIN_EXTERNAL_INTERRUPT, "external-interrupt exiting"},
    {WORD_PIN, NEEDED, VMX_PIN_NMI, "NMI exiting"},
    {WORD_PIN, WELCOME, VMX_PIN_VIRTUAL_NMIS, "virtual NMIs"},
    {WORD_PIN, WELCOME, VMX_PIN_PREEMPTION_TIMER, "preemption timer"},

    {WORD_PRIMARY, NEEDED, VMX_PRIMARY_SECONDARY, "secondary controls"},
    {WORD_PRIMARY, NEEDED, VMX_PRIMARY_TSC_OFFSETTING, "TSC offsetting"},
    {WORD_PRIMARY, NEEDED, VMX_PRIMARY_HLT, "HLT exiting"},
    {WORD_PRIMARY, NEEDED, VMX_PRIMARY_MWAIT, "MWAIT exiting"},
    {WORD_PRIMARY, NEEDED, VMX_PRIMARY_MONITOR, "MONITOR exiting"},
    {WORD_PRIMARY, NEEDED, VMX_PRIMARY_RDPMC, "RDPMC exiting"},
    {WORD_PRIMARY, NEEDED, VMX_PRIMARY_TPR_SHADOW, "TPR shadow"},
    {WORD_PRIMARY, NEEDED, VMX_PRIMARY_IO_BITMAPS, "I/O bitmaps"},
    {WORD_PRIMARY, NEEDED, VMX_PRIMARY_MSR_BITMAPS, "MSR bitmaps"},
    {WORD_PRIMARY, UNWANTED_NESTED, VMX_PRIMARY_CR3_LOAD, "CR3 loads without exit"},
    {WORD_PRIMARY, UNWANTED_TABLES, VMX_PRIMARY_CR3_STORE, "CR3 reads without exit"},
    {WORD_PRIMARY, UNWANTED, VMX_PRIMARY_CR8_LOAD, "CR8 loads without exit"},
    {WORD_PRIMARY, UNWANTED, VMX_PRIMARY_CR8_STORE, "CR8 reads without exit"},
    {WORD_PRIMARY, UNWANTED_TABLES, VMX_PRIMARY_INVLPG, "INVLPG without exit"},
    {WORD_PRIMARY, UNWANTED, VMX_PRIMARY_RDTSC, "RDTSC without exit"},
    {WORD_PRIMARY, UNWANTED, VMX_PRIMARY_MOV_DR, "MOV DR without exit"},

    {WORD_SECONDARY, NEEDED_NESTED, VMX_SECONDARY_EPT, "extended page tables (EPT)"},
    {WORD_SECONDARY, NEEDED_NESTED, VMX_SECONDARY_UNRESTRICTED_GUEST, "unrestricted guest"},
    {WORD_SECONDARY, WELCOME, VMX_SECONDARY_VPID, "VPID"},
    {WORD_SECONDARY, WELCOME, VMX_SECONDARY_WBINVD, "WBINVD exiting"},
    {WORD_SECONDARY, WELCOME, VMX_SECONDARY_RDTSCP, "RDTSCP in the guest"},
    {WORD_SECONDARY, WELCOME, VMX_SECONDARY_INVPCID, "INVPCID in the guest"},

    {WORD_EXIT, NEEDED, VMX_EXIT_HOST_64, "64-bit host"},
    {WORD_EXIT, NEEDED, VMX_EXIT_ACKNOWLEDGE, "acknowledge interrupt on exit"},
    {WORD_EXIT, NEEDED, VMX_EXIT_SAVE_DEBUG, "saving of debug controls"},
    {WORD_EXIT, NEEDED, VMX_EXIT_SAVE_PAT, "saving of PAT"},
    {WORD_EXIT, NEEDED, VMX_EXIT_LOAD_PAT, "loading of PAT at exit"},
    {WORD_EXIT, NEEDED, VMX_EXIT_SAVE_EFER, "saving of EFER"},
    {WORD_EXIT, NEEDED, VMX_EXIT_LOAD_EFER, "loading of EFER at exit"},
    {WORD_EXIT, WELCOME, VMX_EXIT_SAVE_TIMER, "saving of the preemption timer"},

    {WORD_ENTRY, NEEDED, VMX_ENTRY_LOAD_DEBUG, "loading of debug controls"},
    {WORD_ENTRY, NEEDED, VMX_ENTRY_LOAD_PAT, "loading of PAT at entry"},
    {WORD_ENTRY, NEEDED, VMX_ENTRY_LOAD_EFER, "loading of EFER at entry"},
    {WORD_ENTRY, UNWANTED, VMX_ENTRY_GUEST_64, "entry to a guest outside of IA-32e mode"},
};
/* clang-format on */
#define VMX_CONTROL_ROWS (sizeof(vmx_control_rows) / sizeof(vmx_control_rows[0]))

static uint32_t vmx_must_be_1(uint64_t capability)
{
    return (uint32_t)capability;
}
static uint32_t vmx_may_be_1(uint64_t capability)
{
    return (uint32_t)(capability >> 32);
}

/* What EPT must be able to do beside being there; NULL when it can. */
static const char *vmx_ept_lacks(uint64_t ept)
{
    if (!(ept & VMX_EPT_CAN_WALK_4))
        return "extended page tables of four levels";
    if (!(ept & (VMX_EPT_CAN_WRITE_BACK | VMX_EPT_CAN_UNCACHED)))
        return "a memory type for extended page tables";
    if (!(ept & VMX_EPT_CAN_2M))
        return "extended page tables with 2 MiB pages";
    if (!(ept & VMX_EPT_CAN_INVEPT) || !(ept & (VMX_EPT_CAN_INVEPT_ONE | VMX_EPT_CAN_INVEPT_ALL)))
        return "INVEPT";
    return NULL;
}

static unsigned vmx_cr3_targets(uint64_t misc)
{
    unsigned count = (unsigned)(misc >> VMX_MISC_TARGETS_SHIFT & VMX_MISC_TARGETS);
    return count < VMX_CR3_TARGETS_MOST ? count : VMX_CR3_TARGETS_MOST;
}

static void vmx_set_words(const uint64_t *capabilities, uint32_t *words)
{
    for (unsigned i = 0; i < WORDS; i++)
        words[i] = 0;
    for (unsigned i = 0; i < VMX_CONTROL_ROWS; i++)
        if (vmx_control_rows[i].wish < UNWANTED)
            words[vmx_control_rows[i].word] |= vmx_control_rows[i].bit;
    for (unsigned i = 0; i < WORDS; i++)
        words[i] = (words[i] | vmx_must_be_1(capabilities[i])) & vmx_may_be_1(capabilities[i]);
}

static const char *vmx_first_missing(const uint32_t *words, enum vmx_wish needed, enum vmx_wish unwanted)
{
    for (unsigned i = 0; i < VMX_CONTROL_ROWS; i++) {
        const struct vmx_control_row *row = &vmx_control_rows[i];
        bool is_on = words[row->word] & row->bit;
        if ((row->wish == needed && !is_on) || (row->wish == unwanted && is_on))
            return row->name;
    }
    return NULL;
}

int vmx_negotiate(const struct vmx_capabilities *capabilities, struct vmx_controls *controls, const char **missing)
{
    const uint64_t given[WORDS] = {capabilities->pin, capabilities->primary, capabilities->secondary,
                                   capabilities->exit, capabilities->entry};
    const uint64_t ept = capabilities->ept_vpid;
    uint32_t words[WORDS];

    vmx_set_words(given, words);
    *missing = vmx_first_missing(words, NEEDED, UNWANTED);
    if (*missing)
        return -ENODEV;
    *missing = vmx_first_missing(words, NEEDED_NESTED, UNWANTED_NESTED);
    if (!*missing)
        *missing = vmx_first_missing(words, NEEDED_NESTED, UNWANTED_TABLES);
    if (!*missing)
        *missing = vmx_ept_lacks(ept);
    /* VPIDs are used only if stale translations under one can be got rid of. */
    if (!(ept & VMX_EPT_CAN_INVVPID) || !(ept & (VMX_EPT_CAN_INVVPID_ONE | VMX_EPT_CAN_INVVPID_ALL)))
        words[WORD_SECONDARY] &= ~VMX_SECONDARY_VPID;
    if (!(words[WORD_PIN] & VMX_PIN_PREEMPTION_TIMER))
        words[WORD_EXIT] &= ~VMX_EXIT_SAVE_TIMER;
    bool has_nmi_window = words[WORD_PIN] & VMX_PIN_VIRTUAL_NMIS &&
                          vmx_may_be_1(capabilities->primary) & VMX_PRIMARY_NMI_WINDOW;
    uint64_t timer = VMX_TIMER_TSC >> (capabilities->misc & VMX_MISC_TIMER_SHIFT);
    *controls = (struct vmx_controls){
        .pin = words[WORD_PIN],
        .primary = words[WORD_PRIMARY],
        .secondary = words[WORD_SECONDARY],
        .exit = words[WORD_EXIT],
        .entry = words[WORD_ENTRY],
        .timer = timer ? (uint32_t)timer : 1,
        .has_nested = !*missing,
        .has_nmi_window = has_nmi_window,
        .has_vpid = words[WORD_SECONDARY] & VMX_SECONDARY_VPID,
        .has_timer = words[WORD_PIN] & VMX_PIN_PREEMPTION_TIMER,
        .has_invept_one = ept & VMX_EPT_CAN_INVEPT_ONE,
        .has_invvpid_one = ept & VMX_EPT_CAN_INVVPID_ONE,
        .has_invvpid_local = words[WORD_SECONDARY] & VMX_SECONDARY_VPID && ept & VMX_EPT_CAN_INVVPID_LOCAL,
        .cr3_targets = vmx_cr3_targets(capabilities->misc),
        .direct_lacks = vmx_first_missing(words, NEEDED, UNWANTED_TABLES),
    };
    return 0;
}

int vmx_feature_control(uint64_t current, uint64_t *value)
{
    *value = current;
    if (current & VMX_FEATURE_LOCK)
        return current & VMX_FEATURE_OUTSIDE_SMX ? 0 : -ENODEV;
    *value = current | VMX_FEATURE_LOCK | VMX_FEATURE_OUTSIDE_SMX;
    return 0;
}
