# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_svm_virq_SOURCES := hv-core/cpu/svm/svm_virq.c hv-core/core/event.c
