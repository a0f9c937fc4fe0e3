/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Panic: registers and a backtrace by frame pointers to the log, the reason also to the console.
 */
#include "kernel/panic.h"
#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/power.h"
#include "kernel/process.h"
#include "kernel/trap.h"
#include "memory/layout.h"
#include "pv/pv.h"
#include <coopvirt/format.h>

#define BACKTRACE_DEPTH 24
#define REASON_BYTES    160

extern const uint8_t kernel_text_start[], kernel_text_end[];

static bool panic_running;

/* Follows saved frame pointers as long as they go up and the return addresses are the kernel's. */
static void panic_backtrace(uint64_t frame)
{
    uint64_t previous = 0;
    for (unsigned depth = 0; depth < BACKTRACE_DEPTH; depth++) {
        if (frame < STACK_WINDOW_BASE || (frame & 7) || frame <= previous)
            return;
        const uint64_t *words = (const uint64_t *)frame;
        if (words[1] < (uint64_t)kernel_text_start || words[1] >= (uint64_t)kernel_text_end)
            return;
        log_line(LOG_ERROR, "  called from %016lx", words[1]);
        previous = frame;
        frame = words[0];
    }
}

/* The reason as an error record: what JSON would take amiss becomes a blank. */
static void panic_record(const char *reason)
{
    char text[REASON_BYTES];
    size_t i = 0;
    for (; reason[i] && i < sizeof(text) - 1; i++)
        text[i] = reason[i] < ' ' || reason[i] > '~' || reason[i] == '"' || reason[i] == '\\' ? ' ' : reason[i];
    text[i] = 0;
    log_record("{\"type\":\"error\",\"who\":\"guest\",\"reason\":\"%s\"}", text);
}

static void panic_say(const char *reason)
{
    static const char prefix[] = "\r\nguest-coop panic: ";
    size_t length = 0;
    while (reason[length])
        length++;
    pv.io.text_write(PV_TEXT_CONSOLE, prefix, sizeof(prefix) - 1);
    pv.io.text_write(PV_TEXT_CONSOLE, reason, length);
    pv.io.text_write(PV_TEXT_CONSOLE, "\r\n", 2);
    log_line(LOG_ERROR, "panic: %s", reason);
    panic_record(reason);
}

bool panic_is_running(void)
{
    return panic_running;
}

static void panic_enter(void)
{
    if (panic_running)
        pv.cpu.stop();
    panic_running = true;
}

void panic(const char *format, ...)
{
    char reason[REASON_BYTES];
    va_list arguments;
    panic_enter();
    va_start(arguments, format);
    format_string_list(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    panic_say(reason);
    panic_backtrace((uint64_t)__builtin_frame_address(0));
    power_end(false, "panic");
}

static void panic_registers(const struct trap_frame *f)
{
    log_line(LOG_ERROR, "rip %016lx  cs %04lx  rflags %08lx  rsp %016lx", f->rip, f->cs, f->rflags, f->rsp);
    log_line(LOG_ERROR, "rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx", f->rax, f->rbx, f->rcx, f->rdx);
    log_line(LOG_ERROR, "rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx", f->rsi, f->rdi, f->rbp, f->r8);
    log_line(LOG_ERROR, "r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx", f->r9, f->r10, f->r11, f->r12);
    log_line(LOG_ERROR, "r13 %016lx  r14 %016lx  r15 %016lx", f->r13, f->r14, f->r15);
    log_line(LOG_ERROR, "cr0 %08lx  cr2 %016lx  cr3 %016lx  cr4 %08lx", pv.cpu.control_read(0), pv.cpu.control_read(2),
             pv.cpu.control_read(3), pv.cpu.control_read(4));
}

void panic_trap(const struct trap_frame *frame, const char *what)
{
    char reason[REASON_BYTES];
    panic_enter();
    struct process *process = cpu_this()->current;
    format_string(reason, sizeof(reason), "%s (vector %lu, error 0x%lx) at %016lx, process %d %s", what, frame->vector,
                  frame->error, frame->rip, process ? process->pid : -1, process ? process->name : "");
    panic_say(reason);
    panic_registers(frame);
    panic_backtrace(frame->rbp);
    power_end(false, "panic");
}
