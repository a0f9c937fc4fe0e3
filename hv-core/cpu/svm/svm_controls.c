/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list, in the order of core/hold_table.c. APM vol. 2, "Intercept Operation"; what is done at each exit is in the
 * exit tables.
 */
#include "cpu/svm/svm_controls.h"
#include "core/hold_table.h"
#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>

#define NESTED (1u << MODE_MMU_NESTED)
#define SHADOW (1u << MODE_MMU_SHADOW)
#define DIRECT (1u << MODE_MMU_DIRECT)
#define ALL    (NESTED | SHADOW | DIRECT)

/* What a mode traps beside what is held in all: the pages, and pauses. */
enum { FOR_TABLES = HOLDS };

/* PAUSE instructions in one entry until one exits: a spin lock's hold is over long before. APM vol. 2, "Pause
 * Intercept Filtering". */
#define SVM_PAUSES 3000

struct svm_controls_row {
    uint8_t hold; /* enum hold, or FOR_TABLES */
    uint8_t modes;
    uint16_t offset; /* of the field in struct vmcb_control */
    uint8_t bytes;
    bool is_left_out;
    uint32_t bits;
};

#define FIELD(member)   offsetof(struct vmcb_control, member), sizeof(((struct vmcb_control *)0)->member)
#define CR_READS        FIELD(intercept_cr_reads)
#define CR_WRITES       FIELD(intercept_cr_writes)
#define EXCEPTIONS      FIELD(intercept_exceptions)
#define INTERCEPTS      FIELD(intercepts)
#define INTERCEPTS_SVM  FIELD(intercepts_svm)
#define INTERCEPTS_MORE FIELD(intercepts_more)
#define INTERRUPT       FIELD(virtual_interrupt)

static void svm_controls_set(struct vmcb_control *control, const struct svm_controls_row *row)
{
    void *field = (char *)control + row->offset;
    if (row->bytes == sizeof(uint16_t))
        *(uint16_t *)field |= (uint16_t)row->bits;
    else if (row->bytes == sizeof(uint32_t))
        *(uint32_t *)field |= row->bits;
    else
        *(uint64_t *)field |= row->bits;
}

/* clang-format off */
static void svm_controls_apply(struct vmcb_control *control, unsigned mode)
{
    const struct svm_controls_row rows[] = {
        /* Reads of CR0 and CR4 on shadow tables trap only while what the guest must see is not what the CPU has
         * (svm_registers.c); on its own tables it has what it sees. */
        {HOLD_CR0, SHADOW, CR_WRITES, MUTATED(vt_cr0), VMCB_INTERCEPT_CR0},
        /* TS and MP concern its FPU only. CLTS is free; LMSW traps whatever it changes, in QEMU what is more than
         * those: APM vol. 2, "Instruction Intercepts". */
        {HOLD_CR0, DIRECT, INTERCEPTS, MUTATED(vt_cr0), VMCB_INTERCEPT_CR0_CHANGE},
        {HOLD_CR3, SHADOW | DIRECT, CR_WRITES, MUTATED(vt_cr3), VMCB_INTERCEPT_CR3},
        {HOLD_CR4, ALL, CR_WRITES, MUTATED(vt_cr4), VMCB_INTERCEPT_CR4},
        {HOLD_MSRS, ALL, INTERCEPTS, MUTATED(vt_msrs), VMCB_INTERCEPT_MSR},
        {HOLD_PORTS, ALL, INTERCEPTS, MUTATED(vt_ports), VMCB_INTERCEPT_IOIO},
        {HOLD_INTERRUPTS, ALL, INTERCEPTS, MUTATED(vt_interrupts), VMCB_INTERCEPT_INTR},
        {HOLD_INTERRUPT_FLAG, ALL, INTERRUPT, MUTATED(vt_interrupt_flag), VMCB_V_INTR_MASKING},
        {HOLD_NMI, ALL, INTERCEPTS, MUTATED(vt_nmi), VMCB_INTERCEPT_NMI},
        {HOLD_INIT, ALL, INTERCEPTS, MUTATED(vt_init), VMCB_INTERCEPT_INIT},
        {HOLD_SHUTDOWN, ALL, INTERCEPTS, MUTATED(vt_shutdown), VMCB_INTERCEPT_SHUTDOWN},
        {HOLD_TASK_SWITCH, ALL, INTERCEPTS, MUTATED(vt_task_switch), VMCB_INTERCEPT_TASK_SWITCH},
        {HOLD_DEBUG_EXCEPTION, ALL, EXCEPTIONS, MUTATED(vt_debug_exception), 1u << X86_VECTOR_DB},
        {HOLD_ALIGNMENT_CHECK, ALL, EXCEPTIONS, MUTATED(vt_alignment_check), 1u << X86_VECTOR_AC},
        {HOLD_MACHINE_CHECK, ALL, EXCEPTIONS, MUTATED(vt_machine_check), 1u << X86_VECTOR_MC},
        {HOLD_CPUID, ALL, INTERCEPTS, MUTATED(vt_cpuid), VMCB_INTERCEPT_CPUID},
        {HOLD_HLT, ALL, INTERCEPTS, MUTATED(vt_hlt), VMCB_INTERCEPT_HLT},
        {HOLD_MONITOR, ALL, INTERCEPTS_SVM, MUTATED(vt_monitor), VMCB_INTERCEPT_SVM_MONITOR},
        {HOLD_MWAIT, ALL, INTERCEPTS_SVM, MUTATED(vt_mwait), VMCB_INTERCEPT_SVM_MWAIT | VMCB_INTERCEPT_SVM_MWAIT_ARMED},
        {HOLD_RDPMC, ALL, INTERCEPTS, MUTATED(vt_rdpmc), VMCB_INTERCEPT_RDPMC},
        {HOLD_RDPRU, ALL, INTERCEPTS_SVM, MUTATED(vt_rdpru), VMCB_INTERCEPT_SVM_RDPRU},
        {HOLD_INVD, ALL, INTERCEPTS, MUTATED(vt_invd), VMCB_INTERCEPT_INVD},
        {HOLD_WBINVD, ALL, INTERCEPTS_SVM, MUTATED(vt_wbinvd), VMCB_INTERCEPT_SVM_WBINVD},
        /* QEMU 7.2 lacks this intercept: XCR0 is read back at a change of VCPU. */
        {HOLD_XSETBV, ALL, INTERCEPTS_SVM, MUTATED(vt_xsetbv), VMCB_INTERCEPT_SVM_XSETBV},
        {HOLD_HYPERCALL, ALL, INTERCEPTS_SVM, MUTATED(vt_hypercall), VMCB_INTERCEPT_SVM_VMMCALL},
        {HOLD_VMRUN, ALL, INTERCEPTS_SVM, false, VMCB_INTERCEPT_SVM_VMRUN}, /* VMRUN refuses a block without */
        {HOLD_VMLOAD, ALL, INTERCEPTS_SVM, MUTATED(vt_vmload), VMCB_INTERCEPT_SVM_VMLOAD},
        {HOLD_VMSAVE, ALL, INTERCEPTS_SVM, MUTATED(vt_vmsave), VMCB_INTERCEPT_SVM_VMSAVE},
        {HOLD_STGI, ALL, INTERCEPTS_SVM, MUTATED(vt_stgi), VMCB_INTERCEPT_SVM_STGI},
        {HOLD_CLGI, ALL, INTERCEPTS_SVM, MUTATED(vt_clgi), VMCB_INTERCEPT_SVM_CLGI},
        {HOLD_SKINIT, ALL, INTERCEPTS_SVM, MUTATED(vt_skinit), VMCB_INTERCEPT_SVM_SKINIT},
        {HOLD_INVLPGA, ALL, INTERCEPTS, MUTATED(vt_invlpga), VMCB_INTERCEPT_INVLPGA},
        {HOLD_INVLPGB, ALL, INTERCEPTS_MORE, MUTATED(vt_invlpgb), VMCB_INTERCEPT_MORE_INVLPGB},
        {HOLD_TLBSYNC, ALL, INTERCEPTS_MORE, MUTATED(vt_tlbsync), VMCB_INTERCEPT_MORE_TLBSYNC},
        {FOR_TABLES, SHADOW, CR_READS, false, VMCB_INTERCEPT_CR3},
        {FOR_TABLES, SHADOW, EXCEPTIONS, false, 1u << X86_VECTOR_PF},
        {FOR_TABLES, SHADOW, INTERCEPTS, false, VMCB_INTERCEPT_INVLPG},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].modes & mode && !rows[i].is_left_out)
            svm_controls_set(control, &rows[i]);
}
/* clang-format on */

void svm_controls_fill(struct vmcb_control *control, const struct svm_controls *wanted)
{
    svm_controls_apply(control, 1u << wanted->mmu);
    control->msrpm_base = wanted->msrpm;
    control->iopm_base = wanted->iopm;
    if (wanted->has_pause_filter) {
        control->intercepts |= VMCB_INTERCEPT_PAUSE;
        control->pause_count = SVM_PAUSES;
    }
    if (wanted->mmu == MODE_MMU_NESTED) {
        control->nested_control = 1;
        control->nested_cr3 = wanted->nested_root;
    }
}
