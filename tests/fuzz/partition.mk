# SPDX-License-Identifier: GPL-2.0-or-later
FUZZ_partition_SOURCES = $(wildcard guest-coop/drivers/partition*.c)
