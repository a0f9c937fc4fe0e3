# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_loader_direct_SOURCES := $(addprefix hv-core/core/,loader_direct.c loader_tables.c loader.c loader_linux.c loader_pvh.c \
	loader_space.c linux_image.c elf_image.c) hv-core/mmu/direct.c hv-core/mmu/direct_frame.c hv-core/mmu/guest_memory.c \
	hv-core/lib/string.c tests/unit/tlb_model.c
