# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_svm_bitmaps_SOURCES := hv-core/cpu/svm/svm_bitmaps.c
