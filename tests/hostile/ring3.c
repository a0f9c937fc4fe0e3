/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a deprivileged guest kernel can try: frames to return to, segment bases, entries of its trap table.
 */
#include "cases.h"
#include "hostile.h"
#include "machine.h"
#include "memory.h"
#include <coopvirt/string.h>

/* Of user mode, what would confuse the kernel that is entered from there. */
#define RING3_ENTRY_FLAGS (X86_FLAGS_TF | X86_FLAGS_DF | X86_FLAGS_NT | X86_FLAGS_AC | X86_FLAGS_IOPL)

static struct coop_frame frame;

static long ring3_go(uint64_t unused)
{
    (void)unused;
    vcpu_page->frame = frame;
    return hypercall(COOP_HYPERCALL_RETURN, 0, 0, 0);
}

extern char ring3_landing[];
__asm__("ring3_landing:\n\tpushfq\n\tpop %rax\n\tud2\n");
static char ring3_stack[256] __attribute__((aligned(16)));

/* A frame of guest kernel mode that is as it should be. */
static void ring3_frame(void)
{
    frame = (struct coop_frame){.rip = (uint64_t)ring3_landing,
                                .cs = COOP_SELECTOR_KERNEL_CODE,
                                .rflags = X86_FLAGS_ONE,
                                .rsp = (uint64_t)ring3_stack + sizeof(ring3_stack),
                                .ss = COOP_SELECTOR_KERNEL_DATA};
}
/* Returns; the landing stores its flags in RAX and is undefined then. */
static long ring3_land(void)
{
    long ignored;
    trap.vector = ~0ul;
    machine_try(ring3_go, 0, &ignored);
    return trap.vector == X86_VECTOR_UD ? 0 : HOLE;
}

long ring3_return(uint64_t unused)
{
    (void)unused;
    ring3_frame();
    return ring3_land();
}
/* Flags that the frame must not bring into force: I/O privilege, virtual 8086. */
long ring3_return_flags(uint64_t flags)
{
    ring3_frame();
    frame.rflags |= flags;
    long result = ring3_land();
    return trap.rax & (X86_FLAGS_IOPL | X86_FLAGS_VM) & flags ? HOLE : result;
}
/* Selectors: whatever stands there, ring 3 is what runs. In the low half CS, above it SS. */
long ring3_return_selectors(uint64_t selectors)
{
    ring3_frame();
    frame.cs = selectors & 0xffff;
    frame.ss = selectors >> 16;
    ring3_land();
    return 0;
}
/* Addresses that fault there, in guest kernel mode: the hypervisor's slots, and nowhere. */
long ring3_return_to(uint64_t address)
{
    long ignored;
    ring3_frame();
    frame.rip = address;
    machine_try(ring3_go, 0, &ignored);
    return trap.vector == X86_VECTOR_PF ? 0 : HOLE;
}
/* A stack there. */
long ring3_return_stack(uint64_t address)
{
    ring3_frame();
    frame.rip = (uint64_t)ring3_landing + 2; /* the landing's UD2 */
    frame.rsp = address;
    return ring3_land();
}
/* To guest user mode with the addresses of the kernel: its root has none of them. */
long ring3_return_user(uint64_t unused)
{
    (void)unused;
    long ignored;
    ring3_frame();
    frame.cs = COOP_SELECTOR_USER_CODE;
    frame.ss = COOP_SELECTOR_USER_DATA;
    machine_try(ring3_go, 0, &ignored);
    return trap.vector == X86_VECTOR_PF && (trap.cs & 3) == 3 ? 0 : HOLE;
}

/* Runs bytes of code in guest user mode with these flags, by the way that a kernel usually returns there. */
static void ring3_run_user(const void *code, unsigned bytes, uint64_t flags)
{
    long ignored;
    memcpy(memory_user_page(), code, bytes);
    ring3_frame();
    frame.rip = MEMORY_USER;
    frame.cs = COOP_SELECTOR_USER_CODE;
    frame.ss = COOP_SELECTOR_USER_DATA;
    frame.rflags |= X86_FLAGS_IF | flags;
    trap.vector = ~0ul;
    machine_try(ring3_go, 0, &ignored);
}
/* Neither are privileges brought into force there, nor do the flags come along into the kernel: by a breakpoint, */
long ring3_user_flags(uint64_t flags)
{
    static const uint8_t code[] = {0x90, 0xcc};
    ring3_run_user(code, sizeof(code), flags);
    bool is_expected = trap.vector == X86_VECTOR_BP || (flags & X86_FLAGS_TF && trap.vector == X86_VECTOR_DB);
    bool is_privileged = trap.rflags & (X86_FLAGS_IOPL | X86_FLAGS_VM) || trap.entry_rflags & RING3_ENTRY_FLAGS;
    return is_expected && (trap.cs & 3) == 3 && !is_privileged ? 0 : HOLE;
}
/* and by a system call. */
long ring3_user_call_flags(uint64_t flags)
{
    static const uint8_t code[] = {0x0f, 0x05};
    ring3_run_user(code, sizeof(code), flags);
    return trap.vector == TRAP_SYSTEM_CALL && !(trap.entry_rflags & RING3_ENTRY_FLAGS) ? 0 : HOLE;
}
/* The usual return, to the kernel itself. */
long ring3_return_unmasked(uint64_t unused)
{
    (void)unused;
    ring3_frame();
    frame.rflags |= X86_FLAGS_IF;
    long result = ring3_land();
    vcpu_page->upcalls_masked = 1;
    return result || (trap.cs & 3) == 3 ? HOLE : 0;
}
/* Kernel and user each have their GS base, whoever loaded it last. */
long ring3_gs_of_each(uint64_t unused)
{
    static uint64_t mark = 0x6b65726e656c2021;
    static const uint8_t code[] = {0x65, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0, 0xcc}; /* mov rax, [gs:0]; int3 */
    uint64_t seen, first;
    (void)unused;
    hypercall(COOP_HYPERCALL_SEGMENT_BASE, COOP_BASE_GS_KERNEL, (uint64_t)&mark, 0);
    hypercall(COOP_HYPERCALL_SEGMENT_BASE, COOP_BASE_GS_USER, MEMORY_USER, 0);
    ring3_run_user(code, sizeof(code), 0);
    __asm__ volatile("mov %%gs:0, %0" : "=r"(seen));
    hypercall(COOP_HYPERCALL_SEGMENT_BASE, COOP_BASE_GS_KERNEL, 0, 0);
    hypercall(COOP_HYPERCALL_SEGMENT_BASE, COOP_BASE_GS_USER, 0, 0);
    memcpy(&first, code, sizeof(first));
    return trap.vector == X86_VECTOR_BP && trap.rax == first && seen == mark ? 0 : HOLE;
}
/* A fault of the kernel is not one of its user. */
long ring3_fault_error(uint64_t address)
{
    return machine_probe_read(address) == 1 + X86_VECTOR_PF && !(trap.error & X86_PF_USER) ? 0 : HOLE;
}
/* Strings run backwards when the hypervisor is entered. */
long ring3_backwards(uint64_t port)
{
    uint8_t value;
    __asm__ volatile("std\n\tinb %1, %0\n\tcld" : "=a"(value) : "d"((uint16_t)port));
    return value == 0xff ? 0 : HOLE;
}

/* A GS base that lies at every way into the hypervisor. */
long ring3_gs_base(uint64_t base)
{
    hypercall(COOP_HYPERCALL_SEGMENT_BASE, COOP_BASE_GS_KERNEL, base, 0);
    hypercall(COOP_HYPERCALL_SEGMENT_BASE, COOP_BASE_GS_USER, base, 0);
    long result = hypercall(COOP_HYPERCALL_VERSION, 0, 0, 0) == COOP_ABI_VERSION ? 0 : HOLE;
    if (machine_probe_read(0x123456789000) != 1 + X86_VECTOR_PF)
        result = HOLE;
    result |= call_user_system_call(1);
    hypercall(COOP_HYPERCALL_SEGMENT_BASE, COOP_BASE_GS_KERNEL, 0, 0);
    hypercall(COOP_HYPERCALL_SEGMENT_BASE, COOP_BASE_GS_USER, 0, 0);
    return result;
}
static long ring3_do_gs_base(uint64_t base)
{
    __asm__ volatile(".byte 0xf3, 0x48, 0x0f, 0xae, 0xd8" : : "a"(base)); /* WRGSBASE RAX */
    return 0;
}
/* The same by WRGSBASE, where the CPU lets ring 3 have it; and SWAPGS, which it must not. */
long ring3_gs_base_instruction(uint64_t base)
{
    long ignored, result = 0;
    machine_try(ring3_do_gs_base, base, &ignored);
    if (hypercall(COOP_HYPERCALL_VERSION, 0, 0, 0) != COOP_ABI_VERSION ||
        machine_probe_read(0x123456789000) != 1 + X86_VECTOR_PF)
        result = HOLE;
    machine_try(ring3_do_gs_base, 0, &ignored);
    return result;
}
