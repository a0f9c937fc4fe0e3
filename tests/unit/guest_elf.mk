# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_guest_elf_SOURCES := guest-coop/kernel/elf_image.c
