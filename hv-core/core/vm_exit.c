/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of the exit reasons, as records and reports print them.
 */
#include "core/vm_exit.h"

static const char *const vm_exit_names[VM_EXIT_REASONS] = {
    [VM_EXIT_CPUID] = "cpuid",
    [VM_EXIT_HYPERCALL] = "hypercall",
    [VM_EXIT_HLT] = "hlt",
    [VM_EXIT_PORT_IO] = "port_io",
    [VM_EXIT_MSR_READ] = "msr_read",
    [VM_EXIT_MSR_WRITE] = "msr_write",
    [VM_EXIT_CR_ACCESS] = "cr_access",
    [VM_EXIT_DR_ACCESS] = "dr_access",
    [VM_EXIT_NESTED_FAULT] = "nested_fault",
    [VM_EXIT_PAGE_FAULT] = "page_fault",
    [VM_EXIT_EXCEPTION] = "exception",
    [VM_EXIT_EXTERNAL_INTERRUPT] = "external_interrupt",
    [VM_EXIT_NMI] = "nmi",
    [VM_EXIT_INTERRUPT_WINDOW] = "interrupt_window",
    [VM_EXIT_INVLPG] = "invlpg",
    [VM_EXIT_XSETBV] = "xsetbv",
    [VM_EXIT_WBINVD] = "wbinvd",
    [VM_EXIT_INVD] = "invd",
    [VM_EXIT_RDTSC] = "rdtsc",
    [VM_EXIT_RDPMC] = "rdpmc",
    [VM_EXIT_MONITOR] = "monitor",
    [VM_EXIT_MWAIT] = "mwait",
    [VM_EXIT_PAUSE] = "pause",
    [VM_EXIT_VIRTUALIZATION_INSTRUCTION] = "virtualization_instruction",
    [VM_EXIT_TRIPLE_FAULT] = "triple_fault",
    [VM_EXIT_TASK_SWITCH] = "task_switch",
    [VM_EXIT_INIT] = "init",
    [VM_EXIT_ENTRY_FAILED] = "entry_failed",
    [VM_EXIT_SYSCALL_BOUNCE] = "syscall_bounce",
    [VM_EXIT_PAGE_FAULT_BOUNCE] = "page_fault_bounce",
    [VM_EXIT_EXCEPTION_BOUNCE] = "exception_bounce",
    [VM_EXIT_INTERRUPT_FLAG] = "interrupt_flag",
    [VM_EXIT_PRIVILEGED] = "privileged",
    [VM_EXIT_OTHER] = "other",
};

const char *vm_exit_name(enum vm_exit_reason reason)
{
    return reason < VM_EXIT_REASONS ? vm_exit_names[reason] : "?";
}
