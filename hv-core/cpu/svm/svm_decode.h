/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a raw exit of AMD-V to the neutral struct vm_exit: a pure function of a snapshot, so that host tests feed it
 * recorded exits.
 */
#ifndef CPU_SVM_SVM_DECODE_H
#define CPU_SVM_SVM_DECODE_H

#include "core/vm_exit.h"
#include "cpu/svm/vmcb.h"

/* `vmcb` as the exit left it; `injected` is the EVENTINJ of the entry before. */
void svm_exit_decode(const struct vmcb *vmcb, uint64_t injected, struct vm_exit *exit);

#endif
