/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Code that a CPU cannot run for a guest: real mode, in which second CPUs start, where it cannot be entered on the
 * tables of the hypervisor (VT-x without unrestricted guest: SDM vol. 3, "Checks on Guest Control Registers, Debug
 * Registers, and MSRs"). It is emulated, up to where the guest is in protected mode with segments that such code could
 * have loaded.
 */
#ifndef CORE_REALMODE_H
#define CORE_REALMODE_H

#include "core/registers.h"
#include <stdbool.h>

struct vcpu;

enum realmode_outcome {
    REALMODE_DONE, /* the CPU can run it */
    REALMODE_MORE, /* enough for now */
    REALMODE_HALT, /* HLT: vcpu->exit says whether interrupts are on */
    REALMODE_STOP  /* the VM is stopped: an instruction that is not known here, an exception that cannot be delivered */
};

/* Whether a CPU without real mode can not be entered with these. Pure. */
bool realmode_is_needed(const struct registers *registers);

/* A part of it. By the VCPU itself, before it enters the guest. */
enum realmode_outcome realmode_run(struct vcpu *vcpu);

#endif
