# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_pmu_plan_SOURCES := hv-core/machine/pmu_plan.c hv-core/lib/string.c hv-core/lib/format.c
