/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model-specific registers that a guest may read or write beside those that never trap. What is not
 * listed is refused with #GP, as on a machine that does not have it.
 */
#ifndef CORE_MSR_H
#define CORE_MSR_H

#include "core/exit_table.h"

enum vm_action msr_handle_read(struct vcpu *vcpu, const struct vm_exit *exit);
enum vm_action msr_handle_write(struct vcpu *vcpu, const struct vm_exit *exit);

/* Whether this file answers for it: it then exits in every mode, and is no unknown one. */
bool msr_is_held(uint32_t msr);

/* What a write to EFER leaves in it; false where the guest gets #GP. Pure. */
bool msr_efer_after_write(uint64_t old, uint64_t wanted, bool is_paging, uint64_t *efer);

/* Whether page tables mean the same after it: what must hold where they are the guest's own. Pure. */
bool msr_efer_keeps_tables(uint64_t old, uint64_t wanted);

#endif
