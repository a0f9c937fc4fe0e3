# SPDX-License-Identifier: GPL-2.0-or-later
FUZZ_decode_SOURCES = $(UNIT_decode_SOURCES)
