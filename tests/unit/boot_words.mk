# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_boot_words_SOURCES := guest-coop/user/boot_words.c
