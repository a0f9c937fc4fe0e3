# SPDX-License-Identifier: GPL-2.0-or-later
FUZZ_kernel_elf_SOURCES := hv-core/core/elf_image.c
