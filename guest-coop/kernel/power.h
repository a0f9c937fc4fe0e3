/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of the machine: the verdict record, then every way out that an emulator or hypervisor may offer.
 */
#ifndef KERNEL_POWER_H
#define KERNEL_POWER_H

#include <stdbool.h>

__attribute__((noreturn)) void power_end(bool ok, const char *reason);

#endif
