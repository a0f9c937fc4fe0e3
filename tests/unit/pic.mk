# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_pic_SOURCES := hv-core/io/emulated/pic.c
