# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_decode_SOURCES := hv-core/emulate/decode.c hv-core/emulate/decode_address.c hv-core/emulate/decode_operand.c \
	hv-core/emulate/decode_vector.c hv-core/emulate/decode_table.c hv-core/emulate/decode_length.c
UNIT_decode_LIBS := -lZydis
