# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_loader_SOURCES := hv-core/core/loader.c hv-core/core/loader_linux.c hv-core/core/loader_pvh.c \
	hv-core/core/loader_space.c hv-core/core/linux_image.c hv-core/core/elf_image.c hv-core/mmu/guest_memory.c hv-core/lib/string.c
