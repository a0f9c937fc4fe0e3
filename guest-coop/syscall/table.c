/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one table of system calls and its dispatch. Calls that are known by name but not there give -ENOSYS like
 * those without a row; each is logged once.
 */
#include "kernel/cpu.h"
#include "kernel/errno.h"
#include "kernel/log.h"
#include "kernel/process_private.h"
#include "kernel/trap.h"
#include "syscall/file_calls.h"
#include "syscall/kernel_calls.h"

/* clang-format off */
#define FILE_ROW(number, call)   [number] = {file_sys_##call, #call},
#define KERNEL_ROW(number, call) [number] = {kernel_sys_##call, #call},
#define ABSENT_ROW(number, call) [number] = {0, #call},

const struct syscall_entry syscall_table[SYSCALL_COUNT] = {
    FILE_CALLS(FILE_ROW)
    KERNEL_CALLS(KERNEL_ROW)
    ABSENT_ROW(101, ptrace)
    ABSENT_ROW(188, setxattr) ABSENT_ROW(191, getxattr)
    ABSENT_ROW(192, lgetxattr) ABSENT_ROW(194, listxattr) ABSENT_ROW(195, llistxattr)
    ABSENT_ROW(425, io_uring_setup)
};
/* clang-format on */

/* Calls whose absence has been logged, one bit each; the last bit stands for all numbers beyond the table. */
static uint64_t syscall_reported[SYSCALL_COUNT / 64 + 1];

/* Out of line, to keep the way of all other calls short: the error of a call that is not there. */
__attribute__((noinline)) static long syscall_absent(uint64_t number)
{
    uint64_t index = number < SYSCALL_COUNT ? number : SYSCALL_COUNT;
    if (syscall_reported[index / 64] & 1ul << index % 64)
        return -ENOSYS;
    syscall_reported[index / 64] |= 1ul << index % 64;
    const char *name = number < SYSCALL_COUNT && syscall_table[number].name ? syscall_table[number].name : "unknown";
    log_line(LOG_INFO, "%s: system call %lu (%s) is not there", process_current()->name, number, name);
    return -ENOSYS;
}

void syscall_dispatch(struct trap_frame *frame)
{
    struct cpu *cpu = cpu_this();
    uint64_t number = frame->rax;
    cpu->counters.system_calls++;
    long result;
    if (number < SYSCALL_COUNT && syscall_table[number].handler)
        result = syscall_table[number].handler((const struct syscall_arguments *)&frame->rdi);
    else
        result = syscall_absent(number);
    frame->rax = (uint64_t)result;
    struct process_private *private = cpu->current->private;
    /* An interrupted call is settled where signals are, even if none is left to deliver. */
    if ((uint64_t)result + ERESTARTNOHAND + 1 <= ERESTARTNOHAND + 1 - ERESTARTSYS) {
        private->attention |= ATTENTION_SIGNAL;
    }
    if (private->attention)
        trap_return_work(frame);
}
