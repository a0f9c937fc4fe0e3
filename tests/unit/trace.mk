# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_trace_SOURCES := hv-core/core/trace.c
