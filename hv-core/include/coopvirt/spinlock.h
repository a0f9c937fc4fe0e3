/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ticket lock: first come, first served. It waits with PAUSE, without which QEMU's -icount
 * never lets the holder's CPU run.
 */
#ifndef COOPVIRT_SPINLOCK_H
#define COOPVIRT_SPINLOCK_H

#include <stdint.h>

struct spinlock {
    uint32_t next;    /* the ticket that the next taker gets */
    uint32_t serving; /* the ticket that may go on */
};

#define SPINLOCK_INITIALISER                                                                                           \
    {                                                                                                                  \
        0, 0                                                                                                           \
    }

static inline void spinlock_take(struct spinlock *lock)
{
    uint32_t ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);
    while (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket)
        __builtin_ia32_pause();
}

static inline void spinlock_release(struct spinlock *lock)
{
    __atomic_store_n(&lock->serving, lock->serving + 1, __ATOMIC_RELEASE);
}

#endif
