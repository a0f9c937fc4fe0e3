/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one instance of boot_info; boot/ fills it.
 */
#include "machine/boot_info_fill.h"

static struct boot_info boot_info_instance;

const struct boot_info *boot_info(void)
{
    return &boot_info_instance;
}

struct boot_info *boot_info_fill(void)
{
    return &boot_info_instance;
}
