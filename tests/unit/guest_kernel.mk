# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_guest_kernel_SOURCES := guest-coop/kernel/signal_set.c guest-coop/boot/information.c guest-coop/boot/multiboot.c \
	guest-coop/drivers/rtc_seconds.c hv-core/lib/string.c
