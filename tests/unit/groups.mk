# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_groups_SOURCES = guest-coop/kernel/groups.c
