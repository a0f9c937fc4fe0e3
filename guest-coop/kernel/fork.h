/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * New processes from running ones.
 */
#ifndef KERNEL_FORK_H
#define KERNEL_FORK_H

#include <stdint.h>

/* clone(2) */
#define FORK_VM             0x00000100ul
#define FORK_FS             0x00000200ul
#define FORK_FILES          0x00000400ul
#define FORK_SIGHAND        0x00000800ul
#define FORK_PIDFD          0x00001000ul
#define FORK_VFORK          0x00004000ul
#define FORK_PARENT         0x00008000ul
#define FORK_THREAD         0x00010000ul
#define FORK_SYSVSEM        0x00040000ul
#define FORK_SETTLS         0x00080000ul
#define FORK_PARENT_SETTID  0x00100000ul
#define FORK_CHILD_CLEARTID 0x00200000ul
#define FORK_DETACHED       0x00400000ul /* means nothing any more */
#define FORK_UNTRACED       0x00800000ul /* nobody traces here */
#define FORK_CHILD_SETTID   0x01000000ul
#define FORK_CLEAR_SIGHAND  0x100000000ul /* clone3(2): signals that are not ignored have their default actions */

/* What makes a thread: all of these. */
#define FORK_THREAD_FLAGS (FORK_VM | FORK_FS | FORK_FILES | FORK_SIGHAND | FORK_THREAD)

struct fork_arguments {
    uint64_t flags; /* FORK_* */
    uint64_t stack; /* the child's RSP, 0 = the parent's */
    uint64_t parent_tid, child_tid, tls;
    uint32_t exit_signal; /* that its parent gets at its end, or 0 */
    uint64_t pidfd;       /* where FORK_PIDFD puts a descriptor of the child */
};

/* The number of the child, a process or a thread, or -errno. With FORK_VFORK it returns when the child has called exec
 * or ended. */
long fork_process(const struct fork_arguments *arguments);

#endif
