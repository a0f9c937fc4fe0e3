/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's instruction bytes: fetched through its own page tables, for CPUs that do not save the next RIP and for
 * emulation.
 */
#ifndef CORE_INSTRUCTION_H
#define CORE_INSTRUCTION_H

#include "core/registers.h"
#include "core/vcpu.h"
#include "emulate/operation.h"
#include <stddef.h>
#include <stdint.h>

/* The bytes at RIP: how many of the 15 could be fetched. */
size_t instruction_fetch(const struct vcpu *vcpu, const struct registers *registers, uint8_t *bytes);

/* The instruction at RIP, decoded; NULL when the bytes there cannot be fetched or are none that emulate/ knows. Valid
 * until the next call. */
const struct instruction *instruction_decode_at(struct vcpu *vcpu, const struct registers *registers);

/* The page of the instruction before, as a TLB entry would keep it for the next. bytes: in the hypervisor's map; NULL:
 * not known. */
struct instruction_page_known {
    uint64_t linear;
    const uint8_t *bytes;
};

/* The same for one of a run of instructions between which the guest changes neither CR3 nor mode. */
const struct instruction *instruction_decode_next(struct vcpu *vcpu, const struct registers *registers,
                                                  struct instruction_page_known *page);

/* Drops what is remembered, which points into the VM's memory: before some of that is taken away. */
void instruction_forget(struct vcpu *vcpu);

/* What RIP grows by behind the instruction there, known to be `operation`: its length, less 4 GiB where EIP begins anew
 * there. 0 when something else stands there. With a full walk. */
uint64_t instruction_length_walk(struct vcpu *vcpu, enum instruction_operation operation);

/* The same, from what is remembered where that still holds. */
static inline uint64_t instruction_length(struct vcpu *vcpu, enum instruction_operation operation)
{
    const struct vm_exit *exit = &vcpu->exit;
    const struct vcpu_length *entry = &vcpu->lengths[exit->rip % VCPU_LENGTHS];
    if (__builtin_expect(entry->rip == exit->rip && entry->root == exit->root && entry->operation == operation &&
                             exit->is_long_code && entry->bytes &&
                             *(const volatile uint32_t *)entry->bytes == entry->value,
                         1))
        return entry->length;
    return instruction_length_walk(vcpu, operation);
}

#endif
