/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checks as a table of named predicates, each true when the state is wrong, in the manual's order: SDM vol. 3,
 * "Checks on Guest Control Registers, Debug Registers, and MSRs" and the sections behind it.
 */
#include "cpu/vmx/vmx_check.h"
#include "cpu/vmx/vmcs.h"
#include "mmu/walker.h"
#include <coopvirt/x86.h>
#include <stdbool.h>
#include <stddef.h>

#define SEGMENT_TYPE(segment) ((segment)->attributes & 0xf)
#define SEGMENT_SYSTEM        (1u << 4) /* clear for a system segment */
#define SEGMENT_GRANULAR      (1u << 11)
#define SELECTOR_LOCAL        4u
#define FLAGS_RESERVED        (~0x3f7fd7ul)

typedef const struct vmx_guest_state *state_t;

static bool is_long(state_t s)
{
    return s->entry_controls & VMX_ENTRY_GUEST_64;
}
static bool is_paging(state_t s)
{
    return s->registers.cr0 & X86_CR0_PG;
}
static bool is_virtual_8086(state_t s)
{
    return s->registers.rflags & X86_FLAGS_VM;
}
static bool is_usable(const struct register_segment *segment)
{
    return segment->attributes & REGISTER_SEGMENT_PRESENT;
}
static bool is_canonical(uint64_t address)
{
    return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}
static const struct register_segment *segment(state_t s, unsigned which)
{
    return &s->registers.segments[which];
}
static unsigned privilege(const struct register_segment *segment)
{
    return segment->attributes >> 5 & 3;
}

/* Some of the limit's low bits clear with granularity, or some of its high bits set without. */
static bool is_limit_wrong(const struct register_segment *segment)
{
    bool is_granular = segment->attributes & SEGMENT_GRANULAR;
    return ((segment->limit & 0xfff) != 0xfff && is_granular) || (segment->limit >> 20 && !is_granular);
}

static bool wrong_cr0_fixed(state_t s)
{
    uint64_t fixed0 = s->capabilities->cr0_fixed0 & ~(s->is_unrestricted ? X86_CR0_PE | X86_CR0_PG : 0);
    return (s->registers.cr0 & fixed0) != fixed0 || s->registers.cr0 & ~s->capabilities->cr0_fixed1;
}

static bool wrong_cr0_paging(state_t s)
{
    return is_paging(s) && !(s->registers.cr0 & X86_CR0_PE);
}

static bool wrong_cr4_fixed(state_t s)
{
    uint64_t fixed0 = s->capabilities->cr4_fixed0;
    return (s->registers.cr4 & fixed0) != fixed0 || s->registers.cr4 & ~s->capabilities->cr4_fixed1;
}

static bool wrong_long_paging(state_t s)
{
    return is_long(s) && !(is_paging(s) && s->registers.cr4 & X86_CR4_PAE);
}
static bool wrong_pcide(state_t s)
{
    return !is_long(s) && s->registers.cr4 & X86_CR4_PCIDE;
}
static bool wrong_cr3(state_t s)
{
    return s->registers.cr3 >> s->physical_bits;
}
static bool wrong_dr7(state_t s)
{
    return s->registers.dr7 >> 32;
}

static bool wrong_pat(state_t s)
{
    for (unsigned i = 0; i < 64; i += 8) {
        unsigned type = s->registers.pat >> i & 0xff;
        if (type > 7 || type == 2 || type == 3)
            return true;
    }
    return false;
}

static bool wrong_efer_bits(state_t s)
{
    return s->registers.efer & ~(X86_EFER_SCE | X86_EFER_LME | X86_EFER_LMA | X86_EFER_NXE);
}

static bool wrong_efer_lma(state_t s)
{
    bool lma = s->registers.efer & X86_EFER_LMA, lme = s->registers.efer & X86_EFER_LME;
    return lma != is_long(s) || (is_paging(s) && lma != lme);
}

static bool wrong_flags_bits(state_t s)
{
    return !(s->registers.rflags & X86_FLAGS_ONE) || s->registers.rflags & FLAGS_RESERVED;
}

static bool wrong_flags_vm(state_t s)
{
    return is_virtual_8086(s) && (is_long(s) || !(s->registers.cr0 & X86_CR0_PE));
}

static bool wrong_flags_if(state_t s)
{
    bool is_interrupt = s->interruption & VMX_EVENT_VALID && (s->interruption & VMX_EVENT_TYPE) == VMX_EVENT_INTERRUPT;
    return is_interrupt && !(s->registers.rflags & X86_FLAGS_IF);
}

static bool wrong_virtual_8086(state_t s)
{
    for (unsigned i = 0; is_virtual_8086(s) && i < SEGMENT_COUNT; i++) {
        const struct register_segment *g = segment(s, i);
        if (g->base != (uint64_t)g->selector << 4 || g->limit != 0xffff || g->attributes != 0xf3)
            return true;
    }
    return false;
}

static bool wrong_bases(state_t s)
{
    const unsigned short_ones[] = {SEGMENT_SS, SEGMENT_DS, SEGMENT_ES};
    for (unsigned i = 0; i < 3; i++)
        if (is_usable(segment(s, short_ones[i])) && segment(s, short_ones[i])->base >> 32)
            return true;
    return segment(s, SEGMENT_CS)->base >> 32 || !is_canonical(segment(s, SEGMENT_FS)->base) ||
           !is_canonical(segment(s, SEGMENT_GS)->base) || !is_canonical(s->registers.tr.base) ||
           (is_usable(&s->registers.ldtr) && !is_canonical(s->registers.ldtr.base));
}

static bool wrong_cs(state_t s)
{
    const struct register_segment *cs = segment(s, SEGMENT_CS);
    unsigned type = SEGMENT_TYPE(cs), ss_privilege = privilege(segment(s, SEGMENT_SS));
    if (is_virtual_8086(s))
        return false;
    if (!is_usable(cs) || !(cs->attributes & SEGMENT_SYSTEM) || is_limit_wrong(cs))
        return true;
    if (is_long(s) && cs->attributes & REGISTER_SEGMENT_LONG && cs->attributes & REGISTER_SEGMENT_BIG)
        return true;
    if (type == 9 || type == 11)
        return privilege(cs) != ss_privilege;
    if (type == 13 || type == 15)
        return privilege(cs) > ss_privilege;
    return type != 3 || privilege(cs) != 0 || !s->is_unrestricted;
}

static bool wrong_ss(state_t s)
{
    const struct register_segment *ss = segment(s, SEGMENT_SS);
    if (is_virtual_8086(s))
        return false;
    if (privilege(ss) && (!(s->registers.cr0 & X86_CR0_PE) || SEGMENT_TYPE(segment(s, SEGMENT_CS)) == 3))
        return true;
    return is_usable(ss) && ((SEGMENT_TYPE(ss) != 3 && SEGMENT_TYPE(ss) != 7) || !(ss->attributes & SEGMENT_SYSTEM) ||
                             is_limit_wrong(ss));
}

static bool wrong_data_segments(state_t s)
{
    const unsigned which[] = {SEGMENT_DS, SEGMENT_ES, SEGMENT_FS, SEGMENT_GS};
    for (unsigned i = 0; !is_virtual_8086(s) && i < 4; i++) {
        const struct register_segment *g = segment(s, which[i]);
        bool is_accessed = g->attributes & 1, is_readable = !(g->attributes & 8) || g->attributes & 2;
        if (is_usable(g) && (!is_accessed || !is_readable || !(g->attributes & SEGMENT_SYSTEM) || is_limit_wrong(g)))
            return true;
    }
    return false;
}

static bool wrong_tr(state_t s)
{
    const struct register_segment *tr = &s->registers.tr;
    bool is_busy = SEGMENT_TYPE(tr) == 11 || (SEGMENT_TYPE(tr) == 3 && !is_long(s));
    return !is_busy || !is_usable(tr) || tr->attributes & SEGMENT_SYSTEM || tr->selector & SELECTOR_LOCAL ||
           is_limit_wrong(tr);
}

static bool wrong_ldtr(state_t s)
{
    const struct register_segment *ldtr = &s->registers.ldtr;
    return is_usable(ldtr) && (SEGMENT_TYPE(ldtr) != 2 || ldtr->attributes & SEGMENT_SYSTEM ||
                               ldtr->selector & SELECTOR_LOCAL || is_limit_wrong(ldtr));
}

static bool wrong_tables(state_t s)
{
    return !is_canonical(s->registers.gdt.base) || !is_canonical(s->registers.idt.base) ||
           s->registers.gdt.limit >> 16 || s->registers.idt.limit >> 16;
}

static bool wrong_rip(state_t s)
{
    if (is_long(s) && segment(s, SEGMENT_CS)->attributes & REGISTER_SEGMENT_LONG)
        return !is_canonical(s->registers.rip);
    return s->registers.rip >> 32;
}

static bool wrong_activity(state_t s)
{
    return s->activity > 3;
}

static bool wrong_interruptibility(state_t s)
{
    const uint32_t both = VMX_BLOCKING_STI | VMX_BLOCKING_MOV_SS;
    uint32_t blocking = s->interruptibility & both, type = s->interruption & VMX_EVENT_TYPE;
    if (s->interruptibility >> 5 || blocking == both)
        return true;
    if (blocking & VMX_BLOCKING_STI && !(s->registers.rflags & X86_FLAGS_IF))
        return true;
    if (!(s->interruption & VMX_EVENT_VALID))
        return false;
    return (type == VMX_EVENT_INTERRUPT && blocking) ||
           (type == VMX_EVENT_NMI && s->interruptibility & (VMX_BLOCKING_MOV_SS | VMX_BLOCKING_NMI));
}

static bool wrong_pending_debug(state_t s)
{
    bool is_shadowed = s->interruptibility & (VMX_BLOCKING_STI | VMX_BLOCKING_MOV_SS);
    bool is_stepping = s->registers.rflags & X86_FLAGS_TF, is_pending = s->pending_debug & VMX_PENDING_DEBUG_STEP;
    return is_shadowed && is_stepping != is_pending;
}

static bool wrong_link_pointer(state_t s)
{
    return s->link_pointer != UINT64_MAX;
}

static bool wrong_pdptes(state_t s)
{
    bool is_pae = is_paging(s) && s->registers.cr4 & X86_CR4_PAE && !is_long(s);
    return is_pae && !walker_can_load_top(s->pdptes, s->physical_bits);
}

static const struct {
    bool (*is_wrong)(state_t state);
    const char *name;
} vmx_checks[] = {
    {wrong_cr0_fixed, "CR0 has a bit that VMX operation forbids, or lacks one that it needs"},
    {wrong_cr0_paging, "CR0.PG is set without CR0.PE"},
    {wrong_cr4_fixed, "CR4 has a bit that VMX operation forbids, or lacks one that it needs"},
    {wrong_long_paging, "IA-32e mode without CR0.PG or CR4.PAE"},
    {wrong_pcide, "CR4.PCIDE is set outside of IA-32e mode"},
    {wrong_cr3, "CR3 is wider than a physical address"},
    {wrong_dr7, "DR7 has bits above 31"},
    {wrong_pat, "PAT holds a memory type that does not exist"},
    {wrong_efer_bits, "EFER has reserved bits"},
    {wrong_efer_lma, "EFER.LMA does not agree with the entry control or with EFER.LME"},
    {wrong_virtual_8086, "a segment is not as virtual-8086 mode has it"},
    {wrong_bases, "a segment's base is not canonical, or wider than 32 bits"},
    {wrong_cs, "CS has a type, privilege, size or limit that it cannot have"},
    {wrong_ss, "SS has a type, privilege or limit that it cannot have"},
    {wrong_data_segments, "DS, ES, FS or GS has a type or limit that it cannot have"},
    {wrong_tr, "TR is no busy TSS, or of the wrong size for the mode"},
    {wrong_ldtr, "LDTR is no LDT"},
    {wrong_tables, "GDTR or IDTR has a base that is not canonical, or a limit wider than 16 bits"},
    {wrong_rip, "RIP is not canonical, or wider than 32 bits"},
    {wrong_flags_bits, "RFLAGS has reserved bits"},
    {wrong_flags_vm, "RFLAGS.VM is set in IA-32e mode or real mode"},
    {wrong_flags_if, "an interrupt is injected with RFLAGS.IF clear"},
    {wrong_activity, "there is no such activity state"},
    {wrong_interruptibility, "blocking by STI, MOV SS or NMI contradicts RFLAGS.IF or the event that is injected"},
    {wrong_pending_debug, "a single step behind STI or MOV SS is not pending"},
    {wrong_link_pointer, "the VMCS link pointer is set"},
    {wrong_pdptes, "a page-directory-pointer-table entry (PDPTE) has reserved bits"},
};

const char *vmx_check_guest_state(const struct vmx_guest_state *state)
{
    for (unsigned i = 0; i < sizeof(vmx_checks) / sizeof(vmx_checks[0]); i++)
        if (vmx_checks[i].is_wrong(state))
            return vmx_checks[i].name;
    return NULL;
}

static const char *const vmx_instruction_errors[] = {
    [1] = "VMCALL executed in VMX root operation",
    [2] = "VMCLEAR with invalid physical address",
    [3] = "VMCLEAR with VMXON pointer",
    [4] = "VMLAUNCH with non-clear VMCS",
    [5] = "VMRESUME with non-launched VMCS",
    [6] = "VMRESUME after VMXOFF",
    [7] = "VM entry with invalid control fields",
    [8] = "VM entry with invalid host-state fields",
    [9] = "VMPTRLD with invalid physical address",
    [10] = "VMPTRLD with VMXON pointer",
    [11] = "VMPTRLD with incorrect VMCS revision identifier",
    [12] = "VMREAD or VMWRITE of a field that is not supported",
    [13] = "VMWRITE to a read-only field",
    [15] = "VMXON executed in VMX root operation",
    [26] = "VM entry with events blocked by MOV SS",
    [28] = "invalid operand to INVEPT or INVVPID",
};

const char *vmx_instruction_error_name(uint32_t number)
{
    bool is_known = number < sizeof(vmx_instruction_errors) / sizeof(vmx_instruction_errors[0]);
    return is_known && vmx_instruction_errors[number] ? vmx_instruction_errors[number] : "unknown error";
}
