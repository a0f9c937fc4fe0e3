/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls with arguments that lie: pointers, lengths, counts, numbers, and callers.
 */
#include "cases.h"
#include "hostile.h"
#include "machine.h"
#include "memory.h"
#include <coopvirt/string.h>

/* Pointers, by number: 0 foreign, 1 frame 0, 2 the last bytes before foreign memory, 3 beyond memory, 4 not canonical,
 * 5 all ones, 6 not aligned, 7 a linear address, 8 the local APIC. */
static coop_paddr call_pointer(unsigned which)
{
    static uint64_t inside[8] __attribute__((aligned(16)));
    const coop_paddr pointers[] = {
        memory_foreign(), 0,         memory_own_end() - 8, 1ul << 51, 1ul << 63, ~0ul & ~15ul, memory_paddr(inside) + 4,
        (uint64_t)inside, 0xfee00000};
    return pointers[which];
}

/* Any call, without arguments. */
long call_number(uint64_t number)
{
    return hypercall(number, 0, 0, 0);
}

long call_batch_pointer(uint64_t which)
{
    return hypercall(COOP_HYPERCALL_MMU_BATCH, call_pointer((unsigned)which), 1, 0);
}

/* Counts behind a pointer that is good for one operation. */
long call_batch_count(uint64_t count)
{
    static struct coop_mmu_operation operation __attribute__((aligned(16)));
    operation = (struct coop_mmu_operation){memory_window_slot(9) | COOP_MMU_CLEAR, 1};
    long result = hypercall(COOP_HYPERCALL_MMU_BATCH, memory_paddr(&operation), count, 0);
    return result > 0 && result >> 32 ? -(result >> 32) : result;
}

/* The good ones before a bad one are carried out, and none behind it. */
long call_batch_stops(uint64_t unused)
{
    (void)unused;
    coop_paddr frame = memory_frame_new();
    uint64_t entry = frame | MEMORY_RW;
    struct coop_mmu_operation operations[] = {
        {memory_window_slot(9), entry}, {memory_window_slot(10), entry | X86_PTE_PCD}, {memory_window_slot(11), entry}};
    long result = memory_batch(operations, 3);
    bool is_right = result < 0 && memory_done == 1 && memory_entry(memory_window_slot(9)) & X86_PTE_P &&
                    !memory_entry(memory_window_slot(10)) && !memory_entry(memory_window_slot(11));
    memory_do(COOP_MMU_CLEAR, memory_window_slot(9), 3);
    memory_frame_free(frame);
    return is_right ? 0 : HOLE;
}

/* Flushes that the guest asks for: operation in the low three bits. Of a page, this VCPU's; of a range, all that
 * follows. */
long call_flush(uint64_t linear_and_operation)
{
    unsigned operation = linear_and_operation & 7;
    return memory_do(operation, linear_and_operation & ~7ul, operation == COOP_MMU_FLUSH_RANGE ? ~0ul : 0);
}
/* Of VCPUs that the VM has not. */
long call_flush_others(uint64_t operation)
{
    return memory_do((unsigned)operation, 0, ~0ul);
}

/* Roots: 0: a page, 1 to 3: a table of that level, 4: the root and low bits, 5: foreign, 6: 0, 7: beyond memory,
 * 8: frame 0x1000, 9: bit 63. */
long call_root(uint64_t which)
{
    const coop_paddr roots[] = {start_info->vcpu,
                                memory_window[1],
                                memory_window[2],
                                memory_window[3],
                                memory_root | 0x18,
                                memory_own_end(),
                                0,
                                1ul << 51,
                                0x1000,
                                memory_root | 1ul << 63};
    long result = hypercall(COOP_HYPERCALL_ROOT, roots[which], memory_user_root, 0);
    if (!result)
        hypercall(COOP_HYPERCALL_ROOT, memory_root, memory_user_root, 0);
    return result;
}
/* The same as the second argument. */
long call_root_user(uint64_t which)
{
    const coop_paddr roots[] = {start_info->vcpu,   memory_window[1], memory_window[2], memory_window[3],
                                memory_root | 0x18, memory_own_end(), 0x1000,           1ul << 51};
    long result = hypercall(COOP_HYPERCALL_ROOT, memory_root, roots[which], 0);
    if (!result)
        hypercall(COOP_HYPERCALL_ROOT, memory_root, memory_user_root, 0);
    return result;
}
/* A root of user mode where there is one for both. */
long call_root_both(uint64_t unused)
{
    (void)unused;
    long result = hypercall(COOP_HYPERCALL_ROOT, memory_root, memory_root, 0);
    if (!result)
        hypercall(COOP_HYPERCALL_ROOT, memory_root, memory_user_root, 0);
    return result;
}
/* The same by a batch. */
long call_root_batch(uint64_t which)
{
    const coop_paddr roots[] = {start_info->vcpu & ~7ul, memory_window[1], memory_window[2], memory_window[3]};
    long result = memory_do(COOP_MMU_ROOT, roots[which], memory_user_root);
    if (!result)
        memory_do(COOP_MMU_ROOT, memory_root, memory_user_root);
    return result;
}

/* Text out of memory that is not the guest's. */
long call_write_pointer(uint64_t which)
{
    return hypercall(COOP_HYPERCALL_WRITE, 1, call_pointer((unsigned)which), 16);
}
long call_write_length(uint64_t length)
{
    static const char text[16] = "hostile: text\n";
    return hypercall(COOP_HYPERCALL_WRITE, 1, memory_paddr(text), length);
}
/* The last page of the VM's memory and what follows. */
long call_write_across(uint64_t unused)
{
    (void)unused;
    return hypercall(COOP_HYPERCALL_WRITE, 1, memory_own_end() - 16, 4096);
}
long call_write_sink(uint64_t sink)
{
    static const char text[16] = "hostile: text\n";
    return hypercall(COOP_HYPERCALL_WRITE, sink, memory_paddr(text), 14);
}

long call_stop(uint64_t reason_and_status)
{
    return hypercall(COOP_HYPERCALL_STOP, reason_and_status & 0xffff, reason_and_status >> 16, 0);
}
long call_upcall(uint64_t vector)
{
    long result = hypercall(COOP_HYPERCALL_UPCALL, vector, 0, 0);
    if (!result)
        hypercall(COOP_HYPERCALL_UPCALL, 0, 0, 0);
    return result;
}
long call_timer(uint64_t when)
{
    long result = hypercall(COOP_HYPERCALL_TIMER, when, 0, 0);
    hypercall(COOP_HYPERCALL_TIMER, 0, 0, 0);
    vcpu_page->events = 0;
    vcpu_page->upcall_pending = 0;
    return result;
}
/* Register in the low byte, then the value. */
long call_debug_register(uint64_t number_and_value)
{
    return hypercall(COOP_HYPERCALL_DEBUG_REGISTER, number_and_value & 0xff, number_and_value >> 8, 0);
}
long call_debug_register_number(uint64_t number)
{
    return hypercall(COOP_HYPERCALL_DEBUG_REGISTER, number, 0, 0);
}
/* A breakpoint inside the hypervisor's slots. */
long call_debug_register_hypervisor(uint64_t address)
{
    return hypercall(COOP_HYPERCALL_DEBUG_REGISTER, 0, address, 0);
}

/* From guest user mode: `hypercall` of this CPU's vendor, or SYSCALL deprivileged, where it is the guest's own. */
static const uint8_t call_user_vmmcall[] = {0x0f, 0x01, 0xd9, 0x0f, 0x0b},
                     call_user_vmcall[] = {0x0f, 0x01, 0xc1, 0x0f, 0x0b},
                     call_user_syscall[] = {0x0f, 0x05, 0x0f, 0x0b};

long call_user(uint64_t number)
{
    machine_run_user(is_amd ? call_user_vmmcall : call_user_vmcall, 5, number, 0);
    if (trap.vector != X86_VECTOR_UD || (trap.cs & 3) != 3)
        return HOLE;
    return is_deprivileged ? -COOP_EPERM
                           : (long)trap.rax; /* deprivileged: the first instruction is undefined already */
}
/* Is the guest kernel's: with the number as a system call's. */
long call_user_system_call(uint64_t number)
{
    machine_run_user(call_user_syscall, sizeof(call_user_syscall), number, 0);
    return trap.vector == TRAP_SYSTEM_CALL && trap.rax == number ? 0 : HOLE;
}

/* What the guest writes into its VCPU's page is believed by nobody. */
long call_vcpu_page(uint64_t pattern)
{
    struct coop_vcpu saved = *vcpu_page;
    memset(vcpu_page, (int)pattern, sizeof(*vcpu_page));
    vcpu_page->upcalls_masked = 1;
    long result = hypercall(COOP_HYPERCALL_VERSION, 0, 0, 0) == COOP_ABI_VERSION ? 0 : HOLE;
    hypercall(COOP_HYPERCALL_YIELD, 0, 0, 0);
    vcpu_page->events = saved.events;
    vcpu_page->events_masked = saved.events_masked;
    vcpu_page->upcall_pending = saved.upcall_pending;
    vcpu_page->upcalls_masked = saved.upcalls_masked;
    vcpu_page->cr3_loads = saved.cr3_loads;
    return result;
}

/* Deprivileged: tables of entries. 0: size 0, 1: size 4096, 2: reserved not 0, 3: an entry that is not canonical, 4: an
 * entry inside the hypervisor's slots (harmless: it faults, in ring 3), 5...: bad pointers. */
long call_traps(uint64_t which)
{
    static struct coop_traps traps;
    traps = (struct coop_traps){.size = sizeof(traps), .exception = (uint64_t)&traps, .system_call = 8, .upcall = 8};
    if (which == 0 || which == 1)
        traps.size = which ? 4096 : 0;
    traps.reserved = which == 2;
    if (which == 3)
        traps.exception = 1ul << 63;
    if (which == 4)
        traps.system_call = 0x800000000000ul;
    coop_paddr at = which < 5 ? memory_paddr(&traps) : call_pointer((unsigned)which - 5);
    long result = hypercall(COOP_HYPERCALL_TRAPS, at, 0, 0);
    machine_load_traps();
    return result;
}

/* Base in the low two bits, then the address, shifted. */
long call_segment_base(uint64_t which_and_base)
{
    long result = hypercall(COOP_HYPERCALL_SEGMENT_BASE, which_and_base & 7, which_and_base & ~7ul, 0);
    hypercall(COOP_HYPERCALL_SEGMENT_BASE, COOP_BASE_FS, 0, 0);
    return result;
}
