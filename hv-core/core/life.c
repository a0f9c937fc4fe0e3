/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INIT, start-up IPI, NMI and HLT as changes of one state. SDM vol. 3, "Multiple-Processor (MP) Initialization"; APM
 * vol. 2, "Multiple Processor Initialization".
 */
#include "core/life.h"

static void life_move(struct life *life, enum life_state state, uint32_t *online)
{
    *online += (state == LIFE_ONLINE) - (life->state == LIFE_ONLINE);
    life->state = state;
}

/* What was to come before it comes no more. One that waits already waits on. */
bool life_init(struct life *life, uint32_t *online)
{
    if (life->state == LIFE_WAITING)
        return false;
    life_move(life, LIFE_WAITING, online);
    life->is_reset_due = true;
    life->is_nmi_due = false;
    return true;
}

/* Only the first one counts. */
bool life_start(struct life *life, uint8_t vector, uint32_t *online)
{
    if (life->state != LIFE_WAITING)
        return false;
    life_move(life, LIFE_ONLINE, online);
    life->is_reset_due = true;
    life->startup_vector = vector;
    return true;
}

bool life_nmi(struct life *life, uint32_t *online)
{
    if (life->state == LIFE_WAITING || life->state == LIFE_ENDED)
        return false;
    life_move(life, LIFE_ONLINE, online);
    life->is_nmi_due = true;
    return true;
}

bool life_halt(struct life *life, bool takes_nmis, uint32_t *online)
{
    if (life->is_reset_due || (life->is_nmi_due && takes_nmis))
        return false;
    life->is_nmi_due = false; /* nothing but INIT can end this halt, and that would drop it */
    life_move(life, takes_nmis ? LIFE_HALTED : LIFE_ENDED, online);
    return true;
}

struct life life_take(struct life *life)
{
    struct life taken = *life;
    life->is_reset_due = life->is_nmi_due = false;
    return taken;
}
