/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records that hv-core writes (bench/RECORDS.md): one JSON object a line.
 */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H

struct vcpu;
struct vm;
struct mode;

/* Once, at boot: the machine, the mode and every switch. */
void record_machine(const struct mode *mode, const char *cpu_backend, unsigned long memory_mib, unsigned vcpus,
                    unsigned vms);

/* The account of the region that has just ended. */
void record_region(const struct vcpu *vcpu);

/* Why a VM stopped. */
void record_stop(const struct vm *vm);

/* A fatal error of the hypervisor or the guest. */
void record_error(const char *who, const char *reason);

#endif
