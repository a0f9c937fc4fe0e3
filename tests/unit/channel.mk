# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_channel_SOURCES := hv-core/core/channel.c
