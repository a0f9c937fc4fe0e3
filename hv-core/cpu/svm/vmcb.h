/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual machine control block, one field a line, and the constants that belong to it.
 * APM vol. 2, Appendix B "Layout of VMCB" and Appendix C "SVM Intercept Exit Codes".
 */
#ifndef CPU_SVM_VMCB_H
#define CPU_SVM_VMCB_H

#include <stddef.h>
#include <stdint.h>

/* VMCB control area, first part of appendix B. */
struct vmcb_control {
    uint16_t intercept_cr_reads;     /* 0x000 bit n: CRn */
    uint16_t intercept_cr_writes;    /* 0x002 */
    uint16_t intercept_dr_reads;     /* 0x004 */
    uint16_t intercept_dr_writes;    /* 0x006 */
    uint32_t intercept_exceptions;   /* 0x008 bit n: vector n */
    uint32_t intercepts;             /* 0x00c VMCB_INTERCEPT_ */
    uint32_t intercepts_svm;         /* 0x010 VMCB_INTERCEPT_SVM_ */
    uint32_t intercepts_more;        /* 0x014 */
    uint8_t reserved_018[0x3c - 0x18];
    uint16_t pause_threshold;        /* 0x03c */
    uint16_t pause_count;            /* 0x03e */
    uint64_t iopm_base;              /* 0x040 physical */
    uint64_t msrpm_base;             /* 0x048 physical */
    uint64_t tsc_offset;             /* 0x050 */
    uint32_t asid;                   /* 0x058 */
    uint32_t tlb_control;            /* 0x05c VMCB_TLB_, only the low byte is defined */
    uint64_t virtual_interrupt;      /* 0x060 VMCB_V_ */
    uint64_t interrupt_shadow;       /* 0x068 bit 0 */
    uint64_t exit_code;              /* 0x070 */
    uint64_t exit_info1;             /* 0x078 */
    uint64_t exit_info2;             /* 0x080 */
    uint64_t exit_interrupt_info;    /* 0x088 */
    uint64_t nested_control;         /* 0x090 bit 0: nested paging */
    uint8_t reserved_098[0xa8 - 0x98];
    uint64_t event_injection;        /* 0x0a8 VMCB_EVENT_ */
    uint64_t nested_cr3;             /* 0x0b0 */
    uint64_t lbr_control;            /* 0x0b8 */
    uint64_t clean;                  /* 0x0c0 */
    uint64_t next_rip;               /* 0x0c8 */
    uint8_t fetched_bytes;           /* 0x0d0 */
    uint8_t fetched[15];             /* 0x0d1 */
    uint8_t reserved_0e0[0x400 - 0xe0];
};
_Static_assert(sizeof(struct vmcb_control) == 0x400, "VMCB control area");
_Static_assert(offsetof(struct vmcb_control, iopm_base) == 0x40, "VMCB");
_Static_assert(offsetof(struct vmcb_control, exit_code) == 0x70, "VMCB");
_Static_assert(offsetof(struct vmcb_control, event_injection) == 0xa8, "VMCB");
_Static_assert(offsetof(struct vmcb_control, next_rip) == 0xc8, "VMCB");

struct vmcb_segment {
    uint16_t selector;
    uint16_t attributes; /* as struct register_segment's, in twelve bits: type 0-3, S 4, DPL 5-6, P 7, AVL 8, L 9, D 10,
                            G 11 */
    uint32_t limit;
    uint64_t base;
};

#define VMCB_SEGMENT_LONG (1u << 9)

/* VMCB state save area; offsets from 0x400. */
struct vmcb_save {
    struct vmcb_segment es;       /* 0x000 */
    struct vmcb_segment cs;       /* 0x010 */
    struct vmcb_segment ss;       /* 0x020 */
    struct vmcb_segment ds;       /* 0x030 */
    struct vmcb_segment fs;       /* 0x040 by VMLOAD and VMSAVE */
    struct vmcb_segment gs;       /* 0x050 by VMLOAD and VMSAVE */
    struct vmcb_segment gdtr;     /* 0x060 */
    struct vmcb_segment ldtr;     /* 0x070 by VMLOAD and VMSAVE */
    struct vmcb_segment idtr;     /* 0x080 */
    struct vmcb_segment tr;       /* 0x090 by VMLOAD and VMSAVE */
    uint8_t reserved_0a0[0xcb - 0xa0];
    uint8_t cpl;                  /* 0x0cb */
    uint32_t reserved_0cc;
    uint64_t efer;                /* 0x0d0 */
    uint8_t reserved_0d8[0x148 - 0xd8];
    uint64_t cr4;                 /* 0x148 */
    uint64_t cr3;                 /* 0x150 */
    uint64_t cr0;                 /* 0x158 */
    uint64_t dr7;                 /* 0x160 */
    uint64_t dr6;                 /* 0x168 */
    uint64_t rflags;              /* 0x170 */
    uint64_t rip;                 /* 0x178 */
    uint8_t reserved_180[0x1d8 - 0x180];
    uint64_t rsp;                 /* 0x1d8 */
    uint8_t reserved_1e0[0x1f8 - 0x1e0];
    uint64_t rax;                 /* 0x1f8 */
    uint64_t star;                /* 0x200 by VMLOAD and VMSAVE, to SYSENTER_EIP */
    uint64_t lstar;               /* 0x208 */
    uint64_t cstar;               /* 0x210 */
    uint64_t sfmask;              /* 0x218 */
    uint64_t kernel_gs_base;      /* 0x220 */
    uint64_t sysenter_cs;         /* 0x228 */
    uint64_t sysenter_esp;        /* 0x230 */
    uint64_t sysenter_eip;        /* 0x238 */
    uint64_t cr2;                 /* 0x240 */
    uint8_t reserved_248[0x268 - 0x248];
    uint64_t pat;                 /* 0x268 */
    uint8_t reserved_270[0xc00 - 0x270];
};
_Static_assert(sizeof(struct vmcb_save) == 0xc00, "VMCB save area");
_Static_assert(offsetof(struct vmcb_save, cpl) == 0xcb, "VMCB");
_Static_assert(offsetof(struct vmcb_save, efer) == 0xd0, "VMCB");
_Static_assert(offsetof(struct vmcb_save, cr4) == 0x148, "VMCB");
_Static_assert(offsetof(struct vmcb_save, rsp) == 0x1d8, "VMCB");
_Static_assert(offsetof(struct vmcb_save, rax) == 0x1f8, "VMCB");
_Static_assert(offsetof(struct vmcb_save, pat) == 0x268, "VMCB");

struct vmcb {
    struct vmcb_control control; /* 0x000 */
    struct vmcb_save save;       /* 0x400 */
};
_Static_assert(sizeof(struct vmcb) == 0x1000, "VMCB");

/* control.intercept_cr_writes, at 0x002 */
#define VMCB_INTERCEPT_CR0 (1u << 0)
#define VMCB_INTERCEPT_CR3 (1u << 3)
#define VMCB_INTERCEPT_CR4 (1u << 4)
#define VMCB_INTERCEPT_CR8 (1u << 8)

/* control.intercepts, at 0x00c */
#define VMCB_INTERCEPT_INTR        (1u << 0)
#define VMCB_INTERCEPT_NMI         (1u << 1)
#define VMCB_INTERCEPT_SMI         (1u << 2)
#define VMCB_INTERCEPT_INIT        (1u << 3)
#define VMCB_INTERCEPT_VINTR       (1u << 4)
#define VMCB_INTERCEPT_CR0_CHANGE  (1u << 5) /* a write that changes more than TS and MP */
#define VMCB_INTERCEPT_RDPMC       (1u << 15)
#define VMCB_INTERCEPT_CPUID       (1u << 18)
#define VMCB_INTERCEPT_IRET        (1u << 20)
#define VMCB_INTERCEPT_INVD        (1u << 22)
#define VMCB_INTERCEPT_PAUSE       (1u << 23)
#define VMCB_INTERCEPT_HLT         (1u << 24)
#define VMCB_INTERCEPT_INVLPG      (1u << 25)
#define VMCB_INTERCEPT_INVLPGA     (1u << 26)
#define VMCB_INTERCEPT_IOIO        (1u << 27)
#define VMCB_INTERCEPT_MSR         (1u << 28)
#define VMCB_INTERCEPT_TASK_SWITCH (1u << 29)
#define VMCB_INTERCEPT_SHUTDOWN    (1u << 31)

/* control.intercepts_svm, at 0x010 */
#define VMCB_INTERCEPT_SVM_VMRUN    (1u << 0)
#define VMCB_INTERCEPT_SVM_VMMCALL  (1u << 1)
#define VMCB_INTERCEPT_SVM_VMLOAD   (1u << 2)
#define VMCB_INTERCEPT_SVM_VMSAVE   (1u << 3)
#define VMCB_INTERCEPT_SVM_STGI     (1u << 4)
#define VMCB_INTERCEPT_SVM_CLGI     (1u << 5)
#define VMCB_INTERCEPT_SVM_SKINIT   (1u << 6)
#define VMCB_INTERCEPT_SVM_WBINVD   (1u << 9)
#define VMCB_INTERCEPT_SVM_MONITOR  (1u << 10)
#define VMCB_INTERCEPT_SVM_MWAIT    (1u << 11)
#define VMCB_INTERCEPT_SVM_MWAIT_ARMED (1u << 12)
#define VMCB_INTERCEPT_SVM_XSETBV   (1u << 13)
#define VMCB_INTERCEPT_SVM_RDPRU    (1u << 14)

/* control.intercepts_more, at 0x014 */
#define VMCB_INTERCEPT_MORE_INVLPGB (1u << 0)
#define VMCB_INTERCEPT_MORE_TLBSYNC (1u << 4)

/* control.tlb_control: APM vol. 2, "TLB Flush" */
#define VMCB_TLB_KEEP      0u
#define VMCB_TLB_FLUSH_ALL 1u
#define VMCB_TLB_FLUSH_ASID 3u
#define VMCB_TLB_FLUSH_ASID_LOCAL 7u /* all but global translations */

/* control.virtual_interrupt: APM vol. 2, "Injecting Virtual (INTR) Interrupts" */
#define VMCB_V_TPR           0xfful
#define VMCB_V_IRQ           (1ul << 8)
#define VMCB_V_PRIORITY      (0xful << 16)
#define VMCB_V_IGNORE_TPR    (1ul << 20)
#define VMCB_V_INTR_MASKING  (1ul << 24)
#define VMCB_V_VECTOR_SHIFT  32
#define VMCB_V_VECTOR        (0xfful << 32)

/* event_injection and exit_interrupt_info: APM vol. 2, "Event Injection" */
#define VMCB_EVENT_VECTOR      0xfful
#define VMCB_EVENT_TYPE        (7ul << 8)
#define VMCB_EVENT_INTERRUPT   (0ul << 8)
#define VMCB_EVENT_NMI         (2ul << 8)
#define VMCB_EVENT_EXCEPTION   (3ul << 8)
#define VMCB_EVENT_SOFTWARE    (4ul << 8)
#define VMCB_EVENT_ERROR_VALID (1ul << 11)
#define VMCB_EVENT_VALID       (1ul << 31)
#define VMCB_EVENT_ERROR_SHIFT 32

/* Exit codes; the low 32 bits decide (QEMU writes VMEXIT_INVALID as 0xffffffff, hardware as 64-bit -1). */
#define VMCB_EXIT_CR_READ        0x00u /* + register */
#define VMCB_EXIT_CR_WRITE       0x10u
#define VMCB_EXIT_DR_READ        0x20u
#define VMCB_EXIT_DR_WRITE       0x30u
#define VMCB_EXIT_EXCEPTION      0x40u /* + vector */
#define VMCB_EXIT_INTR           0x60u
#define VMCB_EXIT_NMI            0x61u
#define VMCB_EXIT_SMI            0x62u
#define VMCB_EXIT_INIT           0x63u
#define VMCB_EXIT_VINTR          0x64u
#define VMCB_EXIT_CR0_SELECTIVE  0x65u
#define VMCB_EXIT_RDTSC          0x6eu
#define VMCB_EXIT_RDPMC          0x6fu
#define VMCB_EXIT_CPUID          0x72u
#define VMCB_EXIT_IRET           0x74u
#define VMCB_EXIT_INVD           0x76u
#define VMCB_EXIT_PAUSE          0x77u
#define VMCB_EXIT_HLT            0x78u
#define VMCB_EXIT_INVLPG         0x79u
#define VMCB_EXIT_INVLPGA        0x7au
#define VMCB_EXIT_IOIO           0x7bu
#define VMCB_EXIT_MSR            0x7cu
#define VMCB_EXIT_TASK_SWITCH    0x7du
#define VMCB_EXIT_SHUTDOWN       0x7fu
#define VMCB_EXIT_VMRUN          0x80u
#define VMCB_EXIT_VMMCALL        0x81u
#define VMCB_EXIT_VMLOAD         0x82u
#define VMCB_EXIT_VMSAVE         0x83u
#define VMCB_EXIT_STGI           0x84u
#define VMCB_EXIT_CLGI           0x85u
#define VMCB_EXIT_SKINIT         0x86u
#define VMCB_EXIT_RDTSCP         0x87u
#define VMCB_EXIT_WBINVD         0x89u
#define VMCB_EXIT_MONITOR        0x8au
#define VMCB_EXIT_MWAIT          0x8bu
#define VMCB_EXIT_MWAIT_ARMED    0x8cu
#define VMCB_EXIT_XSETBV         0x8du
#define VMCB_EXIT_RDPRU          0x8eu
#define VMCB_VMMCALL_BYTES       3     /* the ABI wants it without prefixes: no need to look */
#define VMCB_EXIT_CODES          0x90u /* of the dense part */
#define VMCB_EXIT_NPF            0x400u
#define VMCB_EXIT_INVALID        0xffffffffu

/* exit_info1 of IOIO: APM vol. 2, "IOIO Intercepts" */
#define VMCB_IOIO_IN          (1u << 0)
#define VMCB_IOIO_STRING      (1u << 2)
#define VMCB_IOIO_REPEATED    (1u << 3)
#define VMCB_IOIO_BYTES_SHIFT 4 /* one-hot: 1, 2, 4 */
#define VMCB_IOIO_BYTES_MASK  7u
#define VMCB_IOIO_PORT_SHIFT  16

/* exit_info1 of NPF: a page-fault error code and two bits more. APM vol. 2, "Nested versus Guest Page Faults" */
#define VMCB_NPF_FINAL (1ul << 32)
#define VMCB_NPF_TABLE (1ul << 33)

/* exit_info1 of a write to CR with decode assists */
#define VMCB_CR_HAS_REGISTER (1ul << 63)

/* Sizes of the permission maps: APM vol. 2, "I/O Permissions Map", "MSR Intercepts" */
#define VMCB_IOPM_FRAMES  3
#define VMCB_MSRPM_FRAMES 2

/* CPUID 8000000Ah EDX: APM vol. 3, "Function 8000_000Ah" */
#define SVM_FEATURE_NESTED_PAGING (1u << 0)
#define SVM_FEATURE_NEXT_RIP      (1u << 3)
#define SVM_FEATURE_FLUSH_ASID    (1u << 6)

#define SVM_VM_CR_DISABLED (1ul << 4)

#endif
