/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contract between hv-core and a guest: how the hypervisor is found, the
 * hypercall convention, and the marker port by which a guest names the region
 * that is being measured. Self-contained, used by both sides, versioned;
 * members and numbers are only ever appended. It lists what works, nothing
 * that is merely planned.
 */
#ifndef COOPVIRT_ABI_H
#define COOPVIRT_ABI_H

#include <stdint.h>

/* major << 16 | minor; a new major number breaks older guests. */
#define COOP_ABI_VERSION 0x00000001u

/* A guest-physical address as the guest writes it in page tables, rings and
 * hypercall arguments. A type of its own: the host never dereferences it. */
typedef uint64_t coop_paddr;

/*
 * CPUID. The block starts at some leaf 0x40000000 + n * 0x100 (n = 0..255):
 * the guest looks for the signature, since an outer emulator may own the
 * first block.
 *   base + 0: EAX = last leaf of the block, EBX:ECX:EDX = signature
 *   base + 1: EAX = COOP_ABI_VERSION, EBX = feature bits (COOP_FEATURE_*)
 *   base + 2: EAX = TSC frequency (kHz), EBX = local APIC timer input clock (kHz);
 *             0 where the hypervisor does not know
 */
#define COOP_CPUID_FIRST      0x40000000u
#define COOP_CPUID_STRIDE     0x100u
#define COOP_CPUID_BLOCKS     256u
#define COOP_CPUID_SIGNATURE0 0x706f6f43u /* "Coop" in EBX */
#define COOP_CPUID_SIGNATURE1 0x74726976u /* "virt" in ECX */
#define COOP_CPUID_SIGNATURE2 0x65726f43u /* "Core" in EDX */
#define COOP_CPUID_LAST       2u          /* offset of the last leaf */

#define COOP_FEATURE_MARKER (1u << 0) /* COOP_PORT_MARKER is observed */

/*
 * Hypercalls: VMMCALL (AMD) or VMCALL (Intel), from guest kernel mode (CPL 0) only.
 *   IN  RAX = number; RDI, RSI, RDX, R10, R8 = arguments (integers or coop_paddr)
 *   OUT RAX = result, or a negated error number (COOP_E*)
 * All other registers are preserved. An unknown number gives -COOP_ENOSYS, a call
 * from another privilege level -COOP_EPERM.
 */
#define COOP_HYPERCALL_FIRST 0x100u

/* version: OUT RAX = COOP_ABI_VERSION. The null hypercall. */
#define COOP_HYPERCALL_VERSION 0x100u

#define COOP_HYPERCALL_COUNT 1u

#define COOP_EPERM  1
#define COOP_EFAULT 14
#define COOP_EINVAL 22
#define COOP_ENOSYS 38

/*
 * The marker port, 32-bit OUT. On the bare machine nothing listens there, so that
 * the same instruction costs the same everywhere but for its exit:
 *   value = region << 1 | COOP_MARKER_BEGIN or COOP_MARKER_END
 * Between the two, the hypervisor attributes every exit to the region and then
 * writes one "region" record (bench/RECORDS.md). The exits of the markers
 * themselves are not part of the region.
 */
#define COOP_PORT_MARKER  0x0cb0
#define COOP_MARKER_BEGIN 0u
#define COOP_MARKER_END   1u

/* Status that a machine reports when it ends: OUT of one byte to the exit port of QEMU's
 * isa-debug-exit, which gives the process exit status (value << 1 | 1). */
#define COOP_PORT_EXIT   0xf4
#define COOP_EXIT_OK     0x10 /* process status 33 */
#define COOP_EXIT_FAILED 0x11 /* process status 35 */

#endif
