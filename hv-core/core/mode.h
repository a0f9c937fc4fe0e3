/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of modes: named points on the three axes cpu, mmu and io. A VM is made for one point; whether a
 * point can work is computed from what its backends offer and need.
 */
#ifndef CORE_MODE_H
#define CORE_MODE_H

#include <stdbool.h>
#include <stddef.h>

enum mode_cpu { MODE_CPU_VT, MODE_CPU_DEPRIVILEGED, MODE_CPU_KINDS };
enum mode_mmu { MODE_MMU_NESTED, MODE_MMU_SHADOW, MODE_MMU_DIRECT, MODE_MMU_KINDS };
enum mode_io { MODE_IO_EMULATED, MODE_IO_QUEUE, MODE_IO_KINDS };

struct mode {
    char name[40]; /* the triple, for a point without one */
    enum mode_cpu cpu;
    enum mode_mmu mmu;
    enum mode_io io;
};

/* One choice on an axis, here and now. */
struct mode_choice {
    const char *backend; /* its name; NULL: this build has none */
    const char *lacks;   /* what the backend needs and this machine has not; NULL: it can run */
};

/* What there is on this machine: which backends are linked in, and what they lack. */
struct mode_offer {
    struct mode_choice cpu[MODE_CPU_KINDS];
    struct mode_choice mmu[MODE_MMU_KINDS];
    struct mode_choice io[MODE_IO_KINDS];

    /* What a choice of the cpu axis lacks to run guests on one of the mmu axis; NULL: nothing. */
    const char *lacks[MODE_CPU_KINDS][MODE_MMU_KINDS];
};

/* Memory may be given back and taken again: the frames are named by nobody but the hypervisor, and devices do not keep
 * pointers to them. */
static inline bool mode_memory_changes(const struct mode *mode)
{
    return mode->mmu == MODE_MMU_NESTED && mode->io == MODE_IO_QUEUE;
}

/* The TSC is the guest's to write: the CPU adds an offset to it, and no service tells the guest times of the machine's.
 */
static inline bool mode_writes_tsc(const struct mode *mode)
{
    return mode->cpu == MODE_CPU_VT && mode->io == MODE_IO_EMULATED;
}

/* Guests start their VCPUs by hypercall: no local APIC sends start-up IPIs, and the mmu service can do with several. */
static inline bool mode_starts_vcpus(const struct mode *mode)
{
    return mode->mmu == MODE_MMU_NESTED && mode->io == MODE_IO_QUEUE;
}

const char *mode_mmu_name(enum mode_mmu mmu);
const char *mode_io_name(enum mode_io io);

/* Finds a mode by its name, its alias or its triple (vt/nested/emulated) into *mode. 0, or -EINVAL with one line
 * in `why`. */
int mode_find(const char *text, struct mode *mode, char *why, size_t size);

/* 0 when this machine can run the mode; -ENODEV or -EINVAL with one line in `why`. */
int mode_check(const struct mode *mode, const struct mode_offer *offer, char *why, size_t size);

#endif
