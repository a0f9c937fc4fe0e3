/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log lines and records. A line is made on the caller's stack and leaves as a whole under one lock, to the sink
 * (a UART) and to a ring in RAM, which a debugger reads where there is no UART.
 */
#include "machine/log.h"
#include "machine/cpu.h"
#include "machine/log_start.h"
#include "machine/uart.h"

#include <coopvirt/format.h>
#include <coopvirt/spinlock.h>
#include <coopvirt/string.h>
#include <stdarg.h>
#include <stdbool.h>

#define LOG_LINE_BYTES 512
#define LOG_RING_BYTES 65536 /* a power of two */

static struct {
    enum log_level level;
    uint16_t port; /* 0 = none */
    bool settled;  /* the command line or COM2 has chosen the port */
    bool panic;    /* one CPU writes, the others may have been stopped with the lock held */
    struct spinlock lock;
    uint64_t ring_written; /* bytes ever written to the ring */
} log_state = {.level = LOG_INFO};

static char log_ring[LOG_RING_BYTES]; /* under the lock */

static const char *const log_level_words[] = {
    [LOG_ERROR] = "error", [LOG_WARNING] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};

static void log_read_level(const char *command_line)
{
    char word[8];

    if (string_option(command_line, "log", word, sizeof(word)) < 0)
        return;
    for (unsigned level = LOG_ERROR; level <= LOG_DEBUG; level++)
        if (!strcmp(word, log_level_words[level]))
            log_state.level = (enum log_level)level;
}

void log_start(const char *command_line)
{
    char sink[8] = "";
    bool com1 = uart_probe(UART_COM1), com2 = uart_probe(UART_COM2);

    log_read_level(command_line);
    string_option(command_line, "sink", sink, sizeof(sink));
    if (com2 && strcmp(sink, "com1"))
        log_state.port = UART_COM2;
    else if (com1)
        log_state.port = UART_COM1;
    log_state.settled = com2 || *sink;
    if (log_state.port == UART_COM2)
        uart_start(UART_COM2);
}

void log_offer_port(uint16_t port)
{
    if (log_state.settled || port == log_state.port || !uart_probe(port))
        return;
    uart_start(port);
    log_state.port = port;
    log_state.settled = true;
}

void log_drain(void)
{
    if (log_state.port)
        uart_drain(log_state.port);
}

/* Under the lock. */
static void log_emit(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        log_ring[log_state.ring_written++ % LOG_RING_BYTES] = bytes[i];
    if (log_state.port)
        uart_put(log_state.port, bytes, count);
}

void log_enter_panic(void)
{
    bool held = log_state.lock.next != log_state.lock.serving;

    log_state.panic = true;
    if (held)
        log_emit("\n", 1); /* another CPU was stopped within a line */
}

static void log_emit_line(const char *prefix, const char *line, size_t bytes)
{
    bool lock = !log_state.panic;

    if (lock)
        spinlock_take(&log_state.lock);
    log_emit(prefix, strlen(prefix));
    log_emit(line, bytes);
    log_emit("\n", 1);
    if (lock)
        spinlock_release(&log_state.lock);
}

void log_print(enum log_level level, const char *format, ...)
{
    char prefix[24], line[LOG_LINE_BYTES];
    va_list arguments;

    if (level > log_state.level)
        return;
    va_start(arguments, format);
    int length = format_string_list(line, sizeof(line), format, arguments);
    va_end(arguments);
    size_t bytes = length < 0 ? 0 : (size_t)length;
    if (bytes >= sizeof(line))
        bytes = sizeof(line) - 1;
    format_string(prefix, sizeof(prefix), "hv %u %s: ", cpu_current()->index, log_level_words[level]);
    log_emit_line(prefix, line, bytes);
}

void log_line(const char *line, size_t bytes)
{
    log_emit_line("", line, bytes);
}

void log_record(const char *json)
{
    log_emit_line("@coop ", json, strlen(json));
}
