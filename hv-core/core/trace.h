/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The exit trace: a ring per VCPU with every exit of the region that is being measured: when, why, where, what about,
 * and what it cost. It is switched on by giving a VCPU another exit table, whose one handler notes the exit and calls
 * the mode's own row: switched off, nothing of it is on any exit's way. A backend that answers crossings without the
 * dispatcher sends them all through it where vcpu->exit_trace is set, or notes them by trace_note.
 */
#ifndef CORE_TRACE_H
#define CORE_TRACE_H

#include "core/exit_table.h"
#include <stddef.h>
#include <stdint.h>

#define TRACE_ENTRIES_LEAST 16u
#define TRACE_ENTRIES_MOST  (1u << 20)

/* One crossing. Cost and idle time are known at the next one. */
struct trace_entry {
    uint64_t tsc; /* of the exit */
    uint64_t rip;
    uint64_t detail;   /* by reason: see trace_detail */
    uint64_t argument; /* hypercall: RSI; faults: error code */
    uint64_t cost;     /* to the next entry, idle time apart */
    uint64_t idle;
    uint32_t reason; /* enum vm_exit_reason */
};

struct trace {
    uint64_t hypervisor, idle; /* the account's, when the latest entry was made */
    uint64_t next;             /* entries ever made in this region */
    uint64_t entry_count;      /* of the ring */
    struct vm_exit_row rows[VM_EXIT_REASONS];
    struct trace_entry entries[];
};

/* What the exit is about: port | is_write << 16 | bytes << 24; CPUID leaf; hypercall number; MSR; control or debug
 * register | is_write << 16; fault address; vector; else 0. Pure. */
uint64_t trace_detail(const struct vm_exit *exit, const uint64_t *general);
uint64_t trace_argument(const struct vm_exit *exit, const uint64_t *general);

/* Adds an entry, the oldest one falls out of a full ring; `hypervisor` and `idle` are the account's so far, by which
 * the entry before is completed. Pure. */
void trace_add(struct trace *trace, const struct trace_entry *entry, uint64_t hypervisor, uint64_t idle);

/* The bytes of a trace with a ring of so many entries. */
size_t trace_bytes(uint64_t entries);

/* Gives a VCPU its trace, in memory of the VM's. 0 or -ENOMEM. */
int trace_create(struct vcpu *vcpu, uint64_t entries);
void trace_destroy(struct vcpu *vcpu);

/* Notes a crossing that does not pass the exit table, at a time when account.last is the TSC of the exit. */
void trace_note(struct vcpu *vcpu, enum vm_exit_reason reason, uint64_t rip, uint64_t detail, uint64_t argument);

/* The same when it has been answered and booked: account.last is the TSC of the entry, `cost` before it was the exit.
 */
void trace_note_done(struct vcpu *vcpu, struct trace_entry *entry, uint64_t cost);

/* A region begins: what came before is forgotten. */
void trace_begin(struct vcpu *vcpu);

/* It has ended: its crossings go out as "trace" records (bench/RECORDS.md), without that of the end marker itself. */
void trace_write(const struct vcpu *vcpu);

#endif
