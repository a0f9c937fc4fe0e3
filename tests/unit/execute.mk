# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_execute_SOURCES := $(wildcard hv-core/emulate/*.c) tests/unit/native_cpu.c tests/unit/native_case.c
