# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_execute_world_SOURCES := $(wildcard hv-core/emulate/*.c)
