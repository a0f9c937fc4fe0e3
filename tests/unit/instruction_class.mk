# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_instruction_class_SOURCES := bench/plugin/instruction_class.c
UNIT_instruction_class_CFLAGS := -I$(CURDIR)/bench/plugin
UNIT_instruction_class_LIBS := -lZydis
