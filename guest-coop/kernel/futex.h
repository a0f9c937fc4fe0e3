/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * futex(2): waiting for and waking sleepers of a word, in one process or, in shared memory, between several.
 */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

#include "kernel/time_base.h"
#include <stdbool.h>
#include <stdint.h>

#define FUTEX_ANY_BITS UINT32_MAX

/* How long a sleeper waits: until the clock of `kind` (monotonic, or real time, which may be set) says `at_ns`;
 * WAIT_FOREVER of the monotonic one is never. */
struct futex_limit {
    enum time_base_kind kind;
    uint64_t at_ns;
};

/* Sleeps while the word holds `value`; a wake-up whose bits meet `bits` ends it. `private`: the word is known to be
 * this process's own. 0, -EINVAL, -EAGAIN, -ETIMEDOUT, -EFAULT, -ERESTARTSYS. */
long futex_wait(uint64_t address, uint32_t value, const struct futex_limit *limit, uint32_t bits, bool private);

/* Wakes at most `count` sleepers of the word, those that have slept longest: how many. */
long futex_wake(uint64_t address, uint32_t count, uint32_t bits, bool private);

/* Wakes `wake` sleepers and moves `move` further ones to the word at `target`: the number of both. With `compare` only
 * while the word holds *compare, else -EAGAIN. */
long futex_requeue(uint64_t address, uint32_t wake, uint32_t move, uint64_t target, const uint32_t *compare,
                   bool private);

#endif
