/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records that hv-core writes (bench/RECORDS.md): one JSON object a line.
 */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H

struct trace_entry;
struct vcpu;
struct vm;
struct mode;
struct switches;

/* Once, at boot: the machine, the mode and every switch. */
void record_machine(const struct mode *mode, const char *cpu_backend, unsigned long memory_mib, unsigned vcpus,
                    unsigned vms, const struct switches *switches);

/* Once for a VM, before its first entry: the words that decide what exits. */
void record_controls(const struct vcpu *vcpu);

/* The account of the region that has just ended. */
void record_region(const struct vcpu *vcpu);

/* `count` crossings of that region, the first of which is number `from` in it; none: count 0. */
void record_trace(const struct vcpu *vcpu, unsigned long from, unsigned count, const struct trace_entry *entries);

/* Why a VM stopped. */
void record_stop(const struct vm *vm);

/* A fatal error of the hypervisor or the guest. */
void record_error(const char *who, const char *reason);

#endif
