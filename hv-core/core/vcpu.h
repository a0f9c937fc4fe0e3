/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual CPU: registers, events, account, and where in its life it is. Fields are grouped by who may touch
 * them. The run loop (vcpu.c) enters it; the scheduler says when and where.
 */
#ifndef CORE_VCPU_H
#define CORE_VCPU_H

#include "core/account.h"
#include "core/cluster.h"
#include "core/channel.h"
#include "core/cpuid_policy.h"
#include "core/event.h"
#include "core/hypercall.h"
#include "core/life.h"
#include "core/registers.h"
#include "core/scheduler.h"
#include "core/trace.h"
#include "core/vm_exit.h"
#include "mmu/root_cache.h"
#include "mmu/shadow.h"
#include "mmu/walker.h"
#include <stdbool.h>
#include <stdint.h>

struct vm;
struct vm_exit_row;

enum vcpu_state {
    VCPU_OFFLINE,  /* waits for a start-up IPI */
    VCPU_RUNNABLE, /* in a run queue */
    VCPU_RUNNING,  /* on a CPU */
    VCPU_BLOCKED,  /* halted until an interrupt */
    VCPU_STOPPED   /* its VM has stopped */
};

#define VCPU_TRACE 16 /* last exits kept for a report; a power of two */

struct vcpu_trace {
    uint64_t rip;
    enum vm_exit_reason reason;
};

_Static_assert(VCPU_TRACE * sizeof(struct vcpu_trace) == UINT8_MAX + 1, "an offset of 8 bits wraps around");

#define VCPU_LENGTHS 16 /* instructions whose length is remembered; a power of two */

/* An instruction that exited before, and where its bytes are; see core/instruction.c. */
struct vcpu_length {
    uint64_t rip;
    uint64_t root;     /* CR3 at that time */
    const void *bytes; /* NULL: no instruction */
    uint32_t value;    /* of the four bytes */
    uint8_t operation;
    uint8_t length; /* at most four */
};

#define VCPU_DECODED 128 /* emulated instructions that are remembered; a power of two */

/* An instruction that was emulated before, likewise; and the way through the tables that led to it, since other code
 * may stand at its address by now. */
struct vcpu_decoded {
    uint64_t rip;
    uint64_t root;
    const uint8_t *bytes; /* NULL: no instruction */
    bool is_user;         /* fetched with the rights of ring 3 */
    uint8_t depth;
    const volatile uint64_t *way[WALKER_LEVELS];
    uint64_t entries[WALKER_LEVELS];
    uint64_t words[2]; /* the sixteen bytes from RIP on */
    struct instruction instruction;
};

/* What the guest and its channel had counted when a region began. */
struct vcpu_begun {
    uint64_t cr3_loads, clock_reads, polls, polls_awaited; /* in the shared page */
    uint64_t flushes, splits, joined;                      /* of its nested translations, and tables */
    struct channel_counts channel;
    uint32_t moves; /* the performance counters are those of the CPU where it began */
};

/* How it begins where hypercalls start VCPUs: as struct coop_vcpu_start says. */
struct vcpu_startup {
    bool is_long; /* it has been started so */
    uint64_t entry, stack, argument;
    coop_paddr root;
};

/* The registers that decide how page tables are read. */
struct vcpu_paging {
    uint64_t cr0, cr3, cr4, efer;
};

struct vcpu {
    /* Only the CPU that runs it (state RUNNING), or whoever holds the VM's lock while it does not run. */
    uint64_t general[16];            /* at offset 0: assembly; enum instruction_register; RSP lives in the backend */
    void *backend;                   /* of the cpu backend */
    struct vm *vm;                   /* constant after creation */
    const struct vm_exit_row *exits; /* the VM's, or those of its trace */
    hypercall *hypercalls[COOP_HYPERCALL_COUNT]; /* the VM's */
    struct vm_exit exit;
    struct event_queue events;
    struct channel channel;   /* the VM's lock held */
    const int32_t *interrupt; /* constant after creation: the io service's word, a vector that waits or -1 */
    struct vcpu_length lengths[VCPU_LENGTHS];
    struct vcpu_decoded decoded[VCPU_DECODED];
    unsigned stuck; /* exits at stuck_rip whose instruction could not be found there */
    uint64_t stuck_rip;
    uint64_t prepared_deadline;    /* the VM's, as this CPU's timer has been set for it */
    struct life life;              /* the VM's lock held */
    struct vcpu_startup startup;   /* the VM's lock held: used when its life begins anew */
    bool is_offline;               /* not online, as it has taken its life or halted itself */
    uint8_t task_priority;         /* CR8, as the interrupt controller knows it */
    struct vcpu_paging paging;     /* with shadow paging: the guest's, whatever the CPU has */
    uint64_t roots_gone;           /* shadow roots that had been forgotten when `lengths` was last emptied */
    struct shadow_cpu shadow;      /* with shadow paging */
    struct shadow_cpu shadow_user; /* the same for guest user mode, where the kernel is deprivileged */
    coop_paddr
        paging_root; /* what the CPU's CR3 holds, which hold() sees to: with shadow paging in place of the guest's */
    coop_paddr paging_root_user; /* the same for guest user mode, where it has a root of its own; else 0 */
    struct coop_vcpu *shared;    /* the page shared with the guest, in the hypervisor's map; NULL: it has none */
    bool is_flush_wanted;        /* cached translations must not be used again: the backend's load sees to it */
    bool is_root_changed;        /* the same of what MOV to CR3 flushes: all but global ones */
    struct root_cache roots;     /* with direct paging: those that it holds, and what hold() lists for the CPU */

    /* Constant after creation. */
    unsigned number;
    struct cpuid_table cpuid;
    struct cpuid_config cpuid_config;

    /* Any CPU, under the run queue's lock. */
    enum vcpu_state state;
    unsigned cpu;       /* the physical CPU whose queue it belongs to */
    unsigned left_cpu;  /* where it ran last, */
    uint64_t left_away; /* what that CPU's time asleep or with others was then, */
    uint64_t left_tsc;  /* and when: 0 before its first run */
    uint32_t moves;     /* from one CPU to another */
    struct vcpu *next;  /* in that queue */

    /* Any CPU, atomic. */
    uint32_t requests; /* VCPU_REQUEST_ */
    bool is_in_guest;  /* where the VM has several: on its way in, there, or just out, and not behind any lock */

    /* The CPU that runs it. */
    uint64_t flushes;         /* that others, or what became of the VM's memory, have asked for */
    struct vcpu_begun begun;  /* with the region that is measured */
    struct trace *exit_trace; /* NULL: it is off */
    uint64_t booked_below;    /* an exit answered in assembly books costs below it itself: ACCOUNT_EXACT; 0: traced */
    struct vcpu_trace trace[VCPU_TRACE];
    uint8_t trace_next; /* its offset in bytes: comes back to 0 behind the last */
    void *fpu;          /* area of machine/fpu.h, valid while fpu_cpu is CPU_LIMIT */
    unsigned fpu_cpu;   /* where its FPU state is loaded; CPU_LIMIT when it is in memory */
    uint64_t debug_registers[4];
    bool has_tsc_aux; /* constant: the CPU has RDTSCP */
    uint64_t tsc_aux;
    uint64_t xcr0;
    uint64_t tsc_offset;    /* its TSC is the machine's and this */
    struct cluster cluster; /* with cluster=N */
    struct account account;
};

/* What other CPUs ask of a VCPU; looked at before each entry. */
#define VCPU_REQUEST_STOP    (1u << 0) /* its VM has stopped */
#define VCPU_REQUEST_FLUSH   (1u << 1) /* forget cached translations */
#define VCPU_REQUEST_LIFE    (1u << 2) /* there is something in `life` to take */
#define VCPU_REQUEST_HELD    (1u << 3) /* its own: an NMI waits that could not be delivered when it halted */
#define VCPU_REQUEST_DEVICES (1u << 4) /* they have work that needs the VM's memory */
#define VCPU_REQUEST_YIELD   (1u << 5)
#define VCPU_REQUEST_EMULATE (1u << 6) /* its own: the CPU may not be able to run what comes next, see realmode.h */

/* Makes a VCPU with its backend state, offline. 0 or -errno. */
int vcpu_create(struct vm *vm, unsigned number);
void vcpu_destroy(struct vcpu *vcpu);

/* What CPUID 1 gives in EAX and EDX to the VCPUs of a VM, made or not yet. */
void vcpu_signature(const struct vm *vm, uint32_t *signature, uint32_t *features);

/* Runs it on this CPU until its slice is over, it blocks or stops; `idle` is the time since it left for which nothing
 * was done for it. Interrupts off; by the scheduler. */
enum vcpu_leave vcpu_run(struct vcpu *vcpu, uint64_t slice_end, uint64_t idle);

/* The vector of the interrupt that waits for it, or -1. */
static inline int vcpu_interrupt(const struct vcpu *vcpu)
{
    return __atomic_load_n(vcpu->interrupt, __ATOMIC_ACQUIRE);
}

/* Whether a halted VCPU has something to wake for. */
bool vcpu_has_wake_reason(const struct vcpu *vcpu);

/* A marker of the region that is measured, value as of COOP_PORT_MARKER. By itself. */
void vcpu_marker(struct vcpu *vcpu, uint32_t value);

/* An interrupt became pending for it. */
void vcpu_kick(struct vcpu *vcpu);

/* Does what VCPU_REQUEST_FLUSH asks for. By itself, outside the guest. */
void vcpu_take_flush(struct vcpu *vcpu);

/* Asks something of a VCPU, wherever it is, and sees to it that it notices. */
void vcpu_request(struct vcpu *vcpu, uint32_t request);

#endif
