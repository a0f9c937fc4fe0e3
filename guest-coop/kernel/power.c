/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ends the machine. Each door is tried in turn; those that lead nowhere do nothing.
 */
#include "kernel/power.h"
#include "drivers/uart.h"
#include "kernel/log.h"
#include "pv/pv.h"

#define BOCHS_PORT    0x8900 /* Bochs: "Shutdown" ends it, always with status 1 */
#define PM1A_CONTROL  0x604  /* QEMU's PIIX4: PM1a control block */
#define PM1A_SLEEP_S5 0x2000 /* SLP_EN, SLP_TYP of S5 = 0 */

static void power_end_bochs(void)
{
    for (const char *c = "Shutdown"; *c; c++)
        pv.io.port_write8(BOCHS_PORT, (uint8_t)*c);
}

void power_end(bool ok, const char *reason)
{
    log_record("{\"type\":\"end\",\"status\":\"%s\",\"reason\":\"%s\"}", ok ? "ok" : "failed", reason);
    uart_drain(UART_CONSOLE);
    uart_drain(UART_LOG);
    pv.io.port_write8(COOP_PORT_EXIT, ok ? COOP_EXIT_OK : COOP_EXIT_FAILED);
    power_end_bochs();
    pv.io.port_write16(PM1A_CONTROL, PM1A_SLEEP_S5);
    pv.cpu.stop();
    for (;;)
        ;
}
