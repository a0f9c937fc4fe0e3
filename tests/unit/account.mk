# SPDX-License-Identifier: GPL-2.0-or-later
UNIT_account_SOURCES := hv-core/core/account.c
