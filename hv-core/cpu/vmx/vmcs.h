/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual-machine control structure: encodings of its fields, the bits of its control fields, exit reasons, and the
 * capability MSRs. SDM vol. 3, "Virtual Machine Control Structures", Appendix A "VMX Capability Reporting Facility",
 * Appendix B "Field Encoding in VMCS", Appendix C "VMX Basic Exit Reasons".
 */
#ifndef CPU_VMX_VMCS_H
#define CPU_VMX_VMCS_H

/* Appendix B, "16-Bit Control Fields", "16-Bit Guest-State Fields", "16-Bit Host-State Fields" */
#define VMCS_VPID              0x0000u
#define VMCS_GUEST_ES_SELECTOR 0x0800u /* + 2 a segment: ES CS SS DS FS GS LDTR TR */
#define VMCS_HOST_ES_SELECTOR  0x0c00u
#define VMCS_HOST_CS_SELECTOR  0x0c02u
#define VMCS_HOST_SS_SELECTOR  0x0c04u
#define VMCS_HOST_DS_SELECTOR  0x0c06u
#define VMCS_HOST_FS_SELECTOR  0x0c08u
#define VMCS_HOST_GS_SELECTOR  0x0c0au
#define VMCS_HOST_TR_SELECTOR  0x0c0cu

/* "64-Bit Control Fields", "64-Bit Read-Only Data Field", "64-Bit Guest-State Fields", "64-Bit Host-State Fields" */
#define VMCS_IO_BITMAP_A            0x2000u
#define VMCS_IO_BITMAP_B            0x2002u
#define VMCS_MSR_BITMAP             0x2004u
#define VMCS_TSC_OFFSET             0x2010u
#define VMCS_EXIT_MSR_LOAD_LIST     0x2008u
#define VMCS_ENTRY_MSR_LOAD_LIST    0x200au
#define VMCS_VIRTUAL_APIC_PAGE      0x2012u
#define VMCS_EPT_POINTER            0x201au
#define VMCS_GUEST_PHYSICAL_ADDRESS 0x2400u
#define VMCS_LINK_POINTER           0x2800u
#define VMCS_GUEST_DEBUGCTL         0x2802u
#define VMCS_GUEST_PAT              0x2804u
#define VMCS_GUEST_EFER             0x2806u
#define VMCS_GUEST_PDPTE0           0x280au /* + 2 an entry */
#define VMCS_HOST_PAT               0x2c00u
#define VMCS_HOST_EFER              0x2c02u

/* "32-Bit Control Fields" */
#define VMCS_PIN_CONTROLS          0x4000u
#define VMCS_PRIMARY_CONTROLS      0x4002u
#define VMCS_EXCEPTION_BITMAP      0x4004u
#define VMCS_PAGE_FAULT_MASK       0x4006u
#define VMCS_PAGE_FAULT_MATCH      0x4008u
#define VMCS_CR3_TARGET_COUNT      0x400au
#define VMCS_EXIT_CONTROLS         0x400cu
#define VMCS_EXIT_MSR_STORE_COUNT  0x400eu
#define VMCS_EXIT_MSR_LOAD_COUNT   0x4010u
#define VMCS_ENTRY_CONTROLS        0x4012u
#define VMCS_ENTRY_MSR_LOAD_COUNT  0x4014u
#define VMCS_ENTRY_INTERRUPTION    0x4016u
#define VMCS_ENTRY_EXCEPTION_ERROR 0x4018u
#define VMCS_TPR_THRESHOLD         0x401cu
#define VMCS_SECONDARY_CONTROLS    0x401eu

/* "32-Bit Read-Only Data Fields" */
#define VMCS_INSTRUCTION_ERROR       0x4400u
#define VMCS_EXIT_REASON             0x4402u
#define VMCS_EXIT_INTERRUPTION       0x4404u
#define VMCS_EXIT_INTERRUPTION_ERROR 0x4406u
#define VMCS_VECTORING               0x4408u
#define VMCS_VECTORING_ERROR         0x440au
#define VMCS_INSTRUCTION_LENGTH      0x440cu

/* "32-Bit Guest-State Fields", "32-Bit Host-State Field" */
#define VMCS_GUEST_ES_LIMIT         0x4800u /* + 2 a segment */
#define VMCS_GUEST_GDTR_LIMIT       0x4810u
#define VMCS_GUEST_IDTR_LIMIT       0x4812u
#define VMCS_GUEST_ES_RIGHTS        0x4814u /* + 2 a segment */
#define VMCS_GUEST_CS_RIGHTS        0x4816u
#define VMCS_GUEST_SS_RIGHTS        0x4818u
#define VMCS_GUEST_INTERRUPTIBILITY 0x4824u
#define VMCS_GUEST_ACTIVITY         0x4826u
#define VMCS_GUEST_SYSENTER_CS      0x482au
#define VMCS_PREEMPTION_TIMER       0x482eu
#define VMCS_HOST_SYSENTER_CS       0x4c00u

/* "Natural-Width Control Fields", "Natural-Width Read-Only Data Fields" */
#define VMCS_CR0_MASK           0x6000u
#define VMCS_CR4_MASK           0x6002u
#define VMCS_CR0_SHADOW         0x6004u
#define VMCS_CR4_SHADOW         0x6006u
#define VMCS_CR3_TARGET_0       0x6008u /* to 3: + 2 each */
#define VMCS_EXIT_QUALIFICATION 0x6400u

/* "Natural-Width Guest-State Fields", "Natural-Width Host-State Fields" */
#define VMCS_GUEST_CR0           0x6800u
#define VMCS_GUEST_CR3           0x6802u
#define VMCS_GUEST_CR4           0x6804u
#define VMCS_GUEST_ES_BASE       0x6806u /* + 2 a segment */
#define VMCS_GUEST_GDTR_BASE     0x6816u
#define VMCS_GUEST_IDTR_BASE     0x6818u
#define VMCS_GUEST_DR7           0x681au
#define VMCS_GUEST_RSP           0x681cu
#define VMCS_GUEST_RIP           0x681eu
#define VMCS_GUEST_RFLAGS        0x6820u
#define VMCS_GUEST_PENDING_DEBUG 0x6822u
#define VMCS_GUEST_SYSENTER_ESP  0x6824u
#define VMCS_GUEST_SYSENTER_EIP  0x6826u
#define VMCS_HOST_CR0            0x6c00u
#define VMCS_HOST_CR3            0x6c02u
#define VMCS_HOST_CR4            0x6c04u
#define VMCS_HOST_FS_BASE        0x6c06u
#define VMCS_HOST_GS_BASE        0x6c08u
#define VMCS_HOST_TR_BASE        0x6c0au
#define VMCS_HOST_GDTR_BASE      0x6c0cu
#define VMCS_HOST_IDTR_BASE      0x6c0eu
#define VMCS_HOST_SYSENTER_ESP   0x6c10u
#define VMCS_HOST_SYSENTER_EIP   0x6c12u
#define VMCS_HOST_RSP            0x6c14u
#define VMCS_HOST_RIP            0x6c16u

/* "Pin-Based VM-Execution Controls" */
#define VMX_PIN_EXTERNAL_INTERRUPT (1u << 0)
#define VMX_PIN_NMI                (1u << 3)
#define VMX_PIN_VIRTUAL_NMIS       (1u << 5)
#define VMX_PIN_PREEMPTION_TIMER   (1u << 6)

/* "Processor-Based VM-Execution Controls": primary */
#define VMX_PRIMARY_INTERRUPT_WINDOW (1u << 2)
#define VMX_PRIMARY_NMI_WINDOW       (1u << 22)
#define VMX_PRIMARY_TSC_OFFSETTING   (1u << 3)
#define VMX_PRIMARY_HLT              (1u << 7)
#define VMX_PRIMARY_INVLPG           (1u << 9)
#define VMX_PRIMARY_MWAIT            (1u << 10)
#define VMX_PRIMARY_RDPMC            (1u << 11)
#define VMX_PRIMARY_RDTSC            (1u << 12)
#define VMX_PRIMARY_CR3_LOAD         (1u << 15)
#define VMX_PRIMARY_CR3_STORE        (1u << 16)
#define VMX_PRIMARY_CR8_LOAD         (1u << 19)
#define VMX_PRIMARY_CR8_STORE        (1u << 20)
#define VMX_PRIMARY_TPR_SHADOW       (1u << 21)
#define VMX_PRIMARY_MOV_DR           (1u << 23)
#define VMX_PRIMARY_IO_BITMAPS       (1u << 25)
#define VMX_PRIMARY_MSR_BITMAPS      (1u << 28)
#define VMX_PRIMARY_MONITOR          (1u << 29)
#define VMX_PRIMARY_SECONDARY        (1u << 31)

/* secondary */
#define VMX_SECONDARY_EPT                (1u << 1)
#define VMX_SECONDARY_RDTSCP             (1u << 3)
#define VMX_SECONDARY_VPID               (1u << 5)
#define VMX_SECONDARY_WBINVD             (1u << 6)
#define VMX_SECONDARY_UNRESTRICTED_GUEST (1u << 7)
#define VMX_SECONDARY_INVPCID            (1u << 12)

/* "VM-Exit Controls" */
#define VMX_EXIT_SAVE_DEBUG  (1u << 2)
#define VMX_EXIT_HOST_64     (1u << 9)
#define VMX_EXIT_ACKNOWLEDGE (1u << 15)
#define VMX_EXIT_SAVE_PAT    (1u << 18)
#define VMX_EXIT_LOAD_PAT    (1u << 19)
#define VMX_EXIT_SAVE_EFER   (1u << 20)
#define VMX_EXIT_LOAD_EFER   (1u << 21)
#define VMX_EXIT_SAVE_TIMER  (1u << 22)

/* "VM-Entry Controls" */
#define VMX_ENTRY_LOAD_DEBUG (1u << 2)
#define VMX_ENTRY_GUEST_64   (1u << 9)
#define VMX_ENTRY_LOAD_PAT   (1u << 14)
#define VMX_ENTRY_LOAD_EFER  (1u << 15)

/* "VM-Entry Interruption-Information Field", "VM-Exit Interruption-Information Field", "IDT-Vectoring Information
 * Field" */
#define VMX_EVENT_VECTOR      0xffu
#define VMX_EVENT_TYPE        (7u << 8)
#define VMX_EVENT_INTERRUPT   (0u << 8)
#define VMX_EVENT_NMI         (2u << 8)
#define VMX_EVENT_EXCEPTION   (3u << 8)
#define VMX_EVENT_ERROR_VALID (1u << 11)
#define VMX_EVENT_NMI_UNBLOCK (1u << 12) /* at exit: an IRET that had ended NMI blocking met this fault */
#define VMX_EVENT_VALID       (1u << 31)

/* "Guest Non-Register State" */
#define VMX_BLOCKING_STI       (1u << 0)
#define VMX_BLOCKING_MOV_SS    (1u << 1)
#define VMX_BLOCKING_SMI       (1u << 2)
#define VMX_BLOCKING_NMI       (1u << 3)
#define VMX_PENDING_DEBUG_STEP (1u << 14)

/* Segment access rights: as in a descriptor, and this. "Guest Register State". */
#define VMX_SEGMENT_LONG     (1u << 13)
#define VMX_SEGMENT_UNUSABLE (1u << 16)

/* Basic exit reasons, Appendix C; bit 31 says that the entry failed. */
#define VMX_REASON_ENTRY_FAILED      (1u << 31)
#define VMX_REASON_BASIC             0xffffu
#define VMX_REASON_EXCEPTION_OR_NMI  0u
#define VMX_REASON_INTERRUPT         1u
#define VMX_REASON_TRIPLE_FAULT      2u
#define VMX_REASON_INIT              3u
#define VMX_REASON_STARTUP           4u
#define VMX_REASON_INTERRUPT_WINDOW  7u
#define VMX_REASON_NMI_WINDOW        8u
#define VMX_REASON_TASK_SWITCH       9u
#define VMX_REASON_CPUID             10u
#define VMX_REASON_GETSEC            11u
#define VMX_REASON_HLT               12u
#define VMX_REASON_INVD              13u
#define VMX_REASON_INVLPG            14u
#define VMX_REASON_RDPMC             15u
#define VMX_REASON_RDTSC             16u
#define VMX_REASON_VMCALL            18u
#define VMX_REASON_VMCLEAR           19u /* and the other VMX instructions, in alphabetical order, to VMXON */
#define VMX_REASON_VMXON             27u
#define VMX_REASON_CR_ACCESS         28u
#define VMX_REASON_DR_ACCESS         29u
#define VMX_REASON_IO                30u
#define VMX_REASON_RDMSR             31u
#define VMX_REASON_WRMSR             32u
#define VMX_REASON_GUEST_STATE       33u
#define VMX_REASON_MSR_LOADING       34u
#define VMX_REASON_MWAIT             36u
#define VMX_REASON_MONITOR           39u
#define VMX_REASON_PAUSE             40u
#define VMX_REASON_MACHINE_CHECK     41u
#define VMX_REASON_TPR_THRESHOLD     43u
#define VMX_REASON_EPT_VIOLATION     48u
#define VMX_REASON_EPT_MISCONFIGURED 49u
#define VMX_REASON_INVEPT            50u
#define VMX_REASON_RDTSCP            51u
#define VMX_VMCALL_BYTES             3u /* the ABI wants it without prefixes */
#define VMX_REASON_PREEMPTION_TIMER  52u
#define VMX_REASON_INVVPID           53u
#define VMX_REASON_WBINVD            54u
#define VMX_REASON_XSETBV            55u
#define VMX_REASON_VMFUNC            59u
#define VMX_REASONS                  64u

/* Exit qualifications: "Exit Qualification for I/O Instructions", "... for Control-Register Accesses", "... for MOV
 * DR",
 * "... for EPT Violations" */
#define VMX_IO_BYTES             7u /* - 1 */
#define VMX_IO_IN                (1u << 3)
#define VMX_IO_STRING            (1u << 4)
#define VMX_IO_REPEATED          (1u << 5)
#define VMX_IO_PORT_SHIFT        16
#define VMX_CONTROL_NUMBER       0xfu
#define VMX_CONTROL_TYPE         (3u << 4)
#define VMX_CONTROL_FROM         (1u << 4) /* MOV from CR; CLTS and LMSW have type 2 and 3 */
#define VMX_DEBUG_NUMBER         7u
#define VMX_DEBUG_FROM           (1u << 4)
#define VMX_VIOLATION_READ       (1u << 0)
#define VMX_VIOLATION_WRITE      (1u << 1)
#define VMX_VIOLATION_FETCH      (1u << 2)
#define VMX_VIOLATION_PRESENT    (7u << 3) /* what the entry allows */
#define VMX_VIOLATION_LINEAR     (1u << 7)
#define VMX_VIOLATION_TRANSLATED (1u << 8) /* the access itself, not the walk of the guest's tables */

/* Appendix A */
#define VMX_MSR_BASIC        0x480u
#define VMX_MSR_PIN          0x481u
#define VMX_MSR_PRIMARY      0x482u
#define VMX_MSR_EXIT         0x483u
#define VMX_MSR_ENTRY        0x484u
#define VMX_MSR_MISC         0x485u
#define VMX_MSR_CR0_FIXED0   0x486u
#define VMX_MSR_CR0_FIXED1   0x487u
#define VMX_MSR_CR4_FIXED0   0x488u
#define VMX_MSR_CR4_FIXED1   0x489u
#define VMX_MSR_SECONDARY    0x48bu
#define VMX_MSR_EPT_VPID     0x48cu
#define VMX_MSR_TRUE_PIN     0x48du
#define VMX_MSR_TRUE_PRIMARY 0x48eu
#define VMX_MSR_TRUE_EXIT    0x48fu
#define VMX_MSR_TRUE_ENTRY   0x490u

#define VMX_BASIC_REVISION     0x7fffffffu
#define VMX_BASIC_TRUE         (1ul << 55)
#define VMX_MISC_TIMER_SHIFT   0x1fu
#define VMX_MISC_TARGETS_SHIFT 16
#define VMX_MISC_TARGETS       0x1ffu
#define VMX_CR3_TARGETS_MOST   4u /* fields that there are */

#define VMX_EPT_CAN_WALK_4        (1ul << 6)
#define VMX_EPT_CAN_UNCACHED      (1ul << 8)
#define VMX_EPT_CAN_WRITE_BACK    (1ul << 14)
#define VMX_EPT_CAN_2M            (1ul << 16)
#define VMX_EPT_CAN_1G            (1ul << 17)
#define VMX_EPT_CAN_INVEPT        (1ul << 20)
#define VMX_EPT_CAN_DIRTY         (1ul << 21)
#define VMX_EPT_CAN_INVEPT_ONE    (1ul << 25)
#define VMX_EPT_CAN_INVEPT_ALL    (1ul << 26)
#define VMX_EPT_CAN_INVVPID       (1ul << 32)
#define VMX_EPT_CAN_INVVPID_ONE   (1ul << 41)
#define VMX_EPT_CAN_INVVPID_ALL   (1ul << 42)
#define VMX_EPT_CAN_INVVPID_LOCAL (1ul << 43)

/* "Extended-Page-Table Pointer (EPTP)", "EPT Translation Mechanism" */
#define VMX_EPTP_WALK_4       (3u << 3)
#define VMX_EPTP_DIRTY        (1u << 6)
#define VMX_MEMORY_UNCACHED   0u
#define VMX_MEMORY_WRITE_BACK 6u
#define VMX_EPT_READ          (1u << 0)
#define VMX_EPT_WRITE         (1u << 1)
#define VMX_EPT_EXECUTE       (1u << 2)
#define VMX_EPT_MEMORY_SHIFT  3
#define VMX_EPT_LARGE         (1u << 7)
#define VMX_EPT_ACCESSED      (1u << 8)

/* INVEPT and INVVPID types: SDM vol. 3, "VMX Instruction Reference" */
#define VMX_INVEPT_ONE    1u
#define VMX_INVEPT_ALL    2u
#define VMX_INVVPID_ONE   1u
#define VMX_INVVPID_ALL   2u
#define VMX_INVVPID_LOCAL 3u /* of one, all but global translations */

/* IA32_FEATURE_CONTROL: SDM vol. 3, "Enabling and Entering VMX Operation" */
#define VMX_FEATURE_LOCK        (1ul << 0)
#define VMX_FEATURE_OUTSIDE_SMX (1ul << 2)

/* The virtual-APIC page: SDM vol. 3, "Virtual APIC State" */
#define VMX_VIRTUAL_TPR 0x80u

#endif
