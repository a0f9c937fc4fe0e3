/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a deprivileged guest kernel can try: frames to return to, segment bases, entries of its trap table.
 */
#include "cases.h"
#include "hostile.h"
#include "machine.h"
#include "memory.h"

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
