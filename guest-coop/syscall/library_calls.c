/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls by which C libraries set a program up and wait within it: names, thread-local storage, futexes, affinity.
 */
#include "fs/file.h"
#include "kernel/capability.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/fork.h"
#include "kernel/futex.h"
#include "kernel/process_private.h"
#include "kernel/rseq.h"
#include "kernel/semaphore_undo.h"
#include "kernel/thread.h"
#include "memory/address_space.h"
#include "memory/layout.h"
#include "memory/user_copy.h"
#include "pv/pv.h"
#include "syscall/kernel_calls.h"
#include "syscall/time_values.h"
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

#define ARCH_SET_GS          0x1001u
#define ARCH_SET_FS          0x1002u
#define ARCH_GET_FS          0x1003u
#define ARCH_GET_GS          0x1004u
#define FUTEX_WAIT_OP        0u
#define FUTEX_WAKE_OP        1u
#define FUTEX_REQUEUE_OP     3u
#define FUTEX_CMP_REQUEUE_OP 4u
#define FUTEX_WAIT_BITSET_OP 9u
#define FUTEX_WAKE_BITSET_OP 10u
#define FUTEX_PRIVATE        128u
#define FUTEX_FLAGS          (128u | 256u) /* private, realtime clock */
#define FUTEX_REALTIME       256u
#define ROBUST_HEAD_BYTES    24u
#define PERSONALITY_ASK      0xffffffffu
#define RSEQ_UNREGISTER      1u /* flags */
#define BARRIER_QUERY        0u
#define BARRIER_GLOBAL       1u

long kernel_sys_arch_prctl(const struct syscall_arguments *a)
{
    struct process_private *private = process_current()->private;
    uint64_t base;
    switch (a->a0) {
    case ARCH_SET_FS:
    case ARCH_SET_GS:
        if (a->a1 >= USER_TOP)
            return -EPERM;
        if (a->a0 == ARCH_SET_GS) {
            pv.cpu.msr_write(X86_MSR_KERNEL_GS_BASE, a->a1);
            return 0;
        }
        private->fs_base = a->a1;
        pv.cpu.fs_base_write(a->a1);
        return 0;
    case ARCH_GET_FS:
        return user_copy_out(a->a1, &private->fs_base, sizeof(private->fs_base));
    case ARCH_GET_GS:
        base = pv.cpu.msr_read(X86_MSR_KERNEL_GS_BASE);
        return user_copy_out(a->a1, &base, sizeof(base));
    default:
        return -EINVAL;
    }
}

/* Linux's own, 0; its 32-bit one, in which the machine has another name; and addresses that are not chosen at random,
 * as here they never are. */
long kernel_sys_personality(const struct syscall_arguments *a)
{
    struct process_private *private = process_current()->private;
    uint32_t wanted = (uint32_t)a->a0, old = private->rules.personality;
    if (wanted == PERSONALITY_ASK)
        return old;
    if (wanted & ~(PERSONALITY_NOT_RANDOM | PERSONALITY_KIND) ||
        ((wanted & PERSONALITY_KIND) && (wanted & PERSONALITY_KIND) != PERSONALITY_32))
        return -EINVAL;
    private->rules.personality = wanted;
    return old;
}

/* Name spaces are not there. Memory and signals are shared by threads only, which cannot leave. */
long kernel_sys_unshare(const struct syscall_arguments *a)
{
    const struct process *leader = process_current()->private->leader;
    if (a->a0 & ~(FORK_THREAD_FLAGS | FORK_SYSVSEM))
        return -EINVAL;
    if (a->a0 & (FORK_VM | FORK_SIGHAND | FORK_THREAD) && leader->private->thread_count > 1)
        return -EINVAL;
    int status = a->a0 & FORK_FILES ? files_unshare() : 0;
    if (status == 0 && a->a0 & FORK_FS)
        thread_unshare_places();
    /* The list of what to undo ends with its last thread's share of it. */
    if (status == 0 && a->a0 & FORK_SYSVSEM && leader->private->semaphore_undo && leader->private->thread_count == 1)
        semaphore_undo_all(leader->private);
    return status;
}

/* One CPU: what another thread sees, it sees in order. */
long kernel_sys_membarrier(const struct syscall_arguments *a)
{
    if (a->a1)
        return -EINVAL;
    switch ((uint32_t)a->a0) {
    case BARRIER_QUERY:
        return BARRIER_GLOBAL;
    case BARRIER_GLOBAL:
        return 0;
    default:
        return -EINVAL;
    }
}

long kernel_sys_set_tid_address(const struct syscall_arguments *a)
{
    process_current()->private->clear_tid = a->a0;
    return process_current()->pid;
}

long kernel_sys_set_robust_list(const struct syscall_arguments *a)
{
    if (a->a1 != ROBUST_HEAD_BYTES)
        return -EINVAL;
    process_current()->private->robust_list = a->a0;
    return 0;
}

long kernel_sys_get_robust_list(const struct syscall_arguments *a)
{
    const struct process *process = a->a0 ? process_find((int)a->a0) : process_current();
    uint64_t list, bytes = ROBUST_HEAD_BYTES;
    if (!process)
        return -ESRCH;
    if (!capability_held(CAPABILITY_SYS_PTRACE) && process_current()->uid != process->uid)
        return -EPERM;
    list = process->private->robust_list; /* copying may sleep, and the process be gone */
    if (user_copy_out(a->a2, &bytes, sizeof(bytes)))
        return -EFAULT;
    return user_copy_out(a->a1, &list, sizeof(list));
}

static long library_rseq_end(const struct rseq_registration *have, const struct syscall_arguments *a)
{
    if ((uint32_t)a->a2 & ~RSEQ_UNREGISTER || !have->address || have->address != a->a0 || (uint32_t)a->a1 != RSEQ_BYTES)
        return -EINVAL;
    if (have->signature != (uint32_t)a->a3)
        return -EPERM;
    if (rseq_unregister(have->address))
        return -EFAULT;
    process_current()->private->rseq = (struct rseq_registration){0, 0};
    return 0;
}

long kernel_sys_rseq(const struct syscall_arguments *a)
{
    struct rseq_registration *have = &process_current()->private->rseq;
    if ((uint32_t)a->a2 & RSEQ_UNREGISTER)
        return library_rseq_end(have, a);
    if ((uint32_t)a->a2)
        return -EINVAL;
    if (have->address && (have->address != a->a0 || (uint32_t)a->a1 != RSEQ_BYTES))
        return -EINVAL;
    if (have->address)
        return have->signature == (uint32_t)a->a3 ? -EBUSY : -EPERM;
    if (a->a0 % RSEQ_BYTES || (uint32_t)a->a1 != RSEQ_BYTES)
        return -EINVAL;
    if (a->a0 >= USER_TOP || rseq_register(a->a0))
        return -EFAULT;
    *have = (struct rseq_registration){a->a0, (uint32_t)a->a3};
    return 0;
}

static long futex_limit(const struct syscall_arguments *a, uint32_t operation, struct futex_limit *limit)
{
    uint64_t ns;
    *limit = (struct futex_limit){TIME_BASE_MONOTONIC, WAIT_FOREVER};
    if (!a->a3)
        return 0;
    long status = time_span_in(a->a3, &ns);
    if (status < 0)
        return status;
    if (operation == FUTEX_WAIT_OP)
        limit->at_ns = clock_monotonic_ns() + ns;
    else
        *limit = (struct futex_limit){a->a1 & FUTEX_REALTIME ? TIME_BASE_REAL : TIME_BASE_MONOTONIC, ns};
    return 0;
}

static long futex_do_requeue(const struct syscall_arguments *a, bool compare, bool private)
{
    uint32_t expected = (uint32_t)a->a5;
    if ((int32_t)a->a2 < 0 || (int32_t)a->a3 < 0)
        return -EINVAL;
    return futex_requeue(a->a0, (uint32_t)a->a2, (uint32_t)a->a3, a->a4, compare ? &expected : 0, private);
}

long kernel_sys_futex(const struct syscall_arguments *a)
{
    uint32_t operation = (uint32_t)a->a1 & ~FUTEX_FLAGS;
    bool private = a->a1 & FUTEX_PRIVATE, bits_given = false;
    struct futex_limit limit;
    long status;
    switch (operation) {
    case FUTEX_WAIT_BITSET_OP:
        bits_given = true; /* fall through */
    case FUTEX_WAIT_OP:
        status = futex_limit(a, operation, &limit);
        if (status < 0)
            return status;
        return futex_wait(a->a0, (uint32_t)a->a2, &limit, bits_given ? (uint32_t)a->a5 : FUTEX_ANY_BITS, private);
    case FUTEX_WAKE_BITSET_OP:
        return futex_wake(a->a0, (uint32_t)a->a2, (uint32_t)a->a5, private);
    case FUTEX_WAKE_OP:
        return futex_wake(a->a0, (uint32_t)a->a2, FUTEX_ANY_BITS, private);
    case FUTEX_REQUEUE_OP:
    case FUTEX_CMP_REQUEUE_OP:
        return futex_do_requeue(a, operation == FUTEX_CMP_REQUEUE_OP, private);
    default:
        return -ENOSYS;
    }
}

/* One CPU. */
long kernel_sys_sched_getaffinity(const struct syscall_arguments *a)
{
    uint64_t mask = 1;
    if (a->a1 < sizeof(mask) || (a->a1 & 7))
        return -EINVAL;
    return user_copy_out(a->a2, &mask, sizeof(mask)) ? -EFAULT : (long)sizeof(mask);
}

long kernel_sys_sched_setaffinity(const struct syscall_arguments *a)
{
    uint8_t first;
    if (a->a1 == 0)
        return -EINVAL;
    if (user_copy_in(&first, a->a2, 1))
        return -EFAULT;
    return first & 1 ? 0 : -EINVAL;
}
