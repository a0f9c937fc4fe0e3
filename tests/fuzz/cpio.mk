# SPDX-License-Identifier: GPL-2.0-or-later
FUZZ_cpio_SOURCES = $(FAKE_KERNEL_SOURCES)
