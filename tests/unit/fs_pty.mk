# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_fs_pty_SOURCES = $(FAKE_KERNEL_SOURCES)
