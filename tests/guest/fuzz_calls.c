/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls with random numbers and arguments, in child processes, from a fixed seed. As process 1 of guest-coop it
 * powers the machine off in the end: what is tested is that the kernel is still there.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN    1500u
#define CALLS       400u
#define BUFFER      16384u
#define NUMBER_LAST 440u
#define POLLS       30u
#define POLL_US     10000u

static uint64_t state;
static char *buffer;

static uint64_t roll(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Numbers that kernels trip over: small, negative, powers of two, addresses of all kinds. */
static uint64_t argument(void)
{
    switch (roll() % 15) {
    case 0:
        return 0;
    case 1:
        return roll() % 8;
    case 2:
        return roll() % 64;
    case 3:
        return (uint64_t)buffer + roll() % (BUFFER / 2);
    case 4:
        return (uint64_t)buffer;
    case 5:
        return roll();
    case 6:
        return UINT64_MAX;
    case 7:
        return 0xffff800000000000 + roll() % 100000000;
    case 8:
        return 0xffffffff81000000 + roll() % 0x40000;
    case 9:
        return 4096 * (roll() % 16);
    case 10:
        return 1ul << (roll() % 64);
    case 11:
        return 0x7fffffffe000 + roll() % 8192;
    case 12:
        return (uint64_t) "/tmp/file";
    case 13:
        return (uint64_t) "/proc/self/stat";
    default:
        return -(roll() % 200);
    }
}

/* Calls that only wait, fork or end are rare, so that the others get their turn. */
static int is_wanted(uint64_t number)
{
    static const uint16_t rare[] = {
        SYS_read,         SYS_poll,  SYS_select,     SYS_pause,           SYS_nanosleep,       SYS_clone,
        SYS_fork,         SYS_vfork, SYS_exit,       SYS_wait4,           SYS_rt_sigtimedwait, SYS_rt_sigsuspend,
        SYS_rt_sigreturn, SYS_futex, SYS_exit_group, SYS_clock_nanosleep, SYS_waitid,          SYS_pselect6,
        SYS_ppoll};
    if (number == SYS_reboot || number == SYS_kill || number == SYS_tkill || number == SYS_tgkill)
        return 0;
    for (unsigned i = 0; i < sizeof(rare) / sizeof(rare[0]); i++)
        if (number == rare[i])
            return roll() % 20 == 0;
    return 1;
}

static void child(unsigned number)
{
    state = (number + 1) * 0x9e3779b97f4a7c15ul | 1;
    setpgid(0, 0);
    buffer = mmap(NULL, BUFFER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (unsigned i = 0; i < BUFFER / 8; i++)
        ((uint64_t *)buffer)[i] = roll() % 3 ? roll() % 100 : argument();
    for (unsigned i = 0; i < CALLS; i++) {
        uint64_t call = roll() % 50 ? roll() % NUMBER_LAST : roll();
        if (is_wanted(call))
            syscall((long)call, argument(), argument(), argument(), argument(), argument(), argument());
    }
    _exit(0);
}

int main(void)
{
    for (unsigned number = 0; number < CHILDREN; number++) {
        pid_t pid = fork();
        if (pid == 0) {
            /* Its output is junk. */
            close(STDIN_FILENO);
            close(STDOUT_FILENO);
            close(STDERR_FILENO);
            child(number);
        }
        for (unsigned i = 0; i < POLLS && waitpid(pid, NULL, WNOHANG) == 0; i++)
            usleep(POLL_US);
        kill(pid, SIGKILL);
        kill(-pid, SIGKILL);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
    }
    printf("fuzz_calls: still here\n");
    fflush(stdout);
    if (getpid() == 1)
        reboot(RB_POWER_OFF);
    return 0;
}
