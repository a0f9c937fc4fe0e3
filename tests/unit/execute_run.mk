# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_execute_run_SOURCES := $(wildcard hv-core/emulate/*.c)
