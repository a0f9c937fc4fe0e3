# SPDX-License-Identifier: GPL-2.0-or-later
FUZZ_direct_SOURCES = $(DIRECT_MODEL_SOURCES)
