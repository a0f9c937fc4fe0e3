/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The x86-64 architecture as both kernels need it: register bits, MSR numbers,
 * page-table bits, exception vectors. Constants only, from AMD APM vol. 2 (24593)
 * and Intel SDM vol. 3; instructions are in x86_instructions.h.
 */
#ifndef COOPVIRT_X86_H
#define COOPVIRT_X86_H

/* CR0: APM vol. 2, "CR0 Register"; SDM vol. 3, "Control Registers". */
#define X86_CR0_PE (1ul << 0)
#define X86_CR0_MP (1ul << 1)
#define X86_CR0_EM (1ul << 2)
#define X86_CR0_TS (1ul << 3)
#define X86_CR0_ET (1ul << 4)
#define X86_CR0_NE (1ul << 5)
#define X86_CR0_WP (1ul << 16)
#define X86_CR0_AM (1ul << 18)
#define X86_CR0_NW (1ul << 29)
#define X86_CR0_CD (1ul << 30)
#define X86_CR0_PG (1ul << 31)

/* CR4: APM vol. 2, "CR4 Register". */
#define X86_CR4_VME        (1ul << 0)
#define X86_CR4_PVI        (1ul << 1)
#define X86_CR4_TSD        (1ul << 2)
#define X86_CR4_DE         (1ul << 3)
#define X86_CR4_PSE        (1ul << 4)
#define X86_CR4_PAE        (1ul << 5)
#define X86_CR4_MCE        (1ul << 6)
#define X86_CR4_PGE        (1ul << 7)
#define X86_CR4_PCE        (1ul << 8)
#define X86_CR4_OSFXSR     (1ul << 9)
#define X86_CR4_OSXMMEXCPT (1ul << 10)
#define X86_CR4_UMIP       (1ul << 11)
#define X86_CR4_LA57       (1ul << 12)
#define X86_CR4_VMXE       (1ul << 13)
#define X86_CR4_SMXE       (1ul << 14)
#define X86_CR4_FSGSBASE   (1ul << 16)
#define X86_CR4_PCIDE      (1ul << 17)
#define X86_CR4_OSXSAVE    (1ul << 18)
#define X86_CR4_SMEP       (1ul << 20)
#define X86_CR4_SMAP       (1ul << 21)
#define X86_CR4_PKE        (1ul << 22)
#define X86_CR4_CET        (1ul << 23)

/* RFLAGS */
#define X86_FLAGS_CF   (1ul << 0)
#define X86_FLAGS_ONE  (1ul << 1) /* always set */
#define X86_FLAGS_PF   (1ul << 2)
#define X86_FLAGS_AF   (1ul << 4)
#define X86_FLAGS_ZF   (1ul << 6)
#define X86_FLAGS_SF   (1ul << 7)
#define X86_FLAGS_TF   (1ul << 8)
#define X86_FLAGS_IF   (1ul << 9)
#define X86_FLAGS_DF   (1ul << 10)
#define X86_FLAGS_OF   (1ul << 11)
#define X86_FLAGS_IOPL (3ul << 12)
#define X86_FLAGS_NT   (1ul << 14)
#define X86_FLAGS_RF   (1ul << 16)
#define X86_FLAGS_VM   (1ul << 17)
#define X86_FLAGS_AC   (1ul << 18)
#define X86_FLAGS_VIF  (1ul << 19)
#define X86_FLAGS_VIP  (1ul << 20)
#define X86_FLAGS_ID   (1ul << 21)

/* EFER */
#define X86_EFER_SCE   (1ul << 0)
#define X86_EFER_LME   (1ul << 8)
#define X86_EFER_LMA   (1ul << 10)
#define X86_EFER_NXE   (1ul << 11)
#define X86_EFER_SVME  (1ul << 12)
#define X86_EFER_LMSLE (1ul << 13)
#define X86_EFER_FFXSR (1ul << 14)

/* MSR numbers: APM vol. 2, "MSR Cross-Reference"; SDM vol. 4. */
#define X86_MSR_TSC             0x00000010
#define X86_MSR_PLATFORM_ID     0x00000017
#define X86_MSR_APIC_BASE       0x0000001b
#define X86_MSR_FEATURE_CONTROL 0x0000003a
#define X86_MSR_SPEC_CTRL       0x00000048
#define X86_MSR_UCODE_REV       0x0000008b
#define X86_MSR_PMC             0x000000c1 /* and those behind it, as the next one */
#define X86_MSR_MTRR_CAP        0x000000fe
#define X86_MSR_SYSENTER_CS     0x00000174
#define X86_MSR_SYSENTER_ESP    0x00000175
#define X86_MSR_SYSENTER_EIP    0x00000176
#define X86_MSR_MCG_CAP         0x00000179
#define X86_MSR_MCG_STATUS      0x0000017a
#define X86_MSR_PERFEVTSEL      0x00000186
#define X86_MSR_MISC_ENABLE     0x000001a0
#define X86_MSR_DEBUGCTL        0x000001d9
#define X86_MSR_MTRR_PHYS_BASE0 0x00000200
#define X86_MSR_MTRR_FIX64K     0x00000250
#define X86_MSR_PAT             0x00000277
#define X86_MSR_MTRR_DEF_TYPE   0x000002ff
#define X86_MSR_PERF_GLOBAL     0x0000038f
#define X86_MSR_TSC_DEADLINE    0x000006e0
#define X86_MSR_X2APIC_FIRST    0x00000800
#define X86_MSR_X2APIC_LAST     0x000008ff
#define X86_MSR_XSS             0x00000da0
#define X86_MSR_EFER            0xc0000080
#define X86_MSR_STAR            0xc0000081
#define X86_MSR_LSTAR           0xc0000082
#define X86_MSR_CSTAR           0xc0000083
#define X86_MSR_SFMASK          0xc0000084
#define X86_MSR_FS_BASE         0xc0000100
#define X86_MSR_GS_BASE         0xc0000101
#define X86_MSR_KERNEL_GS_BASE  0xc0000102
#define X86_MSR_TSC_AUX         0xc0000103
#define X86_MSR_AMD_SELECT      0xc0010000 /* and those behind it, as the next one */
#define X86_MSR_AMD_COUNTER     0xc0010004
#define X86_MSR_SYSCFG          0xc0010010
#define X86_MSR_HWCR            0xc0010015
#define X86_MSR_NB_CFG          0xc001001f
#define X86_MSR_VM_CR           0xc0010114
#define X86_MSR_VM_HSAVE_PA     0xc0010117
#define X86_MSR_AMD_CORE_SELECT 0xc0010200 /* select and counter in turn */
#define X86_MSR_AMD_CORE_COUNT  0xc0010201

#define X86_APIC_BASE_BSP     (1ul << 8)
#define X86_APIC_BASE_X2APIC  (1ul << 10)
#define X86_APIC_BASE_ENABLE  (1ul << 11)
#define X86_APIC_DEFAULT_BASE 0xfee00000ul

/* The PAT after reset: WB, WT, UC-, UC, twice. */
#define X86_PAT_RESET 0x0007040600070406ul

/* Page-table entries (4 KiB granularity, long mode): APM vol. 2, "Page-Translation-Table
 * Access". */
#define X86_PTE_P     (1ul << 0)
#define X86_PTE_W     (1ul << 1)
#define X86_PTE_U     (1ul << 2)
#define X86_PTE_PWT   (1ul << 3)
#define X86_PTE_PCD   (1ul << 4)
#define X86_PTE_A     (1ul << 5)
#define X86_PTE_D     (1ul << 6)
#define X86_PTE_PS    (1ul << 7) /* in a directory entry: maps a large page */
#define X86_PTE_PAT   (1ul << 7) /* in a last-level entry */
#define X86_PTE_G     (1ul << 8)
#define X86_PTE_NX    (1ul << 63)
#define X86_PTE_FRAME 0x000ffffffffff000ul

#define X86_PAGE_SHIFT 12
#define X86_PAGE_BYTES 4096ul
#define X86_PAGE_2M    0x200000ul
#define X86_PAGE_1G    0x40000000ul

/* Page-fault error code */
#define X86_PF_PRESENT     (1u << 0)
#define X86_PF_WRITE       (1u << 1)
#define X86_PF_USER        (1u << 2)
#define X86_PF_RESERVED    (1u << 3)
#define X86_PF_INSTRUCTION (1u << 4)

/* Exception vectors */
#define X86_VECTOR_DE  0
#define X86_VECTOR_DB  1
#define X86_VECTOR_NMI 2
#define X86_VECTOR_BP  3
#define X86_VECTOR_OF  4
#define X86_VECTOR_BR  5
#define X86_VECTOR_UD  6
#define X86_VECTOR_NM  7
#define X86_VECTOR_DF  8
#define X86_VECTOR_TS  10
#define X86_VECTOR_NP  11
#define X86_VECTOR_SS  12
#define X86_VECTOR_GP  13
#define X86_VECTOR_PF  14
#define X86_VECTOR_MF  16
#define X86_VECTOR_AC  17
#define X86_VECTOR_MC  18
#define X86_VECTOR_XM  19

/* DR7: a breakpoint is on, for a task or for all. */
#define X86_DR7_ENABLED 0xfful
/* DR6: a debug exception was a single step. */
#define X86_DR6_SINGLE_STEP (1ul << 14)
/* The breakpoints of DR0 to DR3 that were met. */
#define X86_DR6_BREAKPOINTS 0xful

#endif
