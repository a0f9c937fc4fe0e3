/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pure part of signals: sets, order of delivery, default actions.
 */
#include "kernel/signal_set.h"

#define HOW_BLOCK   0
#define HOW_UNBLOCK 1
#define HOW_SET     2

enum signal_default signal_default_action(unsigned signal)
{
    switch (signal) {
    case SIGNAL_QUIT:
    case SIGNAL_ILL:
    case SIGNAL_TRAP:
    case SIGNAL_ABRT:
    case SIGNAL_BUS:
    case SIGNAL_FPE:
    case SIGNAL_SEGV:
    case SIGNAL_XCPU:
    case SIGNAL_XFSZ:
    case 31: /* SIGSYS */
        return SIGNAL_DEFAULT_DUMP;
    case SIGNAL_CHLD:
    case SIGNAL_URG:
    case SIGNAL_WINCH:
        return SIGNAL_DEFAULT_IGNORE;
    case SIGNAL_CONT:
        return SIGNAL_DEFAULT_CONTINUE;
    case SIGNAL_STOP:
    case SIGNAL_TSTP:
    case SIGNAL_TTIN:
    case SIGNAL_TTOU:
        return SIGNAL_DEFAULT_STOP;
    default:
        return SIGNAL_DEFAULT_END;
    }
}

unsigned signal_set_next(uint64_t pending, uint64_t blocked)
{
    uint64_t ready = pending & ~(blocked & ~SIGNAL_SET_UNBLOCKABLE);
    if (ready & signal_bit(SIGNAL_KILL))
        return SIGNAL_KILL;
    if (ready & SIGNAL_SET_SYNCHRONOUS)
        ready &= SIGNAL_SET_SYNCHRONOUS;
    return ready ? (unsigned)__builtin_ctzl(ready) + 1 : 0;
}

bool signal_set_change(uint64_t *mask, int how, uint64_t change)
{
    switch (how) {
    case HOW_BLOCK:
        *mask |= change;
        break;
    case HOW_UNBLOCK:
        *mask &= ~change;
        break;
    case HOW_SET:
        *mask = change;
        break;
    default:
        return false;
    }
    *mask &= ~SIGNAL_SET_UNBLOCKABLE;
    return true;
}
