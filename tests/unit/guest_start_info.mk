# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_guest_start_info_SOURCES := guest-coop/boot/start_info.c guest-coop/boot/information.c hv-core/lib/string.c
