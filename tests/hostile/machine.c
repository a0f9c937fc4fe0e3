/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traps, guest user mode and hypercalls of the hostile guest, in ring 0 and deprivileged.
 */
#include "machine.h"
#include "hostile.h"
#include "memory.h"
#include "ring0.h"
#include <coopvirt/string.h>

#define GATE_PRESENT_DPL3 0xee00ul /* an interrupt gate that INT n may use: APM vol. 2, "Gate Descriptors" */
#define SELECTOR_TSS      0x40u
#define STACK_BYTES       8192

struct table_register {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

const struct coop_start_info *start_info;
struct coop_vcpu *vcpu_page;
bool is_deprivileged, is_amd;
volatile struct trap trap;
uint64_t entry_hypercall_page;

extern const uint64_t trap_stubs[32];
extern char frame_exception[], frame_system_call[], frame_upcall[], trap_other[], trap_syscall[];

static uint64_t gdt[10] __attribute__((aligned(16)));
static uint64_t idt[256][2] __attribute__((aligned(16)));
static uint32_t tss[26] __attribute__((aligned(16)));
static char trap_stack[STACK_BYTES] __attribute__((aligned(16))), user_stack[64];
static uint64_t user_rax, user_rdi, user_rip;

static void machine_set_gate(unsigned vector, uint64_t handler)
{
    idt[vector][0] = (handler & 0xffff) | (uint64_t)COOP_SELECTOR_KERNEL_CODE << 16 | 1ul << 32 |
                     GATE_PRESENT_DPL3 << 32 | (handler >> 16 & 0xffff) << 48;
    idt[vector][1] = handler >> 32;
}

/* SDM vol. 3, "64-Bit Mode Descriptors"; the selectors are those of abi.h. */
static void machine_fill_tables(void)
{
    uint64_t base = (uint64_t)tss, stack = (uint64_t)trap_stack + sizeof(trap_stack);
    gdt[COOP_SELECTOR_KERNEL_CODE / 8] = 0x00af9b000000fffful;
    gdt[COOP_SELECTOR_KERNEL_DATA / 8] = 0x00cf93000000fffful;
    gdt[COOP_SELECTOR_USER_DATA / 8] = 0x00cff3000000fffful;
    gdt[COOP_SELECTOR_USER_CODE / 8] = 0x00affb000000fffful;
    gdt[SELECTOR_TSS / 8] = (sizeof(tss) - 1) | (base & 0xffffff) << 16 | 0x89ul << 40 | (base >> 24 & 0xff) << 56;
    gdt[SELECTOR_TSS / 8 + 1] = base >> 32;
    memcpy(&tss[1], &stack, 8);            /* RSP0 */
    memcpy(&tss[9], &stack, 8);            /* IST1 */
    tss[25] = (uint32_t)sizeof(tss) << 16; /* no map of ports */
    for (unsigned vector = 0; vector < 256; vector++)
        machine_set_gate(vector, vector < 32 ? trap_stubs[vector] : (uint64_t)trap_other);
}

static void machine_load_ring0(void)
{
    struct table_register gdtr = {sizeof(gdt) - 1, (uint64_t)gdt}, idtr = {sizeof(idt) - 1, (uint64_t)idt};
    gdt[SELECTOR_TSS / 8] &= ~(2ul << 40); /* not busy */
    __asm__ volatile("lgdt %0\n\tlidt %1" : : "m"(gdtr), "m"(idtr));
    __asm__ volatile("mov %0, %%ss\n\tmov %0, %%ds\n\tmov %0, %%es\n\tltr %1"
                     :
                     : "r"(COOP_SELECTOR_KERNEL_DATA), "r"((uint16_t)SELECTOR_TSS));
    __asm__ volatile("push %0\n\tlea 1f(%%rip), %%rax\n\tpush %%rax\n\tlretq\n1:"
                     :
                     : "i"(COOP_SELECTOR_KERNEL_CODE)
                     : "rax", "memory");
    ring0_write_msr(X86_MSR_STAR,
                    (uint64_t)(COOP_SELECTOR_USER_DATA - 8) << 48 | (uint64_t)COOP_SELECTOR_KERNEL_CODE << 32);
    ring0_write_msr(X86_MSR_LSTAR, (uint64_t)trap_syscall);
    ring0_write_msr(X86_MSR_SFMASK, X86_FLAGS_IF | X86_FLAGS_TF | X86_FLAGS_DF);
}

void machine_load_traps(void)
{
    static struct coop_traps traps;
    if (!is_deprivileged) {
        machine_load_ring0();
        return;
    }
    traps = (struct coop_traps){.size = sizeof(traps),
                                .exception = (uint64_t)frame_exception,
                                .system_call = (uint64_t)frame_system_call,
                                .upcall = (uint64_t)frame_upcall};
    if (hypercall(COOP_HYPERCALL_TRAPS, memory_paddr(&traps), 0, 0))
        stop(COOP_STOP_CRASH, 0);
}

void machine_start(const struct coop_start_info *info)
{
    uint32_t eax = 0, ebx, ecx, edx;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
    is_amd = ebx == 0x68747541; /* "Auth" */
    start_info = info;
    is_deprivileged = info->features & COOP_FEATURE_DEPRIVILEGED;
    vcpu_page = memory_at(info->vcpu);
    vcpu_page->upcalls_masked = 1;
    vcpu_page->events_masked = ~0ul;
    entry_hypercall_page = (uint64_t)memory_at(info->hypercall_page);
    if (!is_deprivileged)
        machine_fill_tables();
    machine_load_traps();
}

long hypercall_with(uint64_t flags, uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx)
{
    __asm__ volatile("push %0\n\tpopfq" : : "r"(flags | X86_FLAGS_ONE) : "cc", "memory");
    long result = hypercall(number, rdi, rsi, rdx);
    __asm__ volatile("push %0\n\tpopfq" : : "i"(X86_FLAGS_ONE) : "cc", "memory");
    return result;
}

_Noreturn void trap_unexpected(void)
{
    say("a trap outside of any case: vector %lu error %lx rip %lx address %lx", trap.vector, trap.error, trap.rip,
        trap.address);
    stop(COOP_STOP_CRASH, 0);
}

/* vector: of an exception, 0, since the frame has it. */
void trap_from_frame(uint64_t vector)
{
    const struct coop_frame *frame = &vcpu_page->frame;
    trap.vector = vector ? vector : frame->vector;
    trap.error = frame->error;
    trap.rip = frame->rip;
    trap.cs = frame->cs;
    trap.rflags = frame->rflags;
    trap.rsp = frame->rsp;
    trap.address = frame->fault_address;
}

static long machine_write_pair(uint64_t pair)
{
    const uint64_t *values = (const uint64_t *)pair;
    return machine_write(values[0], values[1]);
}

unsigned machine_probe_read(uint64_t address)
{
    long ignored;
    return machine_try(machine_read, address, &ignored) ? 0 : 1 + (unsigned)trap.vector;
}

unsigned machine_probe_write(uint64_t address, uint64_t value)
{
    uint64_t pair[2] = {address, value};
    long ignored;
    return machine_try(machine_write_pair, (uint64_t)pair, &ignored) ? 0 : 1 + (unsigned)trap.vector;
}

unsigned machine_probe_call(uint64_t address)
{
    long ignored;
    return machine_try(machine_call, address, &ignored) ? 0 : 1 + (unsigned)trap.vector;
}

static long machine_enter_user(uint64_t unused)
{
    (void)unused;
    uint64_t stack = (uint64_t)user_stack;
    if (!is_deprivileged)
        user_enter(user_rip, stack, user_rax, user_rdi);
    /* RETURN's own registers are its number only: user code begins with what the frame gives. */
    vcpu_page->frame = (struct coop_frame){.rip = user_rip,
                                           .cs = COOP_SELECTOR_USER_CODE,
                                           .rflags = X86_FLAGS_ONE | X86_FLAGS_IF,
                                           .rsp = stack,
                                           .ss = COOP_SELECTOR_USER_DATA,
                                           .rax = user_rax};
    return hypercall(COOP_HYPERCALL_RETURN, user_rdi, 0, 0);
}

void machine_run_user(const void *code, unsigned bytes, uint64_t rax, uint64_t rdi)
{
    long ignored;
    memcpy(memory_user_page(), code, bytes);
    user_rip = MEMORY_USER;
    user_rax = rax;
    user_rdi = rdi;
    trap.vector = ~0ul;
    machine_try(machine_enter_user, 0, &ignored);
}
