/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls stand 1 KiB apart; they are the ones of the table by their own numbers, but a bad address is SIGSEGV here.
 * As on Linux by default the page can be executed and not read.
 */
#include "syscall/vsyscall.h"
#include "kernel/errno.h"
#include "kernel/trap.h"
#include "memory/user_copy.h"
#include "syscall/syscall.h"

#define VSYSCALL_STEP 1024u

bool vsyscall_fault(struct trap_frame *frame, uint64_t address)
{
    static const uint16_t numbers[] = {96 /* gettimeofday */, 201 /* time */, 309 /* getcpu */};
    uint64_t offset = address - VSYSCALL_START, caller;
    if (address != frame->rip || offset % VSYSCALL_STEP || offset / VSYSCALL_STEP >= sizeof(numbers) / sizeof(*numbers))
        return false;
    if (user_copy_in(&caller, frame->rsp, sizeof(caller)))
        return false;
    const struct syscall_arguments *arguments = (const struct syscall_arguments *)&frame->rdi;
    long result = syscall_table[numbers[offset / VSYSCALL_STEP]].handler(arguments);
    if (result == -EFAULT)
        return false;
    frame->rax = (uint64_t)result;
    frame->rip = caller;
    frame->rsp += sizeof(caller);
    return true;
}
