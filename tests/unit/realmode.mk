# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_realmode_SOURCES := $(wildcard hv-core/core/realmode*.c) $(wildcard hv-core/emulate/*.c) \
	$(addprefix hv-core/core/,emulation.c instruction.c privileged.c event.c registers.c) \
	$(addprefix hv-core/mmu/,guest_memory.c walker.c walker_mark.c walker_quick.c)
