/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's command line, as the boot loader or the hypervisor gave it.
 */
#ifndef KERNEL_COMMAND_LINE_H
#define KERNEL_COMMAND_LINE_H

/* `key=value` words separated by blanks; read it with string_option of <coopvirt/string.h>. */
const char *kernel_command_line(void);

#endif
