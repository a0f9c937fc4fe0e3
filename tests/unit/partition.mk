# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_partition_SOURCES = $(wildcard guest-coop/drivers/partition*.c)
