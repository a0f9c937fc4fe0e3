/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading and writing of trapped MSRs. Memory types are the machine's under nested paging, so the MTRRs say
 * 'write-back everywhere' and have no ranges; there are no machine-check banks.
 */
#include "core/msr.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/cpu_backend.h"
#include "io/io_backend.h"
#include "machine/tsc.h"
#include "mmu/mmu_backend.h"
#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>

#define MTRR_DEFAULT_ENABLED_WRITE_BACK 0x806
#define MISC_ENABLE_FAST_STRINGS        0x1
#define EFER_GUEST_BITS                 (X86_EFER_SCE | X86_EFER_LME | X86_EFER_LMA | X86_EFER_NXE)
#define PAT_RESERVED                    0xf8f8f8f8f8f8f8f8ul

bool msr_efer_after_write(uint64_t old, uint64_t wanted, bool is_paging, uint64_t *efer)
{
    if (wanted & ~EFER_GUEST_BITS && !MUTATED(msr_efer_bits))
        return false;
    if (is_paging && (old ^ wanted) & X86_EFER_LME)
        return false;
    *efer = (wanted & ~X86_EFER_LMA) | (old & X86_EFER_LMA);
    return true;
}

bool msr_efer_keeps_tables(uint64_t old, uint64_t wanted)
{
    return !((old ^ wanted) & (X86_EFER_LME | X86_EFER_NXE));
}

/* Memory types 0, 1, 4-7. APM vol. 2, "PAT Register". */
static bool msr_pat_is_valid(uint64_t pat)
{
    if (pat & PAT_RESERVED)
        return false;
    for (unsigned i = 0; i < 64; i += 8)
        if ((pat >> i & 7) == 2 || (pat >> i & 7) == 3)
            return false;
    return true;
}

/*
 * Registers that kernels touch without asking CPUID first, and whose content never changes here: what they read as, and
 * the bits of a write that are taken and lost. Any other bit must be written as it is read, or the guest gets #GP.
 */
static const struct msr_constant {
    uint32_t number;
    bool is_read_only;
    uint64_t value, lost;
} msr_constants[] = {
    {X86_MSR_PLATFORM_ID, true, 0, 0},   /* Intel: asked beside the microcode's revision */
    {X86_MSR_UCODE_REV, false, 0, ~0ul}, /* written with 0 before it is read */
    {X86_MSR_MTRR_CAP, true, 0, 0},      /* no ranges */
    {X86_MSR_MTRR_DEF_TYPE, false, MTRR_DEFAULT_ENABLED_WRITE_BACK, ~0ul}, /* off and on around a change */
    {X86_MSR_MCG_CAP, true, 0, 0},                                         /* no banks */
    {X86_MSR_MCG_STATUS, false, 0, 0},
    {X86_MSR_MISC_ENABLE, false, MISC_ENABLE_FAST_STRINGS, ~0ul},
    {X86_MSR_DEBUGCTL, false, 0, 0}, /* no branch records or single steps by branch */
    {X86_MSR_SYSCFG, true, 0, 0},
    {X86_MSR_HWCR, false, 0, 0},
    {X86_MSR_NB_CFG, false, 0, ~0ul}, /* AMD: extended configuration space of a PCI bus that is not there */
};

static const struct msr_constant *msr_find_constant(uint32_t number)
{
    for (unsigned i = 0; i < sizeof(msr_constants) / sizeof(msr_constants[0]); i++)
        if (msr_constants[i].number == number)
            return &msr_constants[i];
    return 0;
}

static bool msr_read_constant(uint32_t number, uint64_t *value)
{
    const struct msr_constant *constant = msr_find_constant(number);
    if (constant)
        *value = constant->value;
    return constant;
}

static bool msr_write_constant(uint32_t number, uint64_t value)
{
    const struct msr_constant *constant = msr_find_constant(number);
    return constant && !constant->is_read_only && !((value ^ constant->value) & ~constant->lost);
}

static bool msr_is_device(uint32_t msr)
{
    return msr == X86_MSR_APIC_BASE || (msr >= X86_MSR_X2APIC_FIRST && msr <= X86_MSR_X2APIC_LAST);
}

bool msr_is_held(uint32_t msr)
{
    return msr == X86_MSR_EFER || msr == X86_MSR_PAT || msr_is_device(msr) || msr_find_constant(msr);
}

static bool msr_read(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
    struct registers registers;
    bool ok;

    switch (msr) {
    case X86_MSR_EFER:
        vcpu->vm->cpu->read_registers(vcpu, &registers);
        *value = registers.efer;
        return true;
    case X86_MSR_PAT:
        vcpu->vm->cpu->read_registers(vcpu, &registers);
        *value = registers.pat;
        return true;
    case X86_MSR_TSC:
        *value = tsc_read() + vcpu->tsc_offset;
        return true;
    default:
        if (!msr_is_device(msr))
            return msr_read_constant(msr, value);
        spinlock_take(&vcpu->vm->lock);
        ok = vcpu->vm->io->msr_access(vcpu, msr, false, value);
        spinlock_release(&vcpu->vm->lock);
        return ok;
    }
}

static bool msr_write_efer(struct vcpu *vcpu, uint64_t value)
{
    struct registers registers;
    vcpu->vm->cpu->read_registers(vcpu, &registers);
    if (vcpu->vm->mmu->is_direct && !msr_efer_keeps_tables(registers.efer, value) && !MUTATED(vt_efer))
        return false;
    if (!msr_efer_after_write(registers.efer, value, registers.cr0 & X86_CR0_PG, &registers.efer))
        return false;
    vcpu->vm->cpu->write_registers(vcpu, &registers);
    vcpu->vm->mmu->registers_changed(vcpu);
    return true;
}

static bool msr_write_pat(struct vcpu *vcpu, uint64_t value)
{
    struct registers registers;
    if (!msr_pat_is_valid(value))
        return false;
    vcpu->vm->cpu->read_registers(vcpu, &registers);
    /* Without nested paging the CPU has one PAT for all. APM vol. 2, "PAT MSR and Nested Paging". */
    if (vcpu->vm->mmu->is_direct && value != registers.pat && !MUTATED(vt_pat))
        return false;
    registers.pat = value;
    vcpu->vm->cpu->write_registers(vcpu, &registers);
    return true;
}

/* A guest's TSC is its own, by VCPU; the machine's goes on as it was. */
static bool msr_write_tsc(struct vcpu *vcpu, uint64_t value)
{
    if (!mode_writes_tsc(&vcpu->vm->mode))
        return false;
    vcpu->tsc_offset = value - tsc_read();
    vcpu->vm->cpu->write_control(vcpu, CPU_CONTROL_TSC_OFFSET, vcpu->tsc_offset);
    return true;
}

static bool msr_write(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
    bool ok;

    switch (msr) {
    case X86_MSR_EFER:
        return msr_write_efer(vcpu, value);
    case X86_MSR_PAT:
        return msr_write_pat(vcpu, value);
    case X86_MSR_TSC:
        return msr_write_tsc(vcpu, value);
    default:
        if (!msr_is_device(msr))
            return msr_write_constant(msr, value);
        spinlock_take(&vcpu->vm->lock);
        ok = vcpu->vm->io->msr_access(vcpu, msr, true, &value);
        spinlock_release(&vcpu->vm->lock);
        return ok;
    }
}

enum vm_action msr_handle_read(struct vcpu *vcpu, const struct vm_exit *exit)
{
    uint64_t value;
    (void)exit;
    if (!msr_read(vcpu, (uint32_t)vcpu->general[REGISTER_RCX], &value) && !MUTATED(msr_refused)) {
        event_raise(&vcpu->events, X86_VECTOR_GP, true, 0);
        return VM_RESUME;
    }
    vcpu->general[REGISTER_RAX] = (uint32_t)value;
    vcpu->general[REGISTER_RDX] = value >> 32;
    return VM_SKIP;
}

enum vm_action msr_handle_write(struct vcpu *vcpu, const struct vm_exit *exit)
{
    uint64_t value = vcpu->general[REGISTER_RDX] << 32 | (uint32_t)vcpu->general[REGISTER_RAX];
    (void)exit;
    if (msr_write(vcpu, (uint32_t)vcpu->general[REGISTER_RCX], value) || MUTATED(msr_refused))
        return VM_SKIP;
    event_raise(&vcpu->events, X86_VECTOR_GP, true, 0);
    return VM_RESUME;
}
