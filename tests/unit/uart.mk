# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_uart_SOURCES := hv-core/io/emulated/uart.c
