/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's names, which uname(2) tells, sethostname(2) and setdomainname(2) change, and /proc/sys shows.
 */
#ifndef KERNEL_MACHINE_NAMES_H
#define KERNEL_MACHINE_NAMES_H

#define MACHINE_NAME_BYTES 65

/* struct new_utsname */
struct machine_names {
    char system[MACHINE_NAME_BYTES], node[MACHINE_NAME_BYTES], release[MACHINE_NAME_BYTES], version[MACHINE_NAME_BYTES],
        machine[MACHINE_NAME_BYTES], domain[MACHINE_NAME_BYTES];
};

extern struct machine_names machine_names;

#endif
