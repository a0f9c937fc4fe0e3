# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_deprivileged_SOURCES := hv-core/cpu/deprivileged/deprivileged_frame.c hv-core/cpu/deprivileged/deprivileged_decode.c
