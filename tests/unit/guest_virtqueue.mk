# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_guest_virtqueue_SOURCES := guest-coop/drivers/virtqueue.c
