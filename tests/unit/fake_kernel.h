/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel for host tests of guest-coop/fs: frames and heap from malloc, user addresses are host addresses (those
 * below 64 KiB fault), one process at a time, sleeping calls a function of the test.
 */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include "kernel/process.h"
#include "syscall/file_calls.h"
#include <stddef.h>
#include <stdint.h>

#define FAKE_PROCESSES 4
extern struct process fake_processes[FAKE_PROCESSES];

/* Called instead of sleeping: 0 = woken, or -errno. NULL: a test that did not expect to sleep gets -ERESTARTSYS. */
extern int (*fake_sleep)(void);
extern unsigned fake_wakes;

extern uint64_t fake_now_ns;

/* The last line of the log. */
extern char fake_log[256];

/* Frames that may still be handed out; SIZE_MAX by default. */
extern size_t fake_frames_left;
extern size_t fake_frames_used, fake_heap_objects;

/* The last signal and whom it went to. */
extern int fake_signal, fake_signal_group, fake_signal_pid;
extern bool fake_signal_ineffective, fake_group_orphaned, fake_signal_pending;

/* A fresh process 1 (root, session 1) with an empty descriptor table, in a fresh root with /dev and /proc. */
void fake_start(const void *archive, size_t archive_bytes);

/* The running process takes on these identities, real, effective and saved; user 0 has all capabilities. */
void fake_become(uint32_t user, uint32_t group);

/* Closes everything of all processes and frees the file systems as far as they can be. */
void fake_stop(void);

/* Switches the running process. */
void fake_run(unsigned index);
void fake_fork(unsigned index); /* makes process `index` a child of the running one */

/* Calls a handler with up to six arguments. */
#define FAKE_ARGUMENT(x)     ((uint64_t)(uintptr_t)(x))
#define fake_call(name, ...) file_sys_##name(&(struct syscall_arguments){FAKE_ARGUMENTS(__VA_ARGS__, 0, 0, 0, 0, 0, 0)})
#define FAKE_ARGUMENTS(a, b, c, d, e, f, ...)                                                                          \
    FAKE_ARGUMENT(a), FAKE_ARGUMENT(b), FAKE_ARGUMENT(c), FAKE_ARGUMENT(d), FAKE_ARGUMENT(e), FAKE_ARGUMENT(f)

#endif
