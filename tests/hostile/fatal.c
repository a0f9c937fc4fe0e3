/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ends a VM, or would go on for ever: each in a VM of its own, which must be stopped with a reason while the other
 * VM goes on.
 */
#include "cases.h"
#include "hostile.h"
#include "machine.h"
#include "memory.h"
#include "ring0.h"
#include <coopvirt/string.h>

/* No interrupt table: the first exception is the last. */
long fatal_no_idt(uint64_t unused)
{
    (void)unused;
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) nothing = {0, 0};
    __asm__ volatile("lidt %0\n\tud2" : : "m"(nothing));
    return HOLE;
}
/* Handlers that fault themselves, for ever or not. */
long fatal_trap_entries(uint64_t entry)
{
    static struct coop_traps traps;
    traps = (struct coop_traps){.size = sizeof(traps), .exception = entry, .system_call = entry, .upcall = entry};
    hypercall(COOP_HYPERCALL_TRAPS, memory_paddr(&traps), 0, 0);
    __asm__ volatile("ud2");
    return HOLE;
}
/* A root without a kernel in it. */
long fatal_empty_root(uint64_t unused)
{
    (void)unused;
    coop_paddr root = memory_table_new(4);
    hypercall(COOP_HYPERCALL_ROOT, root, memory_user_root, 0);
    return HOLE;
}
long fatal_halt(uint64_t unused)
{
    (void)unused;
    __asm__ volatile("cli\n\thlt");
    return HOLE;
}
/* Without an exit: only the host's own timer ends it. Argument: interrupts on. */
long fatal_spin(uint64_t is_interruptible)
{
    if (is_interruptible)
        __asm__ volatile("sti");
    __asm__ volatile("1: jmp 1b");
    return HOLE;
}
/* Lets the host's interrupts through where the emulator asks the guest's flag. */
static void fatal_interrupts_on(void)
{
    if (!is_deprivileged)
        __asm__ volatile("sti");
}

/* Without an exit, and far beyond the limit, but not for ever: who is not stopped says so. */
long fatal_spin_long(uint64_t rounds)
{
    fatal_interrupts_on();
    __asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(rounds) : : "cc");
    return HOLE;
}

/* The null hypercall without end, interrupts off. */
long fatal_flood_masked(uint64_t number)
{
    for (;;)
        hypercall(number, 0, 0, 0);
}
/* Hypercalls without end; number in the argument. */
long fatal_flood(uint64_t number)
{
    fatal_interrupts_on();
    static const char text[] = "hostile: this is one of very many lines that nobody asked for\n";
    for (;;) {
        if (number == COOP_HYPERCALL_WRITE)
            hypercall(number, 1, memory_paddr(text), sizeof(text) - 1);
        else if (number == COOP_HYPERCALL_TIMER)
            hypercall(number, 1, 0, 0);
        else
            hypercall(number, 0, 0, 0);
    }
}
long fatal_flood_console(uint64_t unused)
{
    (void)unused;
    static const char text[] = "hostile: this is one of very many lines that nobody asked for\n";
    for (;;)
        hypercall(COOP_HYPERCALL_WRITE, 0, memory_paddr(text), sizeof(text) - 1);
}
/* Batches without end, of the longest kind. */
long fatal_flood_batches(uint64_t unused)
{
    (void)unused;
    static struct coop_mmu_operation operations[COOP_MMU_BATCH_MOST] __attribute__((aligned(16)));
    for (unsigned i = 0; i < COOP_MMU_BATCH_MOST; i++)
        operations[i] = (struct coop_mmu_operation){memory_window_slot(i % 512) | COOP_MMU_CLEAR, 1};
    fatal_interrupts_on();
    for (;;)
        hypercall(COOP_HYPERCALL_MMU_BATCH, memory_paddr(operations), COOP_MMU_BATCH_MOST, 0);
}
/* A breakpoint on the stack that the #DB handler is entered on: on hardware, delivery that never ends. */
long fatal_endless_debug(uint64_t unused)
{
    (void)unused;
    uint64_t rsp;
    __asm__ volatile("mov %%rsp, %0" : "=r"(rsp));
    fatal_interrupts_on();
    __asm__ volatile("mov %0, %%dr0\n\tmov %1, %%dr7" : : "r"((rsp - 64) & ~7ul), "r"(0x000f0403ul));
    for (;;)
        __asm__ volatile("push %rax\n\tpush %rax\n\tpush %rax\n\tpush %rax\n\tadd $32, %rsp");
}
/* Frames that nobody can return to: RIP is not canonical. */
long fatal_return(uint64_t rip)
{
    vcpu_page->frame = (struct coop_frame){
        .rip = rip, .cs = COOP_SELECTOR_KERNEL_CODE, .rflags = 2, .rsp = 0x1000, .ss = COOP_SELECTOR_KERNEL_DATA};
    hypercall(COOP_HYPERCALL_RETURN, 0, 0, 0);
    return HOLE;
}
/* The same by the usual way, to user mode. */
long fatal_return_user(uint64_t rip)
{
    vcpu_page->frame = (struct coop_frame){.rip = rip,
                                           .cs = COOP_SELECTOR_USER_CODE,
                                           .rflags = X86_FLAGS_ONE | X86_FLAGS_IF,
                                           .rsp = 0x1000,
                                           .ss = COOP_SELECTOR_USER_DATA};
    hypercall(COOP_HYPERCALL_RETURN, 0, 0, 0);
    return HOLE;
}
/* The last instruction below the half that is no address, from its bytes: it is carried out; behind it is nothing. */
long fatal_last_instruction(uint64_t bytes)
{
    coop_paddr below = memory_entry(memory_slot(MEMORY_USER, 1));
    unsigned length = bytes > 0xff ? 2 : 1;
    memcpy((uint8_t *)memory_user_page() + 4096 - length, &bytes, length);
    for (unsigned level = 1; level <= 3; level++) {
        coop_paddr table = memory_table_new(level);
        memory_set(table + 511 * 8, below);
        below = table | MEMORY_TABLE | X86_PTE_U;
    }
    memory_set(memory_root + COOP_SLOT_FIRST * 8 - 8, below);
    __asm__ volatile("jmp *%1" : : "a"(COOP_HYPERCALL_VERSION), "r"(0x800000000000 - length));
    return HOLE;
}
/* The guest kernel gives up. */
long fatal_crash(uint64_t unused)
{
    (void)unused;
    hypercall(COOP_HYPERCALL_STOP, COOP_STOP_CRASH, 0, 0);
    return HOLE;
}
