/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The permission maps for MSRs and ports. Pure.
 */
#ifndef CPU_SVM_SVM_BITMAPS_H
#define CPU_SVM_SVM_BITMAPS_H

#include <stdbool.h>
#include <stdint.h>

#define SVM_MSRPM_BYTES (2 * 4096)
#define SVM_IOPM_BYTES  (3 * 4096)

/* Everything traps but the MSRs of the allow-list. */
void svm_bitmaps_fill_msrs(uint8_t *map);

/* Every port traps. */
void svm_bitmaps_fill_ports(uint8_t *map);

/* Whether an access to an MSR traps. */
bool svm_bitmaps_msr_traps(const uint8_t *map, uint32_t msr, bool is_write);

#endif
