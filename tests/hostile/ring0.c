/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What only a guest kernel in ring 0 can try: control registers, EFER, tables of its own making, breakpoints.
 */
#include "ring0.h"
#include "cases.h"
#include "hostile.h"
#include "machine.h"
#include "memory.h"
#include <coopvirt/string.h>

#define FORGED_SLOT 301u /* empty in the true root */

static long ring0_do_cr0(uint64_t value)
{
    ring0_write_cr0(value);
    return 0;
}
static long ring0_do_cr3(uint64_t value)
{
    ring0_write_cr3(value);
    return 0;
}
static long ring0_do_cr4(uint64_t value)
{
    ring0_write_cr4(value);
    return 0;
}

/* Flips bits of CR0; a table must stay read-only to ring 0 all the same. */
long ring0_cr0(uint64_t bits)
{
    uint64_t old = ring0_read_cr0();
    long ignored, result = 0;
    machine_try(ring0_do_cr0, old ^ bits, &ignored);
    uint64_t slot = (uint64_t)memory_at(memory_window[1]) + 9 * 8;
    if (machine_probe_write(slot, 0) != 1 + X86_VECTOR_PF)
        result = HOLE;
    machine_try(ring0_do_cr0, old, &ignored);
    return result;
}
/* LMSW and CLTS reach CR0 too. */
long ring0_lmsw(uint64_t word)
{
    __asm__ volatile("lmsw %0" : : "r"((uint16_t)word));
    hypercall(COOP_HYPERCALL_VERSION, 0, 0, 0);
    __asm__ volatile("clts");
    return ring0_read_cr0() & X86_CR0_PE ? 0 : HOLE;
}

/* A root of the guest's own making: a page with the true root's entries and one more. Argument: 0: the page, 1: the
 * page with low bits set, 2: its bit 63 too, 3: a table of level 3, 4: foreign memory, 5: beyond memory, 6: 0. */
long ring0_cr3(uint64_t which)
{
    coop_paddr forged = memory_frame_new();
    uint64_t *slots = memory_at(forged), old = ring0_read_cr3();
    memcpy(slots, memory_at(memory_root), 4096);
    slots[FORGED_SLOT] = memory_entry(memory_slot(MEMORY_WINDOW, 4));
    const uint64_t roots[] = {forged, forged | 0x18, forged | 1ul << 63, memory_window[3], memory_own_end(), 1ul << 51,
                              0};
    coop_paddr page = memory_frame_new();
    memory_set(memory_window_slot(0), page | MEMORY_RW);
    long ignored, result = 0;
    machine_try(ring0_do_cr3, roots[which], &ignored);
    if (!machine_probe_read(MEMORY_WINDOW + (1ul << 39)))
        result = HOLE;
    machine_try(ring0_do_cr3, old, &ignored);
    if (ring0_read_cr3() != old)
        result = HOLE;
    memory_do(COOP_MMU_CLEAR, memory_window_slot(0), 1);
    memory_do(COOP_MMU_FLUSH_ALL, 0, 0);
    memory_frame_free(page);
    memory_frame_free(forged);
    return result;
}
/* A true root may be loaded; freed while CR3 has it, and while it may still be loaded without an exit. */
long ring0_cr3_then_free(uint64_t is_left_first)
{
    coop_paddr root = memory_table_new(4);
    uint64_t old = ring0_read_cr3();
    memory_link_kernel(root);
    ring0_write_cr3(root);
    if (is_left_first)
        ring0_write_cr3(old);
    long freed = memory_do(COOP_MMU_TABLE_FREE, root, 0), ignored, result = 0;
    if (!is_left_first) {
        result = freed ? 0 : HOLE;
        ring0_write_cr3(old);
        memory_table_free(root);
        return result;
    }
    if (freed)
        return HOLE;
    /* An ordinary page now, with a forged slot: it must not be loadable any more. */
    memory_set_writable(root, true);
    uint64_t *slots = memory_at(root);
    memcpy(slots, memory_at(memory_root), 4096);
    slots[FORGED_SLOT] = memory_entry(memory_slot(MEMORY_WINDOW, 4));
    coop_paddr page = memory_frame_new();
    memory_set(memory_window_slot(0), page | MEMORY_RW);
    machine_try(ring0_do_cr3, root, &ignored);
    if (!machine_probe_read(MEMORY_WINDOW + (1ul << 39)))
        result = HOLE;
    machine_try(ring0_do_cr3, old, &ignored);
    memory_do(COOP_MMU_CLEAR, memory_window_slot(0), 1);
    memory_do(COOP_MMU_FLUSH_ALL, 0, 0);
    memory_frame_free(page);
    memory_frame_free(root);
    return result;
}

/* Flips bits of CR4: refused, since the guest must not have them or not lose them. */
long ring0_cr4(uint64_t bits)
{
    uint64_t old = ring0_read_cr4();
    long ignored;
    if (!machine_try(ring0_do_cr4, old ^ bits, &ignored))
        return trap.vector == X86_VECTOR_GP ? 0 : HOLE;
    machine_try(ring0_do_cr4, old, &ignored);
    return HOLE;
}

static long ring0_do_xsetbv(uint64_t value)
{
    __asm__ volatile("xsetbv" : : "c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
    return 0;
}
/* XCR0 with bits that nobody can have, where the CPU has the instruction. */
long ring0_xsetbv(uint64_t value)
{
    uint32_t eax = 1, ebx, ecx = 0, edx;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    if (!(ecx & 1u << 26))
        return 0;
    uint64_t old = ring0_read_cr4();
    long ignored;
    ring0_write_cr4(old | X86_CR4_OSXSAVE);
    bool came_back = machine_try(ring0_do_xsetbv, value, &ignored);
    ring0_write_cr4(old);
    return came_back ? HOLE : 0;
}

static long ring0_do_efer(uint64_t value)
{
    ring0_write_msr(X86_MSR_EFER, value);
    return 0;
}
/* Flips bits of EFER: #GP, or no effect for LMA, which the CPU alone sets; a page with NX stays one. */
long ring0_efer(uint64_t bits)
{
    uint64_t old = ring0_read_msr(X86_MSR_EFER);
    coop_paddr page = memory_frame_new();
    memory_set(memory_window_slot(0), page | MEMORY_RW);
    long ignored, result = 0;
    if (machine_try(ring0_do_efer, old ^ bits, &ignored) && bits != X86_EFER_LMA)
        result = HOLE;
    if (machine_probe_call(memory_window_address(0)) != 1 + X86_VECTOR_PF)
        result = HOLE;
    machine_try(ring0_do_efer, old, &ignored);
    memory_do(COOP_MMU_CLEAR, memory_window_slot(0), 1);
    memory_do(COOP_MMU_FLUSH_ALL, 0, 0);
    memory_frame_free(page);
    return result;
}

/* A breakpoint on an address of the hypervisor's, enabled for everything; then into the hypervisor and back. */
static long ring0_breakpoint_set(uint64_t address)
{
    __asm__ volatile("mov %0, %%dr0\n\tmov %1, %%dr7" : : "r"(address), "r"(0x000f0403ul));
    hypercall(COOP_HYPERCALL_VERSION, 0, 0, 0);
    return 0;
}
long ring0_breakpoint(uint64_t address)
{
    long ignored;
    machine_try(ring0_breakpoint_set, address, &ignored);
    __asm__ volatile("mov %0, %%dr7" : : "r"(0x400ul));
    return 0;
}

/* A jump to a task: long mode has none. */
long ring0_task_jump(uint64_t selector)
{
    struct {
        uint32_t offset;
        uint16_t selector;
    } __attribute__((packed)) target = {0, (uint16_t)selector};
    __asm__ volatile("ljmpl *%0" : : "m"(target));
    return HOLE;
}

/* Task priority, which the hypervisor must not take for its own. */
long ring0_cr8(uint64_t value)
{
    ring0_write_cr8(value);
    hypercall(COOP_HYPERCALL_YIELD, 0, 0, 0);
    ring0_write_cr8(0);
    return 0;
}
/* Interrupts off and out, then time for others: the hypervisor has its own flag. */
long ring0_interrupts_off(uint64_t unused)
{
    (void)unused;
    __asm__ volatile("cli");
    for (unsigned i = 0; i < 16; i++)
        hypercall(COOP_HYPERCALL_YIELD, 0, 0, 0);
    return 0;
}

/* An address that is none, where the CPU would jump to. */
long ring0_noncanonical_msr(uint64_t number)
{
    ring0_write_msr((uint32_t)number, 1ul << 63);
    return 0;
}

/* Features whose state nobody keeps apart stay hidden: VMX, SMX, PCID; PKU, CET, LA57; SVM, SKINIT. */
long ring0_hidden_features(uint64_t unused)
{
    static const struct {
        uint32_t leaf, ecx;
    } hidden[] = {
        {1, 1u << 5 | 1u << 6 | 1u << 17}, {7, 1u << 3 | 1u << 7 | 1u << 16}, {0x80000001, 1u << 2 | 1u << 12}};
    (void)unused;
    for (unsigned i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        uint32_t eax = hidden[i].leaf, ebx, ecx = 0, edx;
        __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
        if (ecx & hidden[i].ecx)
            return HOLE;
    }
    return 0;
}
