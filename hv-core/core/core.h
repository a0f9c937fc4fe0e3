/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entry of core/: hv_main() calls it last, on the CPU that booted, when machine/ is up and the other
 * CPUs wait in their idle loops. From here on: mode -> backends -> VMs -> schedulers.
 *
 * Words on the command line, beside the switches of switches.h and those of machine/:
 *   mode=       name or cpu/mmu/io; full-nested
 *   mem=        MiB a VM; 256
 *   vcpus=      VCPUs a VM; 1
 *   vms=        VMs; 1. Those that have no modules of their own (vm=N) get those of VM 0
 *   slice=      TSC units of a VCPU's turn while others wait; 10000000
 *   limit=      TSC units that a VM may have of all CPUs together before it is stopped with reason 'limit': the end of
 *               a guest that hangs; 0 for none
 *   log_quota=  KiB that a VM may write to COM2, and as many to COM1, before it is stopped with reason 'log-flood';
 *               16384
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

/* Selects the mode, starts the backends, creates the VMs from the boot modules and runs them until the last has
 * stopped; then ends the machine. */
_Noreturn void core_run(void);

#endif
