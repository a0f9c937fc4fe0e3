/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A test aid: `selftest=NAME` on the command line makes hv-core fail, or try itself, in the named way.
 *   ud pf df stack panic   the failure; the machine ends failed, with a dump
 *   nmi        takes NMIs that nobody explains; the machine ends ok
 *   cpus       hands work to every CPU, waits for each; the machine ends ok
 *   console    halts until a byte of input interrupts; the machine ends ok
 */
#ifndef BOOT_SELFTEST_H
#define BOOT_SELFTEST_H

/* Returns when the command line asks for none. */
void selftest_run(const char *command_line);

#endif
