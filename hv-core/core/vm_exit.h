/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One exit of a guest in neutral words. A cpu backend decodes its hardware's raw exit into this; the
 * dispatcher and every handler know nothing else. Only the members that belong to the reason are valid.
 */
#ifndef CORE_VM_EXIT_H
#define CORE_VM_EXIT_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

enum vm_exit_reason {
    VM_EXIT_OTHER,
    VM_EXIT_CPUID,
    VM_EXIT_HYPERCALL,
    VM_EXIT_HLT,
    VM_EXIT_PORT_IO,
    VM_EXIT_MSR_READ,
    VM_EXIT_MSR_WRITE,
    VM_EXIT_CR_ACCESS,
    VM_EXIT_DR_ACCESS,
    VM_EXIT_NESTED_FAULT,
    VM_EXIT_PAGE_FAULT,
    VM_EXIT_EXCEPTION,
    VM_EXIT_EXTERNAL_INTERRUPT,
    VM_EXIT_NMI,
    VM_EXIT_INTERRUPT_WINDOW,
    VM_EXIT_INVLPG,
    VM_EXIT_XSETBV,
    VM_EXIT_WBINVD,
    VM_EXIT_INVD,
    VM_EXIT_RDTSC,
    VM_EXIT_RDPMC,
    VM_EXIT_MONITOR,
    VM_EXIT_MWAIT,
    VM_EXIT_PAUSE,
    VM_EXIT_VIRTUALIZATION_INSTRUCTION,
    VM_EXIT_TRIPLE_FAULT,
    VM_EXIT_TASK_SWITCH,
    VM_EXIT_INIT,
    VM_EXIT_ENTRY_FAILED,
    /* A deprivileged kernel's. Bounces: from guest user mode straight to the guest kernel, never seen by a handler. */
    VM_EXIT_SYSCALL_BOUNCE,
    VM_EXIT_PAGE_FAULT_BOUNCE,
    VM_EXIT_EXCEPTION_BOUNCE,
    VM_EXIT_INTERRUPT_FLAG, /* CLI, STI */
    VM_EXIT_PRIVILEGED,     /* another instruction that ring 3 has not */
    VM_EXIT_REASONS
};

/* The name of a reason as the records have it. */
const char *vm_exit_name(enum vm_exit_reason reason);

enum vm_event_kind { VM_EVENT_NONE, VM_EVENT_INTERRUPT, VM_EVENT_NMI, VM_EVENT_EXCEPTION };

/* An interrupt or exception on its way into the guest. */
struct vm_event {
    uint8_t kind; /* enum vm_event_kind */
    uint8_t vector;
    bool has_error_code;
    uint32_t error_code;
};

struct vm_exit_port {
    uint16_t port;
    uint8_t bytes; /* 1, 2, 4 */
    bool is_write;
    bool is_string;
    bool is_repeated;
};

struct vm_exit_fault {
    coop_paddr address; /* guest-physical */
    bool is_present;    /* the second-level entry exists: a violation of its permissions */
    bool is_write;
    bool is_fetch;
    bool is_table_walk; /* the access was the CPU's own, to a guest page table */
};

/* A page fault while the CPU walked the tables that a mode gives it. */
struct vm_exit_page_fault {
    uint64_t linear;
    uint32_t error_code;
};

struct vm_exit_control {
    uint8_t number;
    bool is_write;
};

struct vm_exit {
    enum vm_exit_reason reason;
    uint8_t cpl;
    uint8_t task_priority; /* CR8 */
    uint8_t action;        /* of a HYPERCALL that hypercall_serve has carried out: enum vm_action */
    bool is_long_code;     /* CS.L: RIP is a linear address */
    uint64_t rip;
    uint64_t next_rip;           /* behind the instruction that exited; 0 when the hardware does not say */
    uint64_t root;               /* CR3 */
    struct vm_event interrupted; /* whose delivery this exit interrupted */
    union {
        struct vm_exit_port port;             /* PORT_IO */
        struct vm_exit_fault fault;           /* NESTED_FAULT */
        struct vm_exit_control control;       /* CR_ACCESS, DR_ACCESS */
        struct vm_event exception;            /* EXCEPTION; EXTERNAL_INTERRUPT where the CPU has taken it already */
        struct vm_exit_page_fault page_fault; /* PAGE_FAULT */
        bool has_interrupts;                  /* HLT: RFLAGS.IF */
    };
};

#endif
