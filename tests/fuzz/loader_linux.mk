# SPDX-License-Identifier: GPL-2.0-or-later
FUZZ_loader_linux_SOURCES = $(LOADER_SOURCES)
