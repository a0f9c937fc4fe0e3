/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * futex(2), the part that a single thread's library and shared memory between processes need: wait and wake.
 */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

#include <stdint.h>

/* Sleeps while the word holds `value`: 0, -EAGAIN, -ETIMEDOUT, -EFAULT, -ERESTARTSYS. */
long futex_wait(uint64_t address, uint32_t value, uint64_t deadline_ns);

/* Wakes at most `count` sleepers of the word: how many. */
long futex_wake(uint64_t address, uint32_t count);

#endif
