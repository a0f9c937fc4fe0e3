/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame that a signal handler sees on its stack, and its way back: the layout of Linux on x86-64, which the C
 * libraries' restorers, siginfo_t and ucontext_t presuppose.
 */
#include "kernel/cpu.h"
#include "kernel/errno.h"
#include "kernel/fpu.h"
#include "kernel/signal.h"
#include "kernel/trap.h"
#include "memory/layout.h"
#include "memory/user_copy.h"
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

#define RED_ZONE_BYTES  128 /* System V ABI, AMD64: below RSP, the program's */
#define STACK_ONSTACK   1u  /* ss_flags */
#define STACK_DISABLE   2u
#define CONTEXT_FLAGS   7ul /* UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS */
#define XSTATE_MAGIC1   0x46505853u
#define XSTATE_MAGIC2   0x46505845u
#define XSTATE_SOFTWARE 464 /* bytes 464 to 511 of the FXSAVE area are software's */
#define RESTORABLE_FLAGS                                                                                               \
    (X86_FLAGS_CF | X86_FLAGS_PF | X86_FLAGS_AF | X86_FLAGS_ZF | X86_FLAGS_SF | X86_FLAGS_TF | X86_FLAGS_DF |          \
     X86_FLAGS_OF | X86_FLAGS_RF | X86_FLAGS_AC)

/* struct sigcontext */
struct signal_registers {
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
    uint16_t cs, gs, fs, ss;
    uint64_t error, vector, old_mask, cr2;
    uint64_t fpu; /* address of the FPU area or 0 */
    uint64_t reserved[8];
};
_Static_assert(sizeof(struct signal_registers) == 256, "struct sigcontext");

/* siginfo_t: the union by offset */
struct signal_information_abi {
    int32_t signal, error, code, pad;
    union {
        struct {
            int32_t pid;
            uint32_t uid;
            uint64_t value; /* a child's status in its lower half */
        } process;
        uint64_t words[14]; /* the first: a fault's address */
    } of;
};
_Static_assert(sizeof(struct signal_information_abi) == 128, "siginfo_t");

struct signal_frame {
    uint64_t restorer;
    uint64_t context_flags; /* ucontext_t from here */
    uint64_t context_link;
    uint64_t stack_start;
    uint32_t stack_flags, stack_pad;
    uint64_t stack_bytes;
    struct signal_registers registers;
    uint64_t mask;
    struct signal_information_abi information;
};
_Static_assert(sizeof(struct signal_frame) == 440, "struct rt_sigframe");

struct xstate_software {
    uint32_t magic1, extended_bytes;
    uint64_t features;
    uint32_t state_bytes, pad[7];
};
_Static_assert(sizeof(struct xstate_software) == 48, "software bytes of the FXSAVE area");

static void signal_information_fill(struct signal_information_abi *to, unsigned signal,
                                    const struct signal_information *from)
{
    bool fault = signal_bit(signal) & SIGNAL_SET_SYNCHRONOUS && from->code > 0;
    to->signal = (int32_t)signal;
    to->error = 0;
    to->code = from->code;
    to->pad = 0;
    to->of.words[0] = from->address;
    if (!fault) {
        to->of.process.pid = from->pid;
        to->of.process.uid = from->uid;
    }
    to->of.words[1] = fault ? 0 : from->value;
#pragma GCC unroll 12
    for (unsigned i = 2; i < sizeof(to->of.words) / sizeof(to->of.words[0]); i++)
        to->of.words[i] = 0;
}

int signal_information_in(uint64_t address, struct signal_information *information)
{
    struct signal_information_abi abi;
    if (user_copy_in(&abi, address, sizeof(abi)))
        return -EFAULT;
    *information = (struct signal_information){.code = abi.code,
                                               .pid = abi.of.process.pid,
                                               .uid = abi.of.process.uid,
                                               .value = abi.of.process.value};
    return 0;
}

int signal_information_out(uint64_t address, unsigned signal, const struct signal_information *information)
{
    struct signal_information_abi abi;
    signal_information_fill(&abi, signal, information);
    return user_copy_out(address, &abi, sizeof(abi));
}

/* Member by member, so that nothing of the frame is written twice. */
static void signal_registers_fill(struct signal_registers *to, const struct trap_frame *from,
                                  const struct signal_information *information, uint64_t mask)
{
    to->r8 = from->r8, to->r9 = from->r9, to->r10 = from->r10, to->r11 = from->r11;
    to->r12 = from->r12, to->r13 = from->r13, to->r14 = from->r14, to->r15 = from->r15;
    to->rdi = from->rdi, to->rsi = from->rsi, to->rbp = from->rbp, to->rbx = from->rbx;
    to->rdx = from->rdx, to->rax = from->rax, to->rcx = from->rcx, to->rsp = from->rsp;
    to->rip = from->rip, to->rflags = from->rflags;
    to->cs = (uint16_t)from->cs;
    to->gs = to->fs = 0;
    to->ss = (uint16_t)from->ss;
    to->error = information->error;
    to->vector = information->vector;
    to->old_mask = mask;
    to->cr2 = information->address;
#pragma GCC unroll 8
    for (unsigned i = 0; i < sizeof(to->reserved) / sizeof(to->reserved[0]); i++)
        to->reserved[i] = 0;
}

static bool signal_on_stack(const struct signal_stack *stack, uint64_t pointer)
{
    return stack->bytes && pointer > stack->start && pointer - stack->start <= stack->bytes;
}

/* Copies the live FPU state to the user's stack below `top`; its address, or 0. */
static uint64_t signal_push_fpu(uint64_t top)
{
    struct process_private *private = cpu_this()->current->private;
    uint8_t *area = private->fpu;
    size_t bytes = fpu_bytes();
    uint32_t magic2 = XSTATE_MAGIC2;
    uint64_t address = (top - bytes - sizeof(magic2)) & ~63ul;
    fpu_save(area);
    struct xstate_software software = {.features = fpu_features()};
    if (software.features) {
        software.magic1 = XSTATE_MAGIC1;
        software.extended_bytes = (uint32_t)(bytes + sizeof(magic2));
        software.state_bytes = (uint32_t)bytes;
    }
    memcpy(area + XSTATE_SOFTWARE, &software, sizeof(software));
    if (user_copy_out(address, area, bytes) || user_copy_out(address + bytes, &magic2, sizeof(magic2)))
        return 0;
    return address;
}

bool signal_frame_push(struct trap_frame *frame, unsigned signal, const struct signal_action *action,
                       const struct signal_information *information, uint64_t mask)
{
    struct process_private *private = cpu_this()->current->private;
    const struct signal_stack *stack = &private->signal_stack;
    bool on_stack = signal_on_stack(stack, frame->rsp);
    uint64_t top = frame->rsp - RED_ZONE_BYTES;
    if ((action->flags & SIGNAL_FLAG_ONSTACK) && stack->bytes && !on_stack)
        top = stack->start + stack->bytes;
    if (!(action->flags & SIGNAL_FLAG_RESTORER))
        return false; /* there is no other way back on x86-64 */

    struct signal_frame user;
    user.restorer = action->restorer;
    user.context_flags = CONTEXT_FLAGS;
    user.context_link = 0;
    user.mask = mask;
    user.stack_start = stack->start;
    user.stack_bytes = stack->bytes;
    user.stack_pad = 0;
    user.stack_flags = stack->bytes == 0 ? STACK_DISABLE : on_stack ? STACK_ONSTACK : 0;
    signal_registers_fill(&user.registers, frame, information, mask);
    signal_information_fill(&user.information, signal, information);
    user.registers.fpu = signal_push_fpu(top);
    if (!user.registers.fpu)
        return false;
    /* At a function's entry RSP + 8 is a multiple of 16. */
    uint64_t address = ((user.registers.fpu - sizeof(user)) & ~15ul) - 8;
    if (user_copy_out(address, &user, sizeof(user)))
        return false;
    if (action->handler >= USER_TOP)
        return false;
    frame->rsp = address;
    frame->rip = action->handler;
    frame->rdi = signal;
    frame->rsi = address + offsetof(struct signal_frame, information);
    frame->rdx = address + offsetof(struct signal_frame, context_flags);
    frame->rax = 0;
    frame->rflags &= ~(X86_FLAGS_DF | X86_FLAGS_TF | X86_FLAGS_RF);
    return true;
}

static bool signal_pop_fpu(uint64_t address)
{
    struct process_private *private = cpu_this()->current->private;
    if (address == 0) {
        fpu_reset(private->fpu);
    } else if ((address & 63) || user_copy_in(private->fpu, address, fpu_bytes()) || !fpu_sanitize(private->fpu)) {
        fpu_reset(private->fpu);
        fpu_load(private->fpu);
        return false;
    }
    fpu_load(private->fpu);
    return true;
}

bool signal_frame_pop(struct trap_frame *frame)
{
    struct signal_frame user;
    struct process *current = cpu_this()->current;
    /* The handler's return has popped the restorer's address. */
    if (user_copy_in(&user, frame->rsp - sizeof(user.restorer), offsetof(struct signal_frame, information)))
        return false;
    const struct signal_registers *from = &user.registers;
    if (from->rip >= USER_TOP || !signal_pop_fpu(from->fpu))
        return false;
    frame->r8 = from->r8, frame->r9 = from->r9, frame->r10 = from->r10, frame->r11 = from->r11;
    frame->r12 = from->r12, frame->r13 = from->r13, frame->r14 = from->r14, frame->r15 = from->r15;
    frame->rdi = from->rdi, frame->rsi = from->rsi, frame->rbp = from->rbp, frame->rbx = from->rbx;
    frame->rdx = from->rdx, frame->rax = from->rax, frame->rcx = from->rcx, frame->rsp = from->rsp;
    frame->rip = from->rip;
    frame->rflags = (from->rflags & RESTORABLE_FLAGS) | (frame->rflags & ~RESTORABLE_FLAGS);
    frame->vector = 0; /* all registers count: the return is by IRET */
    current->private->signal_blocked = user.mask & ~SIGNAL_SET_UNBLOCKABLE;
    signal_update(current);
    return true;
}
