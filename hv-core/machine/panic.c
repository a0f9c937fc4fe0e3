/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of the machine: by panic (one CPU dumps, the others are stopped by NMI) or in order.
 */
#include "machine/panic.h"
#include "machine/apic_send.h"
#include "machine/console.h"
#include "machine/cpu.h"
#include "machine/log.h"
#include "machine/log_start.h"
#include "machine/power.h"
#include "machine/state_dump.h"

#include <coopvirt/format.h>
#include <coopvirt/x86_instructions.h>
#include <stdarg.h>

#define PANIC_NOBODY UINT32_MAX

static uint32_t panic_cpu = PANIC_NOBODY; /* index of the CPU that panics */

bool panic_has_begun(void)
{
    return __atomic_load_n(&panic_cpu, __ATOMIC_ACQUIRE) != PANIC_NOBODY;
}

void panic_halt(void)
{
    for (;;) {
        x86_cli();
        x86_hlt();
    }
}

/* Returns on one CPU only; a panic within the panic goes straight to the end. */
static void panic_begin(void)
{
    uint32_t expected = PANIC_NOBODY, self = cpu_current()->index;

    x86_cli();
    if (__atomic_compare_exchange_n(&panic_cpu, &expected, self, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        apic_send_nmi_to_others();
        log_enter_panic();
        return;
    }
    if (expected == self)
        machine_end(false, "a second failure while dumping the first");
    panic_halt();
}

/* A text as the inside of a JSON string, cut to size. */
static void panic_quote(const char *from, char *to, size_t size)
{
    size_t used = 0;

    for (; *from && used + 3 < size; from++) {
        if (*from == '"' || *from == '\\')
            to[used++] = '\\';
        to[used++] = (unsigned char)*from < ' ' ? ' ' : *from;
    }
    to[used] = 0;
}

static void panic_record(const char *reason)
{
    char record[384], quoted[300];

    log_error("panic: %s", reason);
    panic_quote(reason, quoted, sizeof(quoted));
    format_string(record, sizeof(record), "{\"type\":\"error\",\"who\":\"hv\",\"reason\":\"%s\"}", quoted);
    log_record(record);
}

void panic(const char *format, ...)
{
    char reason[256];
    va_list arguments;

    panic_begin();
    va_start(arguments, format);
    format_string_list(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    panic_record(reason);
    state_dump_here();
    machine_end(false, reason);
}

void panic_exception(const struct trap_frame *frame)
{
    char reason[128];

    panic_begin();
    state_dump_reason(frame, reason, sizeof(reason));
    panic_record(reason);
    state_dump_trap(frame);
    machine_end(false, reason);
}

void machine_end(bool ok, const char *reason)
{
    char record[384], quoted[300];

    x86_cli();
    panic_quote(reason, quoted, sizeof(quoted));
    format_string(record, sizeof(record), "{\"type\":\"end\",\"status\":\"%s\",\"reason\":\"%s\"}",
                  ok ? "ok" : "failed", quoted);
    log_record(record);
    log_drain();
    console_drain();
    power_off(ok);
    panic_halt();
}
