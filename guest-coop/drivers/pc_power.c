/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each door out of the machine is tried in turn; those that lead nowhere do nothing.
 */
#include "drivers/pc_power.h"
#include "pv/pv.h"

#define BOCHS_PORT    0x8900 /* Bochs: "Shutdown" ends it, always with status 1 */
#define PM1A_CONTROL  0x604  /* QEMU's PIIX4: PM1a control block */
#define PM1A_SLEEP_S5 0x2000 /* SLP_EN, SLP_TYP of S5 = 0 */

static void pc_power_off_bochs(void)
{
    for (const char *c = "Shutdown"; *c; c++)
        pv.io.port_write8(BOCHS_PORT, (uint8_t)*c);
}

void pc_power_off(bool ok)
{
    pv.io.port_write8(COOP_PORT_EXIT, ok ? COOP_EXIT_OK : COOP_EXIT_FAILED);
    pc_power_off_bochs();
    pv.io.port_write16(PM1A_CONTROL, PM1A_SLEEP_S5);
}
