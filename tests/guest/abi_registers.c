/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers survive system calls, signals and preemption: the general ones that the ABI keeps, x87 and SSE, AVX where
 * the CPU has it, the thread pointer.
 */
#include "abi.h"
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 3
#define LOOPS    12000000l /* longer than a tick */

static bool have_avx(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx");
}

static void spoil(int signal)
{
    (void)signal;
    __asm__ volatile("pxor %%xmm5, %%xmm5; fninit; fldpi" : : : "xmm5", "st");
}

/* kill(getpid(), SIGUSR1) between a load and a store of XMM5. */
static void test_sse_across_a_signal(void)
{
    uint8_t in[16], out[16];
    memset(in, 0x5a, sizeof(in));
    abi_handle(SIGUSR1, spoil, 0);
    __asm__ volatile("movdqu %1, %%xmm5\n\t"
                     "movl $62, %%eax\n\t"
                     "movl %2, %%edi\n\t"
                     "movl $10, %%esi\n\t"
                     "syscall\n\t"
                     "movdqu %%xmm5, %0"
                     : "=m"(out)
                     : "m"(in), "r"(getpid())
                     : "rax", "rdi", "rsi", "rcx", "r11", "xmm5", "memory");
    CHECK(memcmp(in, out, sizeof(in)) == 0);
}

static unsigned child_number;

/* The compiler does not know of these registers' use in between: the loop is integer only. */
__attribute__((target("avx"))) static void hold_avx(void)
{
    uint8_t in[32], out[32];
    memset(in, (int)child_number, sizeof(in));
    __asm__ volatile("vmovdqu %0, %%ymm7" : : "m"(in) : "xmm7");
    for (volatile long n = 0; n < LOOPS; n++)
        ;
    __asm__ volatile("vmovdqu %%ymm7, %0" : "=m"(out) : : "memory");
    _exit(memcmp(in, out, sizeof(in)) != 0);
}

static void hold_x87(void)
{
    long double in = 1.0L / (3 + child_number), out;
    __asm__ volatile("fninit; fldt %0" : : "m"(in));
    for (volatile long n = 0; n < LOOPS; n++)
        ;
    __asm__ volatile("fstpt %0" : "=m"(out));
    _exit(memcmp(&in, &out, 10) != 0);
}

static void test_preempted(void (*function)(void))
{
    pid_t children[CHILDREN];
    for (child_number = 0; child_number < CHILDREN; child_number++)
        if ((children[child_number] = fork()) == 0)
            function();
    for (unsigned i = 0; i < CHILDREN; i++) {
        int status = -1;
        CHECK(waitpid(children[i], &status, 0) == children[i] && status == 0);
    }
}

static void test_call_keeps_registers(void)
{
    uint64_t b, d8, d9, d10, d12;
    __asm__ volatile("movq $0x1111, %%rbx; movq $0x2222, %%r8; movq $0x3333, %%r9; movq $0x4444, %%r10\n\t"
                     "movq $0x5555, %%r12; movl $39, %%eax; syscall\n\t"
                     "movq %%rbx, %0; movq %%r8, %1; movq %%r9, %2; movq %%r10, %3; movq %%r12, %4"
                     : "=m"(b), "=m"(d8), "=m"(d9), "=m"(d10), "=m"(d12)
                     :
                     : "rax", "rbx", "rcx", "r8", "r9", "r10", "r11", "r12", "memory");
    CHECK(b == 0x1111 && d8 == 0x2222 && d9 == 0x3333 && d10 == 0x4444 && d12 == 0x5555);
}

void abi_test_registers(void)
{
    test_call_keeps_registers();
    test_sse_across_a_signal();
    test_preempted(hold_x87);
    if (have_avx())
        test_preempted(hold_avx);
}
