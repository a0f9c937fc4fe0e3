# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_hypercalls_vcpu_SOURCES := hv-core/core/hypercalls_vcpu.c hv-core/core/channel.c hv-core/core/life.c hv-core/mmu/guest_memory.c
