# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_vcpu_life_SOURCES := $(addprefix hv-core/core/,vcpu_life.c life.c event.c registers.c)
