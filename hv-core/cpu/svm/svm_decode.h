/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a raw exit of AMD-V to the neutral struct vm_exit: a pure function of a snapshot, so that host tests feed it
 * recorded exits.
 */
#ifndef CPU_SVM_SVM_DECODE_H
#define CPU_SVM_SVM_DECODE_H

#include "core/vm_exit.h"
#include <stdint.h>

/* The fields of the control block that an exit leaves. */
struct svm_raw_exit {
    uint64_t exit_code;
    uint64_t exit_info1;
    uint64_t exit_info2;
    uint64_t exit_interrupt_info;
    uint64_t next_rip;        /* 0 where the CPU does not save it */
    uint64_t event_injection; /* as it was set for the entry before */
    uint64_t virtual_interrupt;
    uint64_t rip;
    uint64_t rflags;
    uint64_t cr3;
    uint16_t cs_attributes;
    uint8_t cpl;
};

void svm_exit_decode(const struct svm_raw_exit *raw, struct vm_exit *exit);

#endif
