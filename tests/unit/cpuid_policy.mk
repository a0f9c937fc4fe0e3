# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_cpuid_policy_SOURCES := hv-core/core/cpuid_policy.c
