/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Printing the state of a VCPU whose VM is stopped.
 */
#include "core/report.h"
#include "core/instruction.h"
#include "core/vcpu.h"
#include "cpu/cpu_backend.h"
#include "machine/log.h"
#include <coopvirt/format.h>

static void report_general(const struct vcpu *vcpu, const struct registers *r)
{
    const uint64_t *g = vcpu->general;
    log_error("  rip %016lx rsp %016lx rflags %08lx cpl %u", r->rip, r->rsp, r->rflags, r->cpl);
    log_error("  rax %016lx rbx %016lx rcx %016lx rdx %016lx", g[REGISTER_RAX], g[REGISTER_RBX], g[REGISTER_RCX],
              g[REGISTER_RDX]);
    log_error("  rsi %016lx rdi %016lx rbp %016lx r8  %016lx", g[REGISTER_RSI], g[REGISTER_RDI], g[REGISTER_RBP],
              g[REGISTER_R8]);
    log_error("  r9  %016lx r10 %016lx r11 %016lx r12 %016lx", g[9], g[10], g[11], g[12]);
    log_error("  r13 %016lx r14 %016lx r15 %016lx", g[13], g[14], g[15]);
}

static void report_system(const struct registers *r)
{
    static const char *const names[SEGMENT_COUNT] = {"es", "cs", "ss", "ds", "fs", "gs"};
    log_error("  cr0 %08lx cr2 %016lx cr3 %016lx cr4 %08lx efer %04lx", r->cr0, r->cr2, r->cr3, r->cr4, r->efer);
    log_error("  gdt %016lx+%04x idt %016lx+%04x tr %04x base %016lx", r->gdt.base, r->gdt.limit, r->idt.base,
              r->idt.limit, r->tr.selector, r->tr.base);
    for (unsigned i = 0; i < SEGMENT_COUNT; i++)
        log_error("  %s %04x attributes %03x limit %08x base %016lx", names[i], r->segments[i].selector,
                  r->segments[i].attributes, r->segments[i].limit, r->segments[i].base);
}

static void report_bytes(const struct vcpu *vcpu, const struct registers *registers)
{
    uint8_t bytes[INSTRUCTION_BYTES_MAX];
    char text[3 * INSTRUCTION_BYTES_MAX + 1] = "";
    size_t got = instruction_fetch(vcpu, registers, bytes);
    for (size_t i = 0; i < got; i++)
        format_string(text + 3 * i, sizeof(text) - 3 * i, " %02x", bytes[i]);
    log_error("  bytes at rip:%s", got ? text : " none can be fetched");
}

static void report_trace(const struct vcpu *vcpu)
{
    log_error("  last exits, the latest first:");
    unsigned next = vcpu->trace_next / sizeof(vcpu->trace[0]);
    for (unsigned i = 1; i <= VCPU_TRACE; i++) {
        const struct vcpu_trace *trace = &vcpu->trace[(next - i) % VCPU_TRACE];
        if (!trace->rip && !trace->reason)
            break; /* none yet */
        log_error("    %-18s rip %016lx", vm_exit_name(trace->reason), trace->rip);
    }
}

void report_stop(struct vcpu *vcpu, enum vm_stop reason, const char *what)
{
    struct registers registers;
    char raw[128];
    vcpu->vm->cpu->read_registers(vcpu, &registers);
    log_error("vm %u vcpu %u is stopped: %s (%s)", vcpu->vm->number, vcpu->number, what, vm_stop_name(reason));
    vcpu->vm->cpu->describe(vcpu, CPU_DESCRIPTION_EXIT, raw, sizeof(raw));
    log_error("  exit %s (%s)", vm_exit_name(vcpu->exit.reason), raw);
    report_general(vcpu, &registers);
    report_system(&registers);
    report_bytes(vcpu, &registers);
    report_trace(vcpu);
    vm_stop(vcpu->vm, reason, 0);
}
