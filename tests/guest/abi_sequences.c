/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Restartable sequences, rseq(2): registration, and that a sequence is given up when its thread is preempted or gets a
 * signal, never otherwise. The sequences here run in circles, so that they end in no other way.
 */
#include "abi.h"
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef SYS_rseq
#define SYS_rseq 334
#endif
#define SIGNATURE  0x53053053u
#define UNREGISTER 1

static struct area {
    uint32_t cpu_first, cpu;
    uint64_t sequence;
    uint32_t flags, rest[3];
} __attribute__((aligned(32))) area, other;

static struct sequence {
    uint32_t version, flags;
    uint64_t start, bytes, abort;
} __attribute__((aligned(32))) sequence;

/* Says that it is in the sequence, and counts at *RSI until it is told to give up: 1. */
int sequence_run(volatile uint64_t *says, const struct sequence *in, volatile uint64_t *count);
extern const char sequence_start[], sequence_end[], sequence_abort[], sequence_unsigned[];
__asm__(".text\n"
        "sequence_run:\n"
        "    movq %rsi, (%rdi)\n"
        "sequence_start:\n"
        "    incq (%rdx)\n"
        "    jmp sequence_start\n"
        "sequence_end:\n"
        "    .byte 0x0f, 0xb9, 0x3d\n" /* UD1 with the signature as its operand */
        "    .long 0x53053053\n"
        "sequence_abort:\n"
        "    movl $1, %eax\n"
        "    ret\n"
        "    .byte 0x0f, 0xb9, 0x3d\n"
        "    .long 0x53053054\n"
        "sequence_unsigned:\n"
        "    movl $2, %eax\n"
        "    ret\n");

static volatile uint64_t turns, interrupted_at;

static long rseq(struct area *at, uint32_t bytes, int flags, uint32_t signature)
{
    return syscall(SYS_rseq, at, bytes, flags, signature);
}

static void prepare(const char *abort)
{
    sequence = (struct sequence){.start = (uint64_t)sequence_start,
                                 .bytes = (uint64_t)(sequence_end - sequence_start),
                                 .abort = (uint64_t)abort};
    turns = 0;
}

static void interrupt(int signal, siginfo_t *information, void *context)
{
    const ucontext_t *user = context;
    (void)signal, (void)information;
    interrupted_at = (uint64_t)user->uc_mcontext.gregs[REG_RIP];
}

static void interrupt_soon(void)
{
    struct sigaction action = {.sa_sigaction = interrupt, .sa_flags = SA_SIGINFO};
    struct itimerval soon = {.it_value = {.tv_usec = 20000}, .it_interval = {.tv_usec = 20000}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
}

int abi_sequence_executed(void)
{
    return rseq(&area, 32, 0, SIGNATURE) == 0 ? 42 : 43;
}

static void test_refusals(void)
{
    CHECK(rseq(&area, 32, 2, SIGNATURE) == -1 && errno == EINVAL);
    CHECK(rseq(&area, 16, 0, SIGNATURE) == -1 && errno == EINVAL);
    CHECK(rseq((struct area *)((char *)&area + 8), 32, 0, SIGNATURE) == -1 && errno == EINVAL);
    CHECK(rseq((struct area *)0xffff800000000000, 32, 0, SIGNATURE) == -1 && errno == EFAULT);
    CHECK(rseq((struct area *)0x1000, 32, 0, SIGNATURE) == -1 && errno == EFAULT);
    CHECK(rseq(&area, 32, UNREGISTER, SIGNATURE) == -1 && errno == EINVAL);
    CHECK(rseq(NULL, 32, UNREGISTER, 0) == -1 && errno == EINVAL);
}

/* Whoever shares the memory has no registration, and may have one of its own. */
static void *thread_registers(void *result)
{
    *(bool *)result = rseq(&area, 32, UNREGISTER, SIGNATURE) == -1 && errno == EINVAL &&
                      rseq(&other, 32, 0, SIGNATURE) == 0 && other.cpu == other.cpu_first && other.cpu < 4096;
    return NULL;
}

static void test_registration(void)
{
    area.cpu = 0xffffffff;
    CHECK(rseq(&area, 32, 0, SIGNATURE) == 0 && area.cpu == area.cpu_first && area.cpu < 4096);
    CHECK(rseq(&area, 32, 0, SIGNATURE) == -1 && errno == EBUSY);
    CHECK(rseq(&area, 32, 0, SIGNATURE + 1) == -1 && errno == EPERM);
    CHECK(rseq(&other, 32, 0, SIGNATURE) == -1 && errno == EINVAL);
    CHECK(rseq(&other, 32, UNREGISTER, SIGNATURE) == -1 && errno == EINVAL);
    CHECK(rseq(&area, 16, UNREGISTER, SIGNATURE) == -1 && errno == EINVAL);
    CHECK(rseq(&area, 32, UNREGISTER | 2, SIGNATURE) == -1 && errno == EINVAL);
    CHECK(rseq(&area, 32, UNREGISTER, SIGNATURE + 1) == -1 && errno == EPERM);
    pthread_t thread;
    bool registered = false;
    CHECK(pthread_create(&thread, NULL, thread_registers, &registered) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(registered);
}

static void child_has_it(void)
{
    EXPECT(rseq(&area, 32, 0, SIGNATURE) == -1 && errno == EBUSY);
    EXPECT(rseq(&area, 32, UNREGISTER, SIGNATURE) == 0);
}

static void execute(void)
{
    execv("/proc/self/exe", (char *const[]){"abi", "sequence", NULL});
}

static void test_signal(void)
{
    bool all = true;
    prepare(sequence_abort);
    interrupt_soon();
    for (int i = 0; i < 1000 && interrupted_at != (uint64_t)sequence_abort; i++) /* else it was preempted before */
        all = sequence_run(&area.sequence, &sequence, &turns) == 1 && area.sequence == 0 && all;
    CHECK(all && interrupted_at == (uint64_t)sequence_abort && turns > 0);
    setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {.tv_usec = 0}}, NULL);
    /* Elsewhere the program goes on where it was, and is no longer said to be in a sequence. */
    area.sequence = (uint64_t)&sequence;
    CHECK(raise(SIGALRM) == 0 && area.sequence == 0);
    CHECK(interrupted_at != (uint64_t)sequence_abort);
}

/* Without any signal: by another process that wants the same CPU. */
static void test_preemption(void)
{
    cpu_set_t old, one;
    CHECK(sched_getaffinity(0, sizeof(old), &old) == 0);
    CPU_ZERO(&one);
    for (int cpu = 0; CPU_COUNT(&one) == 0; cpu++)
        if (CPU_ISSET(cpu, &old))
            CPU_SET(cpu, &one);
    CHECK(sched_setaffinity(0, sizeof(one), &one) == 0);
    pid_t child = fork();
    if (child == 0)
        for (;;)
            turns++;
    prepare(sequence_abort);
    CHECK(sequence_run(&area.sequence, &sequence, &turns) == 1 && area.sequence == 0);
    area.cpu = 77; /* is written anew then */
    prepare(sequence_abort);
    CHECK(sequence_run(&area.sequence, &sequence, &turns) == 1 && area.cpu < 77 && area.cpu == area.cpu_first);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    CHECK(sched_setaffinity(0, sizeof(old), &old) == 0);
}

/* ---- what makes no sense ends the program ---- */

static void unsigned_abort(void)
{
    prepare(sequence_unsigned);
    interrupt_soon();
    sequence_run(&area.sequence, &sequence, &turns);
}

static void abort_inside(void)
{
    prepare(sequence_start + 1);
    interrupt_soon();
    sequence_run(&area.sequence, &sequence, &turns);
}

static void unknown_version(void)
{
    prepare(sequence_abort);
    sequence.version = 1;
    interrupt_soon();
    sequence_run(&area.sequence, &sequence, &turns);
}

static void nowhere(void)
{
    area.sequence = 0x1000;
    raise(SIGALRM);
}

static void unmapped(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(rseq(&area, 32, UNREGISTER, SIGNATURE) == 0 && rseq(page, 32, 0, SIGNATURE) == 0);
    EXPECT(munmap(page, 4096) == 0);
    raise(SIGALRM);
}

/* ---- */

void abi_test_sequences(void)
{
    test_refusals();
    test_registration();
    CHECK(abi_in_child(child_has_it) == 0);
    CHECK(abi_in_child(execute) == 42 << 8);
    test_signal();
    test_preemption();
    CHECK(abi_in_child(unsigned_abort) == SIGSEGV);
    CHECK(abi_in_child(abort_inside) == SIGSEGV);
    CHECK(abi_in_child(unknown_version) == SIGSEGV);
    CHECK(abi_in_child(nowhere) == SIGSEGV);
    CHECK(abi_in_child(unmapped) == SIGSEGV);
    CHECK(rseq(&area, 32, UNREGISTER, SIGNATURE) == 0 && area.cpu == 0xffffffff && area.cpu_first == 0);
    CHECK(rseq(&area, 32, UNREGISTER, SIGNATURE) == -1 && errno == EINVAL);
    signal(SIGALRM, SIG_DFL);
}
