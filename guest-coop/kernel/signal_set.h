/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signal numbers and sets of the Linux x86-64 ABI, and what a signal does by default. Pure.
 */
#ifndef KERNEL_SIGNAL_SET_H
#define KERNEL_SIGNAL_SET_H

#include <stdbool.h>
#include <stdint.h>

#define SIGNAL_HUP   1u
#define SIGNAL_INT   2u
#define SIGNAL_QUIT  3u
#define SIGNAL_ILL   4u
#define SIGNAL_TRAP  5u
#define SIGNAL_ABRT  6u
#define SIGNAL_BUS   7u
#define SIGNAL_FPE   8u
#define SIGNAL_KILL  9u
#define SIGNAL_SEGV  11u
#define SIGNAL_PIPE  13u
#define SIGNAL_ALRM  14u
#define SIGNAL_TERM  15u
#define SIGNAL_CHLD  17u
#define SIGNAL_CONT  18u
#define SIGNAL_STOP  19u
#define SIGNAL_TSTP  20u
#define SIGNAL_TTIN  21u
#define SIGNAL_TTOU  22u
#define SIGNAL_URG   23u
#define SIGNAL_XCPU  24u
#define SIGNAL_XFSZ  25u
#define SIGNAL_VTALRM 26u
#define SIGNAL_PROF  27u
#define SIGNAL_WINCH 28u
#define SIGNAL_LAST  64u

#define SIGNAL_REAL_TIME 32u /* the first that queues */

/* si_code */
#define SIGNAL_CODE_USER          0
#define SIGNAL_CODE_KERNEL        0x80
#define SIGNAL_CODE_QUEUE         (-1)
#define SIGNAL_CODE_TIMER         (-2)
#define SIGNAL_CODE_TKILL         (-6)
#define SIGNAL_CODE_ILL_ILLOPN    2
#define SIGNAL_CODE_FPE_INTDIV    1
#define SIGNAL_CODE_FPE_FLTINV    7
#define SIGNAL_CODE_SEGV_MAPERR   1
#define SIGNAL_CODE_SEGV_ACCERR   2
#define SIGNAL_CODE_BUS_ADRALN    1
#define SIGNAL_CODE_BUS_ADRERR    2
#define SIGNAL_CODE_TRAP_TRACE    2
#define SIGNAL_CODE_CLD_EXITED    1
#define SIGNAL_CODE_CLD_KILLED    2
#define SIGNAL_CODE_CLD_DUMPED    3
#define SIGNAL_CODE_CLD_STOPPED   5
#define SIGNAL_CODE_CLD_CONTINUED 6

enum signal_default {
    SIGNAL_DEFAULT_END,
    SIGNAL_DEFAULT_DUMP,
    SIGNAL_DEFAULT_IGNORE,
    SIGNAL_DEFAULT_STOP,
    SIGNAL_DEFAULT_CONTINUE
};

static inline uint64_t signal_bit(unsigned signal)
{
    return 1ul << (signal - 1);
}

#define SIGNAL_SET_UNBLOCKABLE (1ul << (SIGNAL_KILL - 1) | 1ul << (SIGNAL_STOP - 1))
#define SIGNAL_SET_STOPS                                                                                               \
    (1ul << (SIGNAL_STOP - 1) | 1ul << (SIGNAL_TSTP - 1) | 1ul << (SIGNAL_TTIN - 1) | 1ul << (SIGNAL_TTOU - 1))
#define SIGNAL_SET_SYNCHRONOUS                                                                                         \
    (1ul << (SIGNAL_SEGV - 1) | 1ul << (SIGNAL_BUS - 1) | 1ul << (SIGNAL_ILL - 1) | 1ul << (SIGNAL_TRAP - 1) |         \
     1ul << (SIGNAL_FPE - 1))

/* What happens without a handler: signal(7), "Standard signals". */
enum signal_default signal_default_action(unsigned signal);

/* The next signal to deliver of `pending` but not `blocked`: those of the program's own doing first, then by
 * number; 0 = none. */
unsigned signal_set_next(uint64_t pending, uint64_t blocked);

/* rt_sigprocmask(2): the new mask, or false for an unknown `how`. */
bool signal_set_change(uint64_t *mask, int how, uint64_t change);

#endif
