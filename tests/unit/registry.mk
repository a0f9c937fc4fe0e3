# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_registry_SOURCES := hv-core/io/registry.c
