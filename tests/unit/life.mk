# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_life_SOURCES := hv-core/core/life.c
