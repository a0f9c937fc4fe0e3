/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State dumps. There are no frame pointers, so the stack is searched for words that point behind a call in the
 * image's text: a superset of the return addresses, to be read with addr2line on hv-core.elf.
 */
#include "machine/state_dump.h"
#include "machine/cpu_private.h"
#include "machine/image.h"
#include "machine/log.h"

#include <coopvirt/format.h>
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

#define STATE_DUMP_RETURNS 16

static const char *const state_dump_names[TRAP_EXCEPTIONS] = {
    [0] = "#DE divide error",
    [1] = "#DB debug",
    [2] = "NMI",
    [3] = "#BP breakpoint",
    [4] = "#OF overflow",
    [5] = "#BR bound range",
    [6] = "#UD invalid opcode",
    [7] = "#NM device not available",
    [8] = "#DF double fault",
    [10] = "#TS invalid TSS",
    [11] = "#NP segment not present",
    [12] = "#SS stack",
    [13] = "#GP general protection",
    [14] = "#PF page fault",
    [16] = "#MF x87",
    [17] = "#AC alignment check",
    [18] = "#MC machine check",
    [19] = "#XM SIMD",
    [21] = "#CP control protection",
    [28] = "#HV",
    [29] = "#VC",
    [30] = "#SX security",
};

static void state_dump_error_meaning(const struct trap_frame *frame, char *text, size_t size)
{
    uint32_t error = (uint32_t)frame->error;

    if (frame->vector == X86_VECTOR_PF)
        format_string(text, size, " (%s of %s page%s) at CR2 %016lx",
                      error & X86_PF_INSTRUCTION ? "execution"
                      : error & X86_PF_WRITE     ? "write"
                                                 : "read",
                      error & X86_PF_PRESENT ? "a protected" : "an absent",
                      error & X86_PF_RESERVED ? ", reserved bit set" : "", (unsigned long)x86_read_cr2());
    else if (error)
        format_string(text, size, " (%s entry %u%s)",
                      error & 2   ? "IDT"
                      : error & 4 ? "LDT"
                                  : "GDT",
                      error >> 3 & 0x1fff, error & 1 ? ", external" : "");
    else
        *text = 0;
}

void state_dump_reason(const struct trap_frame *frame, char *text, size_t size)
{
    const char *name = frame->vector < TRAP_EXCEPTIONS ? state_dump_names[frame->vector] : NULL;
    char meaning[96];

    state_dump_error_meaning(frame, meaning, sizeof(meaning));
    format_string(text, size, "%s in hv-core at %016lx, error %lx%s", name ? name : "exception",
                  (unsigned long)frame->rip, (unsigned long)frame->error, meaning);
}

static void state_dump_control(void)
{
    const struct cpu *cpu = cpu_current();

    log_error("cr0 %016lx cr2 %016lx cr3 %016lx cr4 %016lx", (unsigned long)x86_read_cr0(),
              (unsigned long)x86_read_cr2(), (unsigned long)x86_read_cr3(), (unsigned long)x86_read_cr4());
    log_error("efer %016lx cpu %u apic %u vcpu %p", (unsigned long)x86_rdmsr(X86_MSR_EFER), cpu->index, cpu->apic_id,
              (void *)cpu->running);
}

/* Nothing is read when the stack pointer lies in none of this CPU's stacks. */
static void state_dump_stack(uint64_t stack)
{
    const uint64_t *word = (const uint64_t *)((stack + 7) & ~7ul);
    const uint64_t *end = (const uint64_t *)cpu_stack_end(stack);

    for (unsigned found = 0; word < end && found < STATE_DUMP_RETURNS; word++) {
        if (*word >= (uint64_t)image_text_start && *word < (uint64_t)image_text_end) {
            log_error("stack %016lx: %016lx", (unsigned long)word, (unsigned long)*word);
            found++;
        }
    }
}

void state_dump_trap(const struct trap_frame *f)
{
    log_error("rip %016lx cs %04lx flags %08lx rsp %016lx ss %04lx", (unsigned long)f->rip, (unsigned long)f->cs,
              (unsigned long)f->flags, (unsigned long)f->rsp, (unsigned long)f->ss);
    log_error("rax %016lx rbx %016lx rcx %016lx rdx %016lx", (unsigned long)f->rax, (unsigned long)f->rbx,
              (unsigned long)f->rcx, (unsigned long)f->rdx);
    log_error("rsi %016lx rdi %016lx rbp %016lx r8  %016lx", (unsigned long)f->rsi, (unsigned long)f->rdi,
              (unsigned long)f->rbp, (unsigned long)f->r8);
    log_error("r9  %016lx r10 %016lx r11 %016lx r12 %016lx", (unsigned long)f->r9, (unsigned long)f->r10,
              (unsigned long)f->r11, (unsigned long)f->r12);
    log_error("r13 %016lx r14 %016lx r15 %016lx", (unsigned long)f->r13, (unsigned long)f->r14, (unsigned long)f->r15);
    state_dump_control();
    state_dump_stack(f->rsp);
}

void state_dump_here(void)
{
    state_dump_control();
    state_dump_stack((uint64_t)__builtin_frame_address(0));
}
