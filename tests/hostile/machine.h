/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPU under the hostile guest: traps that are recorded instead of taken, guest user mode, hypercalls.
 */
#ifndef HOSTILE_MACHINE_H
#define HOSTILE_MACHINE_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

#define TRAP_SYSTEM_CALL 256u
#define TRAP_OTHER       257u

struct trap {
    uint64_t vector, error, rip, cs, rflags, rsp, address, rax;
    uint64_t entry_rflags; /* those that a deprivileged kernel was entered with */
};
extern volatile struct trap trap; /* the latest */

/* Constant after machine_start. */
extern const struct coop_start_info *start_info;
extern struct coop_vcpu *vcpu_page;
extern bool is_deprivileged, is_amd;

void machine_start(const struct coop_start_info *info);

/* Descriptor tables and MSRs as machine_start left them (ring 0), or the trap table (deprivileged). */
void machine_load_traps(void);

long hypercall(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx);

/* The same with these flags set, and others for its caller again. */
long hypercall_with(uint64_t flags, uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx);

/* Calls act; false when a trap ended it: `trap` says which. */
bool machine_try(long (*act)(uint64_t), uint64_t argument, long *result);

/* One access in a try: 0, or 1 + the vector that it raised. */
unsigned machine_probe_read(uint64_t address);
unsigned machine_probe_write(uint64_t address, uint64_t value);
unsigned machine_probe_call(uint64_t address);

long machine_read(uint64_t address);
long machine_write(uint64_t address, uint64_t value);
long machine_call(uint64_t address);

/* Runs bytes of code in guest user mode with these registers until it traps; `trap` tells all. */
void machine_run_user(const void *code, unsigned bytes, uint64_t rax, uint64_t rdi);

_Noreturn void trap_unexpected(void);
void trap_from_frame(uint64_t vector);
_Noreturn void user_enter(uint64_t rip, uint64_t rsp, uint64_t rax, uint64_t rdi);

#endif
