# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_walk_stream_SOURCES := $(addprefix bench/plugin/,walk_stream.c walk_model.c page_walk.c tlb.c memory_operand.c instruction_class.c walk_options.c)
UNIT_walk_stream_CFLAGS := -I$(CURDIR)/bench/plugin
UNIT_walk_stream_LIBS := -lZydis
