# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_mount_options_SOURCES = guest-coop/fs/mount_options.c
