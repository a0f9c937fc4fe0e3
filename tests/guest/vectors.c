/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Vector registers as process 1 of guest-coop: processes fill all of them, with their upper halves and MXCSR, with
 * numbers of their own, compute for long, and must find what they wrote. For several VMs on one CPU with short slices:
 * no two of their processes have the same numbers.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#define PROCESSES 3u
#define ROUNDS    10u
#define LOOPS     200000l
#define VECTORS   (16 * 32)
#define MXCSR     0x1f80u /* as after reset; bits 13 and 14 say how to round */

#define LOAD(number)  "vmovdqu " #number "*32(%0), %%ymm" #number "\n\t"
#define STORE(number) "vmovdqu %%ymm" #number ", " #number "*32(%0)\n\t"
#define ALL(what)                                                                                                      \
    what(0) what(1) what(2) what(3) what(4) what(5) what(6) what(7) what(8) what(9) what(10) what(11) what(12)         \
        what(13) what(14) what(15)

/* The compiler does not know that the registers are in use in between: the loop is of integers only. */
__attribute__((target("avx"))) static int vectors_kept(const uint8_t *in, uint32_t control)
{
    uint8_t out[VECTORS];
    uint32_t control_after;
    __asm__ volatile("ldmxcsr %0" : : "m"(control));
    __asm__ volatile(ALL(LOAD) : : "r"(in) : "memory");
    for (volatile long n = 0; n < LOOPS; n++)
        ;
    __asm__ volatile(ALL(STORE) : : "r"(out) : "memory");
    __asm__ volatile("stmxcsr %0" : "=m"(control_after));
    return memcmp(in, out, VECTORS) == 0 && control_after == control;
}

static int vectors_process(unsigned number)
{
    uint64_t seed = __rdtsc() * 0x9e3779b97f4a7c15ul;
    uint8_t in[VECTORS];
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < VECTORS; i++)
            in[i] = (uint8_t)((seed = seed * 6364136223846793005ul + 1442695040888963407ul) >> 56);
        if (!vectors_kept(in, MXCSR | ((number + round) & 3) << 13))
            return 1;
    }
    return 0;
}

int main(void)
{
    unsigned kept = 0;
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx"))
        puts("vectors: this CPU has no AVX");
    else
        for (unsigned i = 0; i < PROCESSES; i++)
            if (fork() == 0)
                _exit(vectors_process(i));
    for (unsigned i = 0; i < PROCESSES; i++) {
        int status = -1;
        kept += wait(&status) > 0 && status == 0;
    }
    printf("vectors: %u of %u processes found what they wrote\n", kept, PROCESSES);
    fflush(stdout);
    reboot(kept == PROCESSES ? RB_POWER_OFF : RB_HALT_SYSTEM);
    return 1;
}
