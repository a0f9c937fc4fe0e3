# SPDX-License-Identifier: GPL-2.0-or-later
FUZZ_program_elf_SOURCES := guest-coop/kernel/elf_image.c
