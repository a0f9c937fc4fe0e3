# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_boot_info_SOURCES := hv-core/boot/multiboot1.c hv-core/boot/multiboot2.c hv-core/boot/boot_info_add.c hv-core/lib/string.c
