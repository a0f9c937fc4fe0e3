/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions that a guest kernel should not have, registers that lie, and the hypervisor's slots: in ring 0 and
 * deprivileged alike. Instructions are given as their bytes, the first in the low byte.
 */
#include "cases.h"
#include "hostile.h"
#include "machine.h"
#include "memory.h"
#include "ring0.h"
#include <coopvirt/string.h>

#define RETURN_INSTRUCTION 0xc3u

static uint64_t cpu_rax;

/* Puts an instruction and a return into the page of user code, which the kernel can run too. */
static unsigned cpu_place(uint64_t bytes)
{
    uint8_t *code = memory_user_page();
    unsigned length = 0;
    for (; length < 8 && bytes >> (8 * length); length++)
        code[length] = (uint8_t)(bytes >> (8 * length));
    code[length] = RETURN_INSTRUCTION;
    return length;
}

static long cpu_run(uint64_t bytes)
{
    uint64_t rax = cpu_rax, rcx = 0, rdx = 0, code = MEMORY_USER;
    cpu_place(bytes);
    __asm__ volatile("call *%3" : "+a"(rax), "+c"(rcx), "+d"(rdx) : "r"(code) : "rbx", "memory", "cc");
    return 0;
}

/* RAX: the linear address of a page of zeros. Goes on, or raises. */
long cpu_execute(uint64_t bytes)
{
    static uint64_t zeros[512] __attribute__((aligned(4096)));
    cpu_rax = (uint64_t)zeros;
    return cpu_run(bytes);
}
/* RAX: the physical address of a page of zeros. */
long cpu_execute_physical(uint64_t bytes)
{
    coop_paddr frame = memory_frame_new();
    cpu_rax = frame;
    return cpu_run(bytes);
}
/* The same in guest user mode: must raise something there. */
long cpu_execute_user(uint64_t bytes)
{
    uint8_t code[16];
    unsigned length = 0;
    for (; length < 8 && bytes >> (8 * length); length++)
        code[length] = (uint8_t)(bytes >> (8 * length));
    code[length] = 0xcc; /* INT3 */
    machine_run_user(code, length + 1, 0, 0);
    return (trap.cs & 3) == 3 && trap.vector != X86_VECTOR_BP ? 0 : HOLE;
}

long cpu_read_msr(uint64_t number)
{
    ring0_read_msr((uint32_t)number);
    return 0;
}
/* Number in the low 32 bits, the value's low half above. */
long cpu_write_msr(uint64_t number_and_value)
{
    ring0_write_msr((uint32_t)number_and_value, number_and_value >> 32);
    return 0;
}

/* RCX has a high half that counts for nothing. */
long cpu_write_msr_wide(uint64_t number)
{
    __asm__ volatile("wrmsr" : : "c"(number | 1ul << 32), "a"(1), "d"(0));
    return 0;
}

/* Ports: nothing is there. */
long cpu_in(uint64_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "d"((uint16_t)port));
    return value == 0xff ? 0 : HOLE;
}
long cpu_in32(uint64_t port)
{
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "d"((uint16_t)port));
    return value == ~0u ? 0 : HOLE;
}
long cpu_out(uint64_t port_and_value)
{
    __asm__ volatile("outb %0, %1" : : "a"((uint8_t)(port_and_value >> 16)), "d"((uint16_t)port_and_value));
    return cpu_in((uint16_t)port_and_value);
}
long cpu_out32(uint64_t port_and_value)
{
    __asm__ volatile("outl %0, %1" : : "a"((uint32_t)(port_and_value >> 16)), "d"((uint16_t)port_and_value));
    return cpu_in32((uint16_t)port_and_value);
}
static long cpu_string_in(uint64_t pair)
{
    const uint64_t *values = (const uint64_t *)pair;
    uint64_t count = 16, to = values[1];
    __asm__ volatile("cld\n\trep insb" : "+D"(to), "+c"(count) : "d"((uint16_t)values[0]) : "memory");
    return 0;
}
/* A string of input whose target is a table: emulated or not, the table stays as it is. */
long cpu_string_in_table(uint64_t port)
{
    coop_paddr table = memory_table_new(1);
    uint64_t pair[2] = {port, (uint64_t)memory_at(table)};
    long ignored;
    machine_try(cpu_string_in, (uint64_t)pair, &ignored);
    long result = 0;
    for (unsigned i = 0; i < 512; i++)
        if (((uint64_t *)memory_at(table))[i])
            result = HOLE;
    if (result)
        stop(COOP_STOP_CRASH, 0);
    memory_table_free(table);
    return result;
}

/* The hypervisor's slots: nothing there is the guest's, whatever it does. */
long cpu_touch_hypervisor(uint64_t address)
{
    unsigned page_fault = 1 + X86_VECTOR_PF;
    if (machine_probe_read(address) != page_fault || machine_probe_write(address, 0) != page_fault ||
        machine_probe_call(address) != page_fault)
        return HOLE;
    return 0;
}
/* From the outside: text, code and data that the hypervisor's own tables may map. */
long cpu_touch_all_hypervisor_slots(uint64_t offset)
{
    for (unsigned slot = COOP_SLOT_FIRST; slot <= COOP_SLOT_LAST; slot++)
        if (cpu_touch_hypervisor(0xffff000000000000ul | (uint64_t)slot << 39 | offset))
            return HOLE;
    return 0;
}
/* By the user's root. */
long cpu_user_touches(uint64_t address)
{
    static const uint8_t read[] = {0x48, 0x8b, 0x00, 0xcc};
    machine_run_user(read, sizeof(read), address, 0);
    return trap.vector == X86_VECTOR_PF && (trap.cs & 3) == 3 ? 0 : HOLE;
}

/* The direct map, where there is memory. */
long cpu_user_touches_direct(uint64_t unused)
{
    (void)unused;
    return cpu_user_touches((uint64_t)memory_at(memory_root));
}

/* A hypercall with a stack pointer that lies. */
long cpu_hypercall_on_stack(uint64_t stack)
{
    long result = COOP_HYPERCALL_VERSION;
    if (is_deprivileged)
        __asm__ volatile("mov %%rsp, %%rbx\n\tmov %1, %%rsp\n\tsyscall\n\tmov %%rbx, %%rsp"
                         : "+a"(result)
                         : "r"(stack)
                         : "rbx", "rcx", "r11", "memory");
    else if (is_amd)
        __asm__ volatile("mov %%rsp, %%rbx\n\tmov %1, %%rsp\n\tvmmcall\n\tmov %%rbx, %%rsp"
                         : "+a"(result)
                         : "r"(stack)
                         : "rbx", "memory");
    else
        __asm__ volatile("mov %%rsp, %%rbx\n\tmov %1, %%rsp\n\tvmcall\n\tmov %%rbx, %%rsp"
                         : "+a"(result)
                         : "r"(stack)
                         : "rbx", "memory");
    return result == COOP_ABI_VERSION ? 0 : HOLE;
}
/* An exception with a stack pointer that lies. */
long cpu_trap_on_stack(uint64_t stack)
{
    __asm__ volatile("mov %0, %%rsp\n\tud2" : : "r"(stack) : "memory");
    return HOLE;
}

/* Flags that a kernel in ring 3 must not have: what stays of them. Ring 0 may have them all. */
long cpu_flags(uint64_t flags)
{
    uint64_t seen;
    __asm__ volatile("push %1\n\tpopfq\n\tpushfq\n\tpop %0\n\tpush $2\n\tpopfq"
                     : "=r"(seen)
                     : "r"(flags | 2)
                     : "cc", "memory");
    return is_deprivileged && seen & X86_FLAGS_IOPL ? HOLE : 0;
}
/* A hypercall, and an exception, with flags set that the hypervisor must not run with. */
long cpu_flags_trap(uint64_t flags)
{
    __asm__ volatile("push %0\n\tpopfq\n\tud2" : : "r"(flags | 2) : "cc", "memory");
    return HOLE;
}
/* A single step over a hypercall: the hypervisor is not stepped. */
long cpu_step_hypercall(uint64_t unused)
{
    (void)unused;
    __asm__ volatile("pushfq\n\torl $0x100, (%%rsp)\n\tpopfq" : : : "memory", "cc");
    hypercall(COOP_HYPERCALL_VERSION, 0, 0, 0);
    return HOLE;
}

static long cpu_load_ds(uint64_t selector)
{
    __asm__ volatile("mov %0, %%ds" : : "r"((uint32_t)selector));
    return 0;
}
/* A breakpoint on what MOV SS reads is held back until behind the next instruction: a hypercall, which has ended in the
 * hypervisor by then. SDM vol. 3, "Masking Exceptions and Interrupts When Switching Stacks". */
static long cpu_held_back(uint64_t selector_at)
{
    long result = COOP_HYPERCALL_VERSION;
    if (is_deprivileged)
        __asm__ volatile("mov (%1), %%ss\n\tsyscall" : "+a"(result) : "r"(selector_at) : "rcx", "r11", "memory");
    else if (is_amd)
        __asm__ volatile("mov (%1), %%ss\n\tvmmcall" : "+a"(result) : "r"(selector_at) : "memory");
    else
        __asm__ volatile("mov (%1), %%ss\n\tvmcall" : "+a"(result) : "r"(selector_at) : "memory");
    return result;
}
static void cpu_set_breakpoint(uint64_t address, uint64_t control)
{
    if (is_deprivileged) {
        hypercall(COOP_HYPERCALL_DEBUG_REGISTER, 0, address, 0);
        hypercall(COOP_HYPERCALL_DEBUG_REGISTER, 7, control, 0);
    } else {
        __asm__ volatile("mov %0, %%dr0\n\tmov %1, %%dr7" : : "r"(address), "r"(control));
    }
}
long cpu_breakpoint_at_call(uint64_t control)
{
    static volatile uint64_t selector;
    uint16_t ss;
    long result;
    __asm__ volatile("mov %%ss, %0" : "=r"(ss));
    selector = ss;
    cpu_set_breakpoint((uint64_t)&selector, control);
    bool came_back = machine_try(cpu_held_back, (uint64_t)&selector, &result);
    cpu_set_breakpoint(0, 0x400);
    return came_back ? (result == COOP_ABI_VERSION ? 0 : HOLE) : (trap.vector == X86_VECTOR_DB ? 0 : HOLE);
}

/* Every selector of the first 64 descriptors into DS, with each privilege. */
long cpu_selectors(uint64_t unused)
{
    (void)unused;
    long ignored;
    for (uint64_t selector = 0; selector < 0x200; selector++) {
        machine_try(cpu_load_ds, selector, &ignored);
        if (hypercall(COOP_HYPERCALL_VERSION, 0, 0, 0) != COOP_ABI_VERSION)
            return HOLE;
    }
    machine_try(cpu_load_ds, is_deprivileged ? 0 : COOP_SELECTOR_KERNEL_DATA, &ignored);
    return 0;
}
static long cpu_load_gs(uint64_t selector)
{
    __asm__ volatile("mov %0, %%gs" : : "r"((uint32_t)selector));
    return 0;
}
/* The same into GS, whose base both sides use. */
long cpu_selectors_gs(uint64_t unused)
{
    (void)unused;
    long ignored;
    for (uint64_t selector = 0; selector < 0x60; selector++) {
        machine_try(cpu_load_gs, selector, &ignored);
        if (hypercall(COOP_HYPERCALL_VERSION, 0, 0, 0) != COOP_ABI_VERSION)
            return HOLE;
        machine_probe_read(0x123456789000);
    }
    machine_try(cpu_load_gs, 0, &ignored);
    return 0;
}
/* A far return to a code selector. */
long cpu_far_return(uint64_t selector)
{
    __asm__ volatile("push %0\n\tlea 1f(%%rip), %%rax\n\tpush %%rax\n\tlretq\n1:" : : "r"(selector) : "rax", "memory");
    uint16_t cs;
    __asm__ volatile("mov %%cs, %0" : "=r"(cs));
    return is_deprivileged && (cs & 3) != 3 ? HOLE : 0;
}
/* An IRET to ring 0 of one's own making. */
long cpu_interrupt_return(uint64_t selector)
{
    __asm__ volatile("mov %%rsp, %%rbx\n\tpush $0\n\tpush %%rbx\n\tpush $0x3002\n\tpush %0\n\tlea 1f(%%rip), %%rax\n\t"
                     "push %%rax\n\tiretq\n1:"
                     :
                     : "r"(selector)
                     : "rax", "rbx", "memory");
    uint16_t cs;
    __asm__ volatile("mov %%cs, %0" : "=r"(cs));
    return (cs & 3) != 3 ? HOLE : 0;
}
