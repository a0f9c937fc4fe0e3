# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_exit_decode_SOURCES := hv-core/cpu/svm/svm_decode.c
