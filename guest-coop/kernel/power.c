/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ends the machine, with its verdict as the last record.
 */
#include "kernel/power.h"
#include "kernel/log.h"
#include "pv/pv.h"

void power_end(bool ok, const char *reason)
{
    log_record("{\"type\":\"end\",\"status\":\"%s\",\"reason\":\"%s\"}", ok ? "ok" : "failed", reason);
    pv.io.text_drain();
    pv.io.power_off(ok);
    pv.cpu.stop();
    for (;;)
        ;
}
