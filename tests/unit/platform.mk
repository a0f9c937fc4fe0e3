# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_platform_SOURCES := hv-core/io/registry.c $(wildcard hv-core/io/emulated/*.c) tests/unit/platform_fixture.c
