/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entry of core/: hv_main() calls it last, on the CPU that booted, when machine/ is up and the other
 * CPUs wait in their idle loops. From here on: mode -> backends -> VMs -> schedulers.
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

/* Selects the mode, starts the backends, creates the VMs from the boot modules and runs them until the last has
 * stopped; then ends the machine. */
_Noreturn void core_run(void);

#endif
