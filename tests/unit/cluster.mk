# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_cluster_SOURCES := hv-core/core/cluster_site.c
