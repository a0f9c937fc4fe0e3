/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows. What a guest kernel may have without being asked is not here: system calls, exceptions and page faults go
 * by its own IDT; GDT, LDT, TR and IDT are its own and reach only what its tables map (SGDT, SIDT, STR tell it what it
 * has loaded itself); STAR, LSTAR, CSTAR, SFMASK, SYSENTER_*, the bases of FS and GS and TSC_AUX are exchanged with it;
 * INVLPG, INVPCID, CR4.PGE, global pages and reloads of CR3 reach only translations with its own tag, and nothing here
 * relies on a flush of its.
 */
#include "core/hold_table.h"
#include <coopvirt/x86.h>

#define EXITS "(exits)"
#define MAP   "MSR_PROT, MSR permission map"
#define MAPS  "MSR bitmaps"

const struct hold_row hold_table[HOLDS] = {
    [HOLD_CR0] = {"CR0: PE, PG, WP, NE stay on, CD and NW off", "CR0 write that changes more than TS and MP, LMSW",
                  "CR0 guest/host mask and read shadow", HOLD_NO_MSR, "ring0/cr0-write-protect"},
    [HOLD_CR3] = {"CR3: top-level tables that have been validated", "CR3 write", "CR3-load exiting, CR3-target list",
                  HOLD_NO_MSR, "ring0/cr3-page"},
    [HOLD_CR4] = {"CR4: what CPUID shows; PAE on, LA57, PCIDE, VMXE, CET, PKE, PKS off", "CR4 write",
                  "CR4 guest/host mask and read shadow", HOLD_NO_MSR, "ring0/cr4-pcide"},
    [HOLD_MSRS] = {"MSRs outside of both maps", MAP, MAPS, 0x40000000, "ring0/msr-unknown-high"},
    [HOLD_EFER] = {"EFER: LME, LMA, NXE stay on, SVME is the host's", MAP, MAPS, X86_MSR_EFER, "ring0/efer-nxe"},
    [HOLD_PAT] = {"PAT: without nested paging the CPU's only one", MAP, MAPS, X86_MSR_PAT, "ring0/msr-pat"},
    [HOLD_MTRR] = {"memory types", MAP, MAPS, X86_MSR_MTRR_DEF_TYPE, "ring0/msr-mtrr-base"},
    [HOLD_TSC] = {"the TSC, which is not written", MAP, MAPS, X86_MSR_TSC, "ring0/msr-tsc"},
    [HOLD_X2APIC] = {"the CPU's local APIC", MAP, MAPS, X86_MSR_X2APIC_FIRST, "ring0/msr-x2apic"},
    [HOLD_DEBUGCTL] = {"branch tracing into memory", MAP, MAPS, X86_MSR_DEBUGCTL, "ring0/msr-debugctl"},
    [HOLD_XSS] = {"state components that are not exchanged", MAP, MAPS, 0x00000da0, "ring0/msr-xss"},
    [HOLD_MICROCODE] = {"microcode updates", MAP, MAPS, 0x00000079, "ring0/msr-microcode"},
    [HOLD_PORTS] = {"all ports", "IOIO_PROT, I/O permission map", "I/O bitmaps", HOLD_NO_MSR, "ring0/out-reset"},
    [HOLD_INTERRUPTS] = {"the host's interrupts", "INTR", "external-interrupt exiting", HOLD_NO_MSR,
                         "fatal/spin-interruptible"},
    [HOLD_INTERRUPT_FLAG] = {"they do not wait for the guest's interrupt flag", "V_INTR_MASKING", EXITS, HOLD_NO_MSR,
                             "fatal/spin"},
    [HOLD_WATCHDOG] = {"a guest that never exits", "INTR (Bochs 2.7 does not exit with interrupts off)",
                       "VMX-preemption timer", HOLD_NO_MSR, "fatal/spin"},
    [HOLD_NMI] = {"the host's NMIs", "NMI", "NMI exiting", HOLD_NO_MSR, 0},
    [HOLD_INIT] = {"INIT signals", "INIT", EXITS, HOLD_NO_MSR, 0},
    [HOLD_SHUTDOWN] = {"a triple fault", "SHUTDOWN", EXITS, HOLD_NO_MSR, "fatal/no-idt"},
    [HOLD_TASK_SWITCH] = {"task switches", "task switch", EXITS, HOLD_NO_MSR, "ring0/task-jump"},
    [HOLD_DEBUG_EXCEPTION] = {"#DB in the delivery of itself, without end", "#DB", "exception bitmap", HOLD_NO_MSR,
                              "fatal/endless-debug"},
    [HOLD_ALIGNMENT_CHECK] = {"#AC in the delivery of itself, without end", "#AC", "exception bitmap", HOLD_NO_MSR, 0},
    [HOLD_MACHINE_CHECK] = {"machine checks, the host's", "#MC", "exception bitmap", HOLD_NO_MSR, 0},
    [HOLD_DEBUG_REGISTERS] = {"DR0 to DR3 at a change of VCPU; breakpoints are the guest's only while it runs",
                              "(exchanges DR6 and DR7)", "load and save debug controls", HOLD_NO_MSR,
                              "ring0/breakpoint-hypervisor"},
    [HOLD_CPUID] = {"features whose state is not held here stay hidden", "CPUID", EXITS, HOLD_NO_MSR,
                    "ring0/hidden-features"},
    [HOLD_HLT] = {"HLT", "HLT", "HLT exiting", HOLD_NO_MSR, "fatal/halt"},
    [HOLD_MONITOR] = {"MONITOR", "MONITOR", "MONITOR exiting", HOLD_NO_MSR, "cpu/monitor"},
    [HOLD_MWAIT] = {"MWAIT", "MWAIT, MWAIT armed", "MWAIT exiting", HOLD_NO_MSR, "cpu/mwait"},
    [HOLD_RDPMC] = {"the host's counters", "RDPMC", "RDPMC exiting", HOLD_NO_MSR, "cpu/rdpmc"},
    [HOLD_RDPRU] = {"the host's counters, by RDPRU", "RDPRU", 0, HOLD_NO_MSR, "cpu/rdpru"},
    [HOLD_INVD] = {"INVD: modified lines would be lost", "INVD", EXITS, HOLD_NO_MSR, "cpu/invd"},
    [HOLD_WBINVD] = {"WBINVD: everybody's caches", "WBINVD", "WBINVD exiting", HOLD_NO_MSR, "cpu/wbinvd"},
    [HOLD_XSETBV] = {"XCR0: only state that is exchanged", "XSETBV (absent in QEMU 7.2: read at a change of VCPU)",
                     EXITS, HOLD_NO_MSR, "cpu/xsetbv"},
    [HOLD_HYPERCALL] = {"hypercalls from user mode are refused", "VMMCALL", EXITS, HOLD_NO_MSR, "call/user-hypercall"},
    [HOLD_VMRUN] = {"VMRUN takes a host-physical address", "VMRUN", EXITS, HOLD_NO_MSR, "cpu/vmrun"},
    [HOLD_VMLOAD] = {"VMLOAD takes a host-physical address", "VMLOAD", EXITS, HOLD_NO_MSR, "cpu/vmload"},
    [HOLD_VMSAVE] = {"VMSAVE takes a host-physical address", "VMSAVE", EXITS, HOLD_NO_MSR, "cpu/vmsave"},
    [HOLD_STGI] = {"the global interrupt flag, on", "STGI", 0, HOLD_NO_MSR, "cpu/stgi"},
    [HOLD_CLGI] = {"the global interrupt flag, off", "CLGI", 0, HOLD_NO_MSR, "cpu/clgi"},
    [HOLD_SKINIT] = {"SKINIT, GETSEC", "SKINIT", EXITS, HOLD_NO_MSR, "cpu/skinit"},
    [HOLD_INVLPGA] = {"INVLPGA reaches another's tag", "INVLPGA", EXITS, HOLD_NO_MSR, "cpu/invlpga"},
    [HOLD_INVLPGB] = {"INVLPGB reaches other CPUs", "INVLPGB", 0, HOLD_NO_MSR, "cpu/invlpgb"},
    [HOLD_TLBSYNC] = {"TLBSYNC", "TLBSYNC", 0, HOLD_NO_MSR, "cpu/tlbsync"},
    [HOLD_TAG] = {"translations are told apart", "guest ASID, not 0", "VPID, or (flushes at each entry and exit)",
                  HOLD_NO_MSR, "type/stale-page-cleared"},
};
