/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an io service does for core/: how the guest reaches devices, and how they reach it. One struct of operations;
 * core/io_emulated.c and core/io_queue.c fill it, each around the pure devices of its folder. What stands on every
 * exit's way is no operation: the word that says whether an interrupt waits is read through vcpu->interrupt.
 */
#ifndef IO_IO_BACKEND_H
#define IO_IO_BACKEND_H

#include "io/registry.h"
#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

struct vcpu;
struct vm;
struct vm_config;

/* Requests: done. Kicks: by the guest. Events: for it; upcalls: events that had to interrupt it. */
struct io_count {
    char name[16];
    uint64_t requests, kicks, events, upcalls;
};

/* All but create, destroy, describe, interrupt, masked and count with the VM's lock held. */
struct io_backend {
    const char *name;

    /* The devices of a VM, in vm->devices, before its VCPUs; vm->deadline set. 0 or -errno. */
    int (*create)(struct vm *vm, const struct vm_config *config);
    void (*destroy)(struct vm *vm);

    /* Adds to a start-info what the guest is told of devices: `features`, `devices`, `device_count`. */
    void (*describe)(const struct vm *vm, struct coop_start_info *info);

    /* A VCPU is made. Where the interrupt stands that it should take now: its vector, or -1. Valid as long as it is. */
    const int32_t *(*interrupt)(struct vcpu *vcpu);

    /* Takes it: its vector, or -1 when it has gone meanwhile. */
    int (*acknowledge)(struct vcpu *vcpu);

    /* The vector that waits for the guest to lower CR8, or -1. */
    int (*masked)(const struct vm *vm, unsigned vcpu);

    /* Lets time pass. This and all that follow leave in vm->deadline when it is to be called next. */
    void (*advance)(struct vm *vm, uint64_t now);

    /* Work that needs the VM's memory, on behalf of VCPU_REQUEST_DEVICES. */
    void (*serve)(struct vcpu *vcpu);

    /* The guest reads or writes a port or device memory; stops the VM where it asks for that. The second: `count`
     * accesses as by REP INS and REP OUTS, values one after the other; how many were performed. */
    void (*access)(struct vcpu *vcpu, enum io_space space, struct io_access *access);
    uint64_t (*access_string)(struct vcpu *vcpu, struct io_access *access, uint8_t *values, uint64_t count);

    /* CR8, as the interrupt controller knows it. */
    uint8_t (*task_priority)(const struct vcpu *vcpu);
    void (*set_task_priority)(struct vcpu *vcpu, uint8_t priority);

    /* MSRs of an interrupt controller. False: #GP. */
    bool (*msr_access)(struct vcpu *vcpu, uint32_t msr, bool is_write, uint64_t *value);

    /* A byte of the console's input; false when there is no room for it now. */
    bool (*console_input)(struct vm *vm, uint8_t byte);

    /* What device `index` has done since the region that is measured began; false: there is no such device that counts.
     */
    bool (*count)(const struct vm *vm, unsigned index, struct io_count *count);
};
_Static_assert(sizeof(struct io_backend) <= 17 * sizeof(void *), "a name and at most sixteen operations");

extern const struct io_backend emulated_io, queue_io;

#endif
