/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of shadow paging: what changes or shows the guest's view of its own page tables, and every page fault, since
 * only a walk of the guest's tables tells whether it is the guest's own.
 */
#include "core/control.h"
#include "core/emulation.h"
#include "core/exit_table.h"
#include "core/instruction.h"
#include "core/report.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/cpu_backend.h"
#include "emulate/execute.h"
#include "mmu/mmu_backend.h"
#include "mmu/shadow_backend.h"
#include <coopvirt/primitives.h>
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

#define CR3_RESERVED_LONG      0xfff0000000000000ul
#define FORM_BYTES             4
#define REX_W                  0x48
#define OPCODE_STORE           0x89
#define OPCODE_STORE_IMMEDIATE 0xc7
#define OPCODE_INVLPG          0x01 /* behind 0F, with ModRM.reg 7 */
#define OPCODE_MOV_FROM_CR     0x20
#define OPCODE_MOV_TO_CR       0x22

static enum vm_action exit_shadow_stop(struct vcpu *vcpu, const char *why)
{
    report_stop(vcpu, VM_STOP_BAD_ACCESS, why);
    return VM_STOP;
}

/* MOV of a quadword register or immediate to where a base register and a displacement say, the way tables are written:
 * the fault tells where that is. */
static bool exit_shadow_store(struct vcpu *vcpu, const struct vm_exit *exit, coop_paddr address)
{
    const uint8_t *bytes = 0;
    if (exit->is_long_code && exit->rip % X86_PAGE_BYTES <= X86_PAGE_BYTES - INSTRUCTION_BYTES_MAX)
        bytes = shadow_backend_peek(vcpu, exit->rip);
    if (!bytes || (bytes[0] & 0xf8) != REX_W || (bytes[1] != OPCODE_STORE && bytes[1] != OPCODE_STORE_IMMEDIATE))
        return false;
    unsigned mod = bytes[2] >> 6, rm = bytes[2] & 7, reg = (bytes[2] >> 3 & 7) | (bytes[0] & 4) << 1, length = 3;
    if (mod == 3 || rm == 4 || (mod == 0 && rm == 5) || (bytes[1] == OPCODE_STORE && reg == REGISTER_RSP))
        return false;
    int32_t number = 0;
    if (mod == 1)
        number = (int8_t)bytes[length++];
    if (mod == 2) {
        memcpy(&number, bytes + length, sizeof(number));
        length += sizeof(number);
    }
    if (vcpu->general[rm | (bytes[0] & 1u) << 3] + (uint64_t)(int64_t)number != exit->page_fault.linear || address % 8)
        return false;
    uint64_t value = vcpu->general[reg];
    if (bytes[1] == OPCODE_STORE_IMMEDIATE) {
        memcpy(&number, bytes + length, sizeof(number));
        length += sizeof(number);
        value = (uint64_t)(int64_t)number;
    }
    if (!shadow_backend_store(vcpu, address, value))
        return false;
    vcpu->exit.next_rip = exit->rip + length;
    return true;
}

/* A write to a watched table, or an access to a device, is carried out here; when it cannot be, the tables in that
 * frame are forgotten and the guest tries again. */
static enum vm_action exit_shadow_emulate(struct vcpu *vcpu, const struct vm_exit *exit,
                                          const struct shadow_fault *fault)
{
    bool is_delivery = exit->interrupted.kind != VM_EVENT_NONE;
    if (fault->outcome == SHADOW_TABLE_WRITE) {
        if (!is_delivery && exit_shadow_store(vcpu, exit, fault->address))
            return VM_SKIP;
        vcpu->exit.fault = (struct vm_exit_fault){.address = fault->address};
        if (!is_delivery && emulation_try(vcpu))
            return vm_is_stopped(vcpu->vm) ? VM_STOP : VM_RESUME;
        return shadow_backend_release(vcpu, fault->address)
                   ? VM_RESUME
                   : exit_shadow_stop(vcpu, "the page table in use is written by what is not emulated");
    }
    if (is_delivery)
        return exit_shadow_stop(vcpu, "an interrupt or exception is delivered by way of a device's memory");
    if (exit->page_fault.error_code & X86_PF_INSTRUCTION)
        return exit_shadow_stop(vcpu, "instruction fetch where there is no memory");
    vcpu->exit.fault = (struct vm_exit_fault){.address = fault->address}; /* the emulator need not walk again */
    return emulation_run(vcpu);
}

static enum vm_action exit_shadow_page_fault(struct vcpu *vcpu, const struct vm_exit *exit)
{
    struct walker_access access = walker_access_of(exit->page_fault.error_code);
    struct shadow_fault fault = shadow_backend_fault(vcpu, exit->page_fault.linear, access);
    switch (fault.outcome) {
    case SHADOW_MAPPED:
        return VM_RESUME;
    case SHADOW_INJECT:
        event_raise_page_fault(&vcpu->events, exit->page_fault.linear, fault.error_code);
        return VM_RESUME;
    case SHADOW_NO_MEMORY:
        return exit_shadow_stop(vcpu, "there is no memory for shadow tables");
    default:
        return exit_shadow_emulate(vcpu, exit, &fault);
    }
}

static uint64_t exit_shadow_register(const struct vcpu *vcpu, const struct registers *registers, unsigned number)
{
    return number == REGISTER_RSP ? registers->rsp : vcpu->general[number];
}

static enum vm_action exit_shadow_read_control(struct vcpu *vcpu, struct registers *registers, unsigned number,
                                               const struct instruction *instruction)
{
    uint64_t value = number == 0 ? registers->cr0 : number == 3 ? registers->cr3 : registers->cr4;
    const struct instruction_operand *target = &instruction->operands[0];
    if (target->kind != OPERAND_REGISTER)
        return exit_shadow_stop(vcpu, "a control register is stored to memory");
    if (target->bytes == 2) /* SMSW */
        value = (exit_shadow_register(vcpu, registers, target->number) & ~0xfffful) | (value & 0xffff);
    else if (target->bytes == 4)
        value = (uint32_t)value;
    if (target->number != REGISTER_RSP) {
        vcpu->general[target->number] = value;
        return VM_SKIP;
    }
    registers->rsp = value;
    vcpu->vm->cpu->write_registers(vcpu, registers);
    return VM_SKIP;
}

/* Without long mode; not among the instructions that a load in long mode takes. */
static __attribute__((noinline)) enum vm_action exit_shadow_load_top(struct vcpu *vcpu, uint64_t wanted)
{
    bool is_pae = vcpu->paging.cr0 & X86_CR0_PG && vcpu->paging.cr4 & X86_CR4_PAE;
    if (is_pae && !control_can_load_top(vcpu, wanted)) {
        event_raise(&vcpu->events, X86_VECTOR_GP, true, 0);
        return VM_RESUME;
    }
    vcpu->paging.cr3 = wanted;
    return shadow_backend_load_root(vcpu, wanted) ? VM_SKIP
                                                  : exit_shadow_stop(vcpu, "there is no memory for shadow tables");
}

static enum vm_action exit_shadow_load_root(struct vcpu *vcpu, uint64_t wanted)
{
    if (__builtin_expect(!(vcpu->paging.efer & X86_EFER_LMA), 0))
        return exit_shadow_load_top(vcpu, wanted);
    if (wanted & CR3_RESERVED_LONG) {
        event_raise(&vcpu->events, X86_VECTOR_GP, true, 0);
        return VM_RESUME;
    }
    vcpu->paging.cr3 = wanted;
    return shadow_backend_load_root(vcpu, wanted) ? VM_SKIP
                                                  : exit_shadow_stop(vcpu, "there is no memory for shadow tables");
}

/* CLTS and LMSW change the low bits of CR0; LMSW cannot clear PE. APM vol. 2, "CR0 Register". */
static enum vm_action exit_shadow_write_status(struct vcpu *vcpu, struct registers *registers,
                                               const struct instruction *instruction)
{
    uint64_t bits = X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS;
    if (instruction->operation == OPERATION_CLTS) {
        registers->cr0 &= ~X86_CR0_TS;
    } else if (instruction->operands[0].kind == OPERAND_REGISTER) {
        uint64_t value = exit_shadow_register(vcpu, registers, instruction->operands[0].number);
        registers->cr0 = (registers->cr0 & (~bits | X86_CR0_PE)) | (value & bits);
    } else {
        return exit_shadow_stop(vcpu, "the machine status word is loaded from memory");
    }
    vcpu->vm->cpu->write_registers(vcpu, registers);
    return VM_SKIP;
}

static enum vm_action exit_shadow_control_slowly(struct vcpu *vcpu, const struct vm_exit *exit)
{
    struct registers registers;
    vcpu->vm->cpu->read_registers(vcpu, &registers);
    const struct instruction *instruction = instruction_decode_at(vcpu, &registers);
    if (!instruction)
        return VM_RESUME; /* changed meanwhile: it exits again */
    unsigned number = exit->control.number;
    vcpu->exit.next_rip = exit->rip + instruction->length;
    switch (instruction->operation) {
    case OPERATION_MOV_FROM_CR:
    case OPERATION_SMSW:
        return exit_shadow_read_control(vcpu, &registers, number, instruction);
    case OPERATION_CLTS:
    case OPERATION_LMSW:
        return exit_shadow_write_status(vcpu, &registers, instruction);
    case OPERATION_MOV_TO_CR:
        if (number == 3)
            return exit_shadow_load_root(vcpu, exit_shadow_register(vcpu, &registers, instruction->operands[1].number));
        return control_handle_access(vcpu, exit);
    default:
        return exit_shadow_stop(vcpu, "a control register access that no row handles");
    }
}

/* The linear address of a memory operand. */
static uint64_t exit_shadow_operand(const struct vcpu *vcpu, const struct registers *registers,
                                    const struct instruction *instruction)
{
    struct emulate_registers file;
    quadwords_copy(file.general, vcpu->general, 16);
    file.general[REGISTER_RSP] = registers->rsp;
    file.rip = registers->rip;
    file.mode = registers_decode_mode(registers);
    for (unsigned i = 0; i < SEGMENT_COUNT; i++)
        file.segment_base[i] = registers->segments[i].base;
    return emulate_operand_address(&file, instruction);
}

static enum vm_action exit_shadow_invlpg_slowly(struct vcpu *vcpu, const struct vm_exit *exit)
{
    struct registers registers;
    vcpu->vm->cpu->read_registers(vcpu, &registers);
    const struct instruction *instruction = instruction_decode_at(vcpu, &registers);
    if (!instruction || instruction->operation != OPERATION_INVLPG)
        return VM_RESUME;
    shadow_backend_invalidate(vcpu, exit_shadow_operand(vcpu, &registers, instruction));
    vcpu->exit.next_rip = exit->rip + instruction->length;
    return VM_SKIP;
}

/* An instruction of the form that compilers make of a control register access or INVLPG in 64-bit code, read from where
 * the CPU has just fetched it: no copy of all registers, no walk, no table of opcodes. False for any other. */
struct exit_shadow_form {
    uint8_t opcode, modrm, length;
    uint8_t reg, rm; /* with REX */
};

static bool exit_shadow_read_form(struct vcpu *vcpu, const struct vm_exit *exit, struct exit_shadow_form *form)
{
    if (!exit->is_long_code || exit->rip % X86_PAGE_BYTES > X86_PAGE_BYTES - FORM_BYTES)
        return false;
    const uint8_t *bytes = shadow_backend_peek(vcpu, exit->rip);
    if (!bytes)
        return false;
    uint8_t rex = 0;
    form->length = 3;
    if ((bytes[0] & 0xf0) == 0x40) {
        rex = *bytes++;
        form->length = 4;
    }
    form->opcode = bytes[1];
    form->modrm = bytes[2];
    form->reg = (uint8_t)((form->modrm >> 3 & 7) | (rex & 4) << 1);
    form->rm = (uint8_t)((form->modrm & 7) | (rex & 1) << 3);
    return bytes[0] == 0x0f && form->rm != REGISTER_RSP;
}

/* MOV to and from CR3 between two registers. */
static bool exit_shadow_move_root(struct vcpu *vcpu, const struct vm_exit *exit, enum vm_action *action)
{
    struct exit_shadow_form form;
    if (exit->control.number != 3 || !exit_shadow_read_form(vcpu, exit, &form) || form.modrm >> 6 != 3 || form.reg != 3)
        return false;
    vcpu->exit.next_rip = exit->rip + form.length;
    *action = VM_SKIP;
    if (form.opcode == OPCODE_MOV_FROM_CR)
        vcpu->general[form.rm] = vcpu->paging.cr3;
    else if (form.opcode == OPCODE_MOV_TO_CR)
        *action = exit_shadow_load_root(vcpu, vcpu->general[form.rm]);
    else
        return false;
    return true;
}

static enum vm_action exit_shadow_control(struct vcpu *vcpu, const struct vm_exit *exit)
{
    enum vm_action action;
    if (exit_shadow_move_root(vcpu, exit, &action))
        return action;
    return exit_shadow_control_slowly(vcpu, exit);
}

/* INVLPG of the address that a register holds. */
static bool exit_shadow_invlpg_register(struct vcpu *vcpu, const struct vm_exit *exit)
{
    struct exit_shadow_form form;
    if (!exit_shadow_read_form(vcpu, exit, &form) || form.opcode != OPCODE_INVLPG || (form.modrm & 0xf8) != 0x38 ||
        (form.rm & 7) == 4 || (form.rm & 7) == 5)
        return false;
    shadow_backend_invalidate(vcpu, vcpu->general[form.rm]);
    vcpu->exit.next_rip = exit->rip + form.length;
    return true;
}

static enum vm_action exit_shadow_invlpg(struct vcpu *vcpu, const struct vm_exit *exit)
{
    return exit_shadow_invlpg_register(vcpu, exit) ? VM_SKIP : exit_shadow_invlpg_slowly(vcpu, exit);
}

const struct vm_exit_row exit_table_shadow[VM_EXIT_REASONS] = {
    [VM_EXIT_PAGE_FAULT] = {exit_shadow_page_fault, OPERATION_NONE},
    [VM_EXIT_CR_ACCESS] = {exit_shadow_control, OPERATION_NONE},
    [VM_EXIT_INVLPG] = {exit_shadow_invlpg, OPERATION_NONE},
};
