/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a cpu backend does for core/: one struct of operations, at most sixteen members. cpu/svm and cpu/vmx fill it,
 * mirrors of one another file by file, and cpu/deprivileged without either. Nothing here names a vendor's structure.
 */
#ifndef CPU_CPU_BACKEND_H
#define CPU_CPU_BACKEND_H

#include "core/registers.h"
#include "core/vm_exit.h"
#include "mmu/nested.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vcpu;

/* Beside the numbers of control registers: what RDTSC in the guest adds to the machine's TSC. */
#define CPU_CONTROL_TSC_OFFSET 16u

enum cpu_description { CPU_DESCRIPTION_EXIT, CPU_DESCRIPTION_CONTROLS };

struct cpu_direct {
    const char *lacks;         /* what it needs and this CPU has not, or NULL */
    unsigned root_targets;     /* roots that a guest may change between without an exit: hold() lists vcpu->roots */
    const uint64_t *top_slots; /* what slots COOP_SLOT_FIRST to COOP_SLOT_LAST of every top-level table hold; NULL: 0 */

    /* On the CPU that runs the VCPU, at its exit: forgets the translation of one address by its root. NULL: only those
     * of all addresses can be forgotten, by hold(). */
    void (*flush_page)(uint64_t linear);
};

struct cpu_backend {
    const char *name;

    /* The bits of this vendor's nested tables. Valid after probe; without a present bit where the CPU has none. */
    const struct nested_format *nested_format;

    /* Whether this CPU has what is needed: 0, or -ENODEV with the first missing thing logged. */
    int (*probe)(void);

    /* Switches virtualization on, on the calling CPU. 0 or -errno. */
    int (*start_cpu)(void);

    /* The hardware state of a VCPU, in vcpu->backend. 0 or -errno. */
    int (*vcpu_create)(struct vcpu *vcpu);
    void (*vcpu_destroy)(struct vcpu *vcpu);

    /* This CPU is going to enter this VCPU, after it or another ran elsewhere, or is_flush_wanted: translations tagged
     * anew, vcpu->paging_root taken. Or it is held no longer: all that the CPU has of it goes back to memory, since
     * another CPU may enter it next. */
    void (*hold)(struct vcpu *vcpu, bool is_held);

    /* Enters the guest and comes back at the next exit. Interrupts off. By cpu_backend_enter, with the VCPU in
     * RBX too: of the registers that functions keep, this and RSP must be kept. */
    void (*enter)(struct vcpu *vcpu);

    /* Translates that exit into vcpu->exit. */
    void (*decode)(struct vcpu *vcpu);

    /* Delivers an event at the next entry; CR2 gets vcpu->events' fault address if there is one. */
    void (*inject)(struct vcpu *vcpu, const struct vm_event *event);

    /* Whether an external interrupt of this vector, or an NMI, could be injected now; if not, an INTERRUPT_WINDOW exit
     * or one for the write to CR8 that lowers the task priority will tell when it can. */
    bool (*window)(struct vcpu *vcpu, enum vm_event_kind kind, uint8_t vector);

    /* Goes on at RIP, behind an instruction that a handler has executed: ends an interrupt shadow. */
    void (*advance)(struct vcpu *vcpu, uint64_t rip);

    /* All registers that are not in vcpu->general, and back. */
    void (*read_registers)(const struct vcpu *vcpu, struct registers *registers);
    void (*write_registers)(struct vcpu *vcpu, const struct registers *registers);

    /* In the vendor's own words: the last exit, for a report; the words that decide what exits, as members of a JSON
     * object, for a record. */
    void (*describe)(const struct vcpu *vcpu, enum cpu_description what, char *text, size_t size);

    /* CR8 as the guest will read it; on its own tables CR0 and CR4; and CPU_CONTROL_TSC_OFFSET. */
    void (*write_control)(struct vcpu *vcpu, unsigned number, uint64_t value);

    /* A guest can run on tables that vcpu->paging_root names, and then read_registers and write_registers deal in the
     * guest's CR0, CR3, CR4 and EFER, whatever the CPU's are. */
    bool has_shadow;

    /* And then real mode cannot be entered. */
    bool lacks_real_mode;

    /* Guests on their own page tables: then vcpu->paging_root is what the CPU's CR3 holds, at each exit, and
     * write_registers takes CR3 from there. Valid after probe. */
    const struct cpu_direct *direct;

    /* The instruction of a hypercall page. */
    uint8_t hypercall[3];
};
_Static_assert(offsetof(struct cpu_backend, has_shadow) <= 16 * sizeof(void *), "at most sixteen members");

/* Gives the VCPU back, for the caller to go on with: no other register has to be kept meanwhile. */
static inline struct vcpu *cpu_backend_enter(const struct cpu_backend *cpu, struct vcpu *vcpu)
{
    struct vcpu *argument = vcpu;
    __asm__ volatile("call *%c[enter](%%rax)"
                     : "+a"(cpu), "+b"(vcpu), "+D"(argument)
                     : [enter] "i"(offsetof(struct cpu_backend, enter))
                     : "rcx", "rdx", "rsi", "rbp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cc",
                       "memory");
    return vcpu;
}

extern const struct cpu_backend svm_backend, vmx_backend, deprivileged_backend;

#endif
