# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_fs_ata_SOURCES = $(FAKE_KERNEL_SOURCES) guest-coop/drivers/ata.c
