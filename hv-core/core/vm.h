/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual machine: a point on the three axes, memory, devices and VCPUs. Several exist at once.
 */
#ifndef CORE_VM_H
#define CORE_VM_H

#include "core/hypercall.h"
#include "core/mode.h"
#include "core/switches.h"
#include "machine/frame.h"
#include "mmu/direct.h"
#include "mmu/guest_memory.h"
#include "mmu/nested.h"
#include "mmu/nested_memory.h"
#include "mmu/shadow.h"
#include <coopvirt/spinlock.h>
#include <stdbool.h>
#include <stdint.h>

#define VM_VCPUS   16
#define VM_LIMIT   8
#define VM_EXTENTS 64

struct vcpu;
struct vm_exit_row;
struct io_backend;

enum vm_stop {
    VM_STOP_NONE,
    VM_STOP_EXIT_PORT,
    VM_STOP_POWER_OFF,
    VM_STOP_RESET,
    VM_STOP_TRIPLE_FAULT,
    VM_STOP_BAD_STATE,
    VM_STOP_UNHANDLED_EXIT,
    VM_STOP_BAD_ACCESS,
    VM_STOP_LOG_FLOOD,
    VM_STOP_HALTED, /* every VCPU halted with nothing that could wake it */
    VM_STOP_LIMIT,  /* it has used up its time */
    VM_STOP_CRASH,  /* its kernel said so */
    VM_STOP_QUEUE   /* a queue that no device can serve */
};

/* Machine frames that a VM owns. */
struct vm_extent {
    coop_paddr machine;
    uint64_t frames;
};

#define VM_LINE_BYTES 1024

/* The guest's COM2: whole lines to the log. */
struct vm_log {
    char line[VM_LINE_BYTES];
    unsigned used;
    uint64_t bytes; /* written in all */
};

struct vm {
    /* Constant after creation. */
    unsigned number;
    struct mode mode;
    const struct cpu_backend *cpu;
    const struct mmu_backend *mmu;
    const struct io_backend *io;
    const struct vm_exit_row *exits; /* one row a reason */
    hypercall *hypercalls[COOP_HYPERCALL_COUNT];
    unsigned vcpu_count;
    struct vcpu *vcpus[VM_VCPUS];
    void *devices;             /* the io service's */
    uint32_t features;         /* COOP_FEATURE_ of its services */
    int64_t realtime_at_start; /* seconds since 1970 UTC, */
    uint64_t created;          /* and the TSC then */
    uint64_t memory_bytes;
    uint64_t low_bytes; /* of these, in front of the hole for devices */
    struct guest_memory memory;
    struct vm_extent extents[VM_EXTENTS];
    unsigned extent_count;
    uint64_t *away;       /* a bit for each frame of the extents, in their order: given back before the end; or NULL */
    size_t frames_before; /* owned by this VM's number before creation: must be the same after destruction */
    uint64_t log_quota_bytes;
    uint64_t busy_limit; /* TSC units that its VCPUs may run; 0: any */
    struct switches switches;
    uint32_t root_targets; /* roots that the CPU lets a VCPU change between by itself, with direct page tables */
    const struct vm_exit_row *cluster_own; /* with a switch cluster=: the rows without cluster_handle */
    uint64_t lapic_khz;                    /* input clock of the guest's local APIC timers */

    /* Lock held: devices, nested tables. */
    struct spinlock lock;
    struct nested_tables nested;
    struct nested_memory nested_memory;
    struct spinlock shadow_lock; /* behind that of the VM: */
    struct shadow shadow;
    struct vcpu *shadow_vcpu; /* in whose name it is changed now */
    uint32_t online_vcpus;    /* started, and not halted for good */
    bool is_shadow_unsettled; /* the other VCPUs have not been flushed yet */
    struct direct direct;
    struct vm_log log;
    uint64_t console_bytes; /* written to COM1 in all */

    /* Any CPU, atomic. */
    uint64_t deadline;      /* TSC at which a device acts by itself */
    uint64_t busy;          /* TSC units for which its VCPUs have had a CPU, in turns that are over */
    uint32_t running_vcpus; /* not yet out of their run loops for good */

    /* Set once, by vm_stop. */
    uint32_t stop; /* enum vm_stop */
    uint8_t stop_status;
};

static inline frame_owner vm_owner(const struct vm *vm)
{
    return (frame_owner)(FRAME_OWNER_VM_FIRST + vm->number);
}

struct vm_config {
    unsigned number;
    struct mode mode;
    const struct cpu_backend *cpu;
    const struct mmu_backend *mmu;
    const struct io_backend *io;
    unsigned vcpus;
    uint64_t memory_bytes;
    coop_paddr hole; /* where the one for devices begins: memory that is left goes above 4 GiB */
    uint8_t *disk;
    uint64_t disk_bytes;
    bool is_disk_shared; /* another VM has the same image: this one gets a copy */
    uint64_t log_quota_bytes, busy_limit;
    struct switches switches;
    int64_t realtime_at_start; /* seconds since 1970 UTC */
};

/* Memory, tables, devices, VCPUs (offline). NULL with the reason logged. */
struct vm *vm_create(const struct vm_config *config);

/* Gives everything back, after every VCPU has left. */
void vm_destroy(struct vm *vm);

/* The VCPU that runs first, in the state that a loader has prepared. */
void vm_start(struct vm *vm);

/* Lets time pass for the devices. Any CPU. */
void vm_advance(struct vm *vm, uint64_t now);

/* No VCPU uses a translation of before any more when this returns, nor does what was done in its name with one go on.
 * Not from a VCPU's own run loop with a lock held. */
void vm_flush(struct vm *vm);

/* No other VCPU is in the guest with a translation of before when this returns, or gets there with one. Locks may be
 * held: no VCPU waits for any while it counts as in the guest. The caller flushes its own. */
void vm_flush_guests(struct vm *vm);

/* The same of those VCPUs alone whose bits are set. */
void vm_flush_vcpus(struct vm *vm, uint64_t mask);

/* A VM with no VCPU that could still do something stops. Lock held. */
void vm_check_online(struct vm *vm);

/* The guest writes to its console (0) or to its log (1: whole lines). Quotas stop it. Lock held. */
void vm_console_write(struct vm *vm, unsigned line, const char *bytes, size_t count);

/* A byte of the console's input for COM1; false when there is no room for it now. */
bool vm_console_input(struct vm *vm, uint8_t byte);

/* The bits of the nested tables of this VM's cpu backend. */
const struct nested_format *vm_nested_format(const struct vm *vm);

/* Stops a VM: the first reason counts. Any CPU. */
void vm_stop(struct vm *vm, enum vm_stop reason, uint8_t status);

const char *vm_stop_name(enum vm_stop reason);

static inline bool vm_is_stopped(const struct vm *vm)
{
    return __atomic_load_n(&vm->stop, __ATOMIC_ACQUIRE) != VM_STOP_NONE;
}

#endif
