# SPDX-License-Identifier: GPL-2.0-or-later
LOADER_SOURCES := $(addprefix hv-core/core/,loader.c loader_linux.c loader_pvh.c loader_space.c linux_image.c elf_image.c) \
	hv-core/mmu/guest_memory.c hv-core/lib/string.c
UNIT_loader_linux_SOURCES := $(LOADER_SOURCES)
