/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of physical CPUs, the set-up that each of them does for itself, and handing them work.
 */
#include "machine/cpu.h"
#include "machine/apic.h"
#include "machine/apic_send.h"
#include "machine/cpu_features.h"
#include "machine/cpu_private.h"
#include "machine/fpu.h"
#include "machine/frame.h"
#include "machine/paging.h"

#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

static struct cpu_private cpu_boot_private;

struct cpu cpu_boot = {
    .self = &cpu_boot,
    .stack_top = (uint64_t)boot_stack + CPU_STACK_BYTES,
    .online = true,
    .private = &cpu_boot_private,
};

/* Constant after start. */
static struct cpu *cpu_table[CPU_LIMIT] = {&cpu_boot};
static unsigned cpu_total = 1;

unsigned cpu_count(void)
{
    return cpu_total;
}

struct cpu *cpu_get(unsigned index)
{
    return index < cpu_total ? cpu_table[index] : NULL;
}

static void cpu_set_control_registers(void)
{
    const struct cpu_features *features = cpu_features();
    uint64_t cr4 = X86_CR4_PAE | X86_CR4_MCE | X86_CR4_PGE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT | X86_CR4_DE;

    if (features->xsave)
        cr4 |= X86_CR4_OSXSAVE;
    if (features->smep)
        cr4 |= X86_CR4_SMEP;
    if (features->umip)
        cr4 |= X86_CR4_UMIP;
    x86_write_cr4(cr4);
    x86_write_cr0(X86_CR0_PE | X86_CR0_MP | X86_CR0_ET | X86_CR0_NE | X86_CR0_WP | X86_CR0_PG);
}

void cpu_start_this(void)
{
    struct cpu_private *private = cpu_current()->private;
    uint64_t stacks[DESCRIPTOR_IST_COUNT];

    for (unsigned i = 0; i < DESCRIPTOR_IST_COUNT; i++) {
        stacks[i] = (uint64_t) private->emergency[i] + CPU_EMERGENCY_STACK_BYTES - CPU_EMERGENCY_STACK_USED;
        *(struct cpu **)stacks[i] = cpu_current();
    }
    cpu_set_control_registers();
    descriptor_load(&private->tables, stacks);
    fpu_start();
}

/* What a further CPU gets besides its stack. */
struct cpu_memory {
    struct cpu cpu;
    struct cpu_private private;
};

static coop_paddr cpu_allocate(size_t bytes)
{
    return frame_allocate((bytes + X86_PAGE_BYTES - 1) / X86_PAGE_BYTES, X86_PAGE_BYTES, FRAME_OWNER_HYPERVISOR);
}

struct cpu *cpu_add(uint32_t apic_id)
{
    if (cpu_total == CPU_LIMIT)
        return NULL;
    coop_paddr at = cpu_allocate(sizeof(struct cpu_memory)), stack = cpu_allocate(CPU_STACK_BYTES);
    if (at == FRAME_NONE || stack == FRAME_NONE)
        return NULL;
    struct cpu_memory *memory = frame_address(at);
    memory->private = (struct cpu_private){.work = NULL};
    memory->cpu = (struct cpu){
        .self = &memory->cpu,
        .index = cpu_total,
        .apic_id = apic_id,
        .stack_top = paging_map_stack(cpu_total, stack),
        .private = &memory->private,
    };
    cpu_table[cpu_total++] = &memory->cpu;
    return &memory->cpu;
}

void cpu_idle(void)
{
    struct cpu_private *private = cpu_current()->private;

    for (;;) {
        x86_cli();
        void (*work)(void *) = __atomic_load_n(&private->work, __ATOMIC_ACQUIRE);
        if (!work) {
            x86_sti_hlt();
            continue;
        }
        work(private->work_context);
        __atomic_store_n(&private->work, NULL, __ATOMIC_RELEASE);
    }
}

bool cpu_start_work(unsigned index, void (*work)(void *context), void *context)
{
    struct cpu *cpu = cpu_get(index);

    if (!cpu || !cpu->online || __atomic_load_n(&cpu->private->work, __ATOMIC_ACQUIRE))
        return false;
    cpu->private->work_context = context;
    __atomic_store_n(&cpu->private->work, work, __ATOMIC_RELEASE);
    cpu_kick(index);
    return true;
}

void cpu_kick(unsigned index)
{
    struct cpu *cpu = cpu_get(index);

    if (cpu && cpu->online)
        apic_send_fixed(cpu->apic_id, APIC_VECTOR_KICK);
}

uint64_t cpu_stack_end(uint64_t address)
{
    const struct cpu *cpu = cpu_current();

    if (address >= cpu->stack_top - CPU_STACK_BYTES && address < cpu->stack_top)
        return cpu->stack_top;
    for (unsigned i = 0; i < DESCRIPTOR_IST_COUNT; i++) {
        uint64_t bottom = (uint64_t)cpu->private->emergency[i];
        if (address >= bottom && address < bottom + CPU_EMERGENCY_STACK_BYTES)
            return bottom + CPU_EMERGENCY_STACK_BYTES;
    }
    return 0;
}
