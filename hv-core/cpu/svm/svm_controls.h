/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a control block holds, by mode, as one list of rows that name what each is for (core/hold_table.h). Pure: host
 * tests look at the blocks it makes.
 */
#ifndef CPU_SVM_SVM_CONTROLS_H
#define CPU_SVM_SVM_CONTROLS_H

#include "core/mode.h"
#include "cpu/svm/vmcb.h"
#include <stdbool.h>
#include <stdint.h>

/* What a control block has beside its intercepts. */
struct svm_controls {
    enum mode_mmu mmu;
    uint64_t msrpm, iopm;  /* physical */
    uint64_t nested_root;  /* with nested paging */
    bool has_pause_filter; /* or each PAUSE would exit */
};

/* Into a block of zeros. */
void svm_controls_fill(struct vmcb_control *control, const struct svm_controls *wanted);

#endif
