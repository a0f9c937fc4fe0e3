/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls with random numbers and arguments, in child processes, from the seed that the kernel's command line
 * names (seed=N), else from 0. As process 1 of guest-coop it powers the machine off in the end: what is tested is that
 * the kernel is still there.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/reboot.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHILDREN    1500u
#define CALLS       400u
#define BUFFER      16384u
#define NUMBER_LAST 440u
#define HANDLES     6u
#define SWAP_FILE   "/tmp/swap"
#define SWAP_DEVICE "/dev/loop3"
#define DEVICES     9u
#define SYS_PIDFD_SEND 424
#define SYS_PIDFD_OPEN 434
#define SYS_RSEQ    334
#define SWAP_PAGES  256u
#define LOOP_SET_FD 0x4c00
#define POLLS       30u
#define POLL_US     10000u

static uint64_t seed, state;
static char *buffer;
static uint64_t handles[HANDLES];

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
    switch (roll() % 16) {
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
    case 14:
        return handles[roll() % HANDLES];
    default:
        return -(roll() % 200);
    }
}

/* What block devices are asked for, and what loop devices are, and whom; the numbers that no dice would find. */
static uint64_t device_request(void)
{
    static const uint32_t requests[] = {0x80081270, 0x40081271, 0x80081272, 0x4c80,     0x4c81,
                                        0x4c82,     0x80247009, 0x4024700a, 0x8008700d}; /* the last: RTC_* */
    switch (roll() % 4) {
    case 0:
        return 0x125d + roll() % 0x23; /* BLKROSET to BLKZEROOUT */
    case 1:
        return 0x4c00 + roll() % 11; /* LOOP_SET_FD to LOOP_CONFIGURE */
    case 2:
        return 0x8900 + roll() % 0x80; /* of sockets and interfaces */
    default:
        return requests[roll() % (sizeof(requests) / sizeof(requests[0]))];
    }
}

/* Open in all children. */
static int devices[DEVICES];

/* A listener, what connects to it again and again, and one that sends datagrams to itself. */
static void make_inet(void)
{
    struct sockaddr_in end = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(end);
    devices[6] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    devices[7] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    devices[8] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (bind(devices[8], (struct sockaddr *)&end, sizeof(end)) ||
        getsockname(devices[8], (struct sockaddr *)&end, &length) ||
        connect(devices[8], (struct sockaddr *)&end, sizeof(end)) ||
        bind(devices[6], (struct sockaddr *)&end, length) || listen(devices[6], 4) ||
        (connect(devices[7], (struct sockaddr *)&end, length) && errno != EINPROGRESS))
        perror("AF_INET");
}

static void make_devices(void)
{
    static const char *const names[] = {"/dev/loop-control", "/dev/loop0", "/dev/loop1",
                                        "/dev/loop2",        "/tmp/disk",  "/dev/rtc0"};
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        devices[i] = open(names[i], O_RDWR | O_CREAT, 0600);
    if (ftruncate(devices[4], 1 << 20) || write(devices[4], names, sizeof(names)) < 0)
        perror(names[4]);
    make_inet();
}

/* A disk in a file that pages may be swapped out to. */
static void make_swap(void)
{
    static uint32_t header[1024];
    int file = open(SWAP_FILE, O_RDWR | O_CREAT, 0600), device = open(SWAP_DEVICE, O_RDWR);
    header[256] = 1;
    header[257] = SWAP_PAGES - 1;
    memcpy((char *)header + sizeof(header) - 10, "SWAPSPACE2", 10);
    if (ftruncate(file, SWAP_PAGES * sizeof(header)) || write(file, header, sizeof(header)) < 0 ||
        ioctl(device, LOOP_SET_FD, file) || swapon(SWAP_DEVICE, 0))
        perror(SWAP_DEVICE);
    close(device);
    close(file);
}

/* Calls that only wait, fork or end are rare, so that the others get their turn. */
static int is_wanted(uint64_t number)
{
    static const uint16_t rare[] = {
        SYS_read,          SYS_poll,        SYS_select,       SYS_pause,     SYS_nanosleep,  SYS_clone,
        SYS_fork,          SYS_vfork,       SYS_exit,         SYS_wait4,     SYS_rt_sigtimedwait,
        SYS_rt_sigsuspend, SYS_futex,       SYS_rt_sigreturn, SYS_waitid,    SYS_exit_group, SYS_clock_nanosleep,
        SYS_pselect6,      SYS_ppoll,       SYS_semop,        SYS_msgsnd,    SYS_msgrcv,     SYS_semtimedop,
        SYS_chroot,        SYS_capset};
    static const uint16_t never[] = {SYS_reboot, SYS_kill, SYS_tkill, SYS_tgkill};
    for (unsigned i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        if (number == never[i])
            return 0;
    for (unsigned i = 0; i < sizeof(rare) / sizeof(rare[0]); i++)
        if (number == rare[i])
            return roll() % 20 == 0;
    return 1;
}

/* Sockets to the kernel, and a file that sends to one of them, at low descriptors. */
static void make_listeners(void)
{
    const uint32_t name[3] = {AF_NETLINK, 0, 1};
    for (int protocol = 0; protocol <= 15; protocol += 15)
        bind(socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, protocol), (const struct sockaddr *)name, sizeof(name));
    mkdir("/sys", 0755);
    if (mount("sysfs", "/sys", "sysfs", 0, NULL) == 0)
        open("/sys/class/mem/null/uevent", O_RDWR);
}

/* What the children share, and each one's own timer: numbers that no dice would find. */
static void make_handles(void)
{
    handles[0] = (uint64_t)semget(IPC_PRIVATE, 5, 0666);
    handles[1] = (uint64_t)msgget(IPC_PRIVATE, 0666);
    handles[2] = (uint64_t)shmget(IPC_PRIVATE, 3 * 4096, 0666);
    handles[4] = (uint64_t)timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    make_listeners();
}

/* Real-time signals, which wait: they come to nobody else. */
static void make_own(void)
{
    sigset_t waiting;
    int timer = -1;
    sigemptyset(&waiting);
    for (int signal = SIGRTMIN; signal <= SIGRTMAX; signal++)
        sigaddset(&waiting, signal);
    sigprocmask(SIG_BLOCK, &waiting, NULL);
    struct sigevent event = {.sigev_signo = SIGRTMIN};
    static const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_PROCESS_CPUTIME_ID,
                                       CLOCK_THREAD_CPUTIME_ID};
    syscall(SYS_timer_create, clocks[roll() % 4], &event, &timer);
    handles[3] = (uint64_t)timer;
    handles[5] = (uint64_t)syscall(SYS_PIDFD_OPEN, getpid(), 0);
}

/* The old page of calls; what is no good there is the child's end. */
static void call_old(void)
{
    long (*call)(uint64_t, uint64_t, uint64_t) =
        (long (*)(uint64_t, uint64_t, uint64_t))(0xffffffffff600000 + roll() % 4 * 1024);
    call(argument(), argument(), argument());
}

/* One call; signals go to the child itself only. */
static void call_one(uint64_t number)
{
    uint64_t first = argument();
    if (number == SYS_ioctl && roll() % 2) {
        uint64_t third = roll() % 4 ? argument() : (uint64_t)devices[roll() % DEVICES];
        syscall(SYS_ioctl, devices[roll() % DEVICES], device_request(), third);
        return;
    }
    if (number == SYS_madvise && roll() % 4) {
        uint64_t from = roll() % 4;
        syscall(SYS_madvise, buffer + 4096 * from, 4096 * (roll() % (5 - from)), roll() % 26);
        return;
    }
    if ((number == SYS_swapon || number == SYS_swapoff) && roll() % 4)
        first = (uint64_t)SWAP_DEVICE;
    if (number == SYS_rt_sigqueueinfo || number == SYS_rt_tgsigqueueinfo)
        first = (uint64_t)getpid();
    if (number == SYS_PIDFD_SEND)
        first = handles[5];
    if (number == SYS_prctl && roll() % 2)
        first = roll() % 50;
    syscall((long)number, first, argument(), argument(), argument(), argument(), argument());
}

static void child(unsigned number)
{
    state = (seed * CHILDREN + number + 1) * 0x9e3779b97f4a7c15ul | 1;
    setpgid(0, 0);
    make_own();
    buffer = mmap(NULL, BUFFER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (unsigned i = 0; i < BUFFER / 8; i++)
        ((uint64_t *)buffer)[i] = roll() % 3 ? roll() % 100 : argument();
    if (roll() % 8 == 0)
        syscall(SYS_RSEQ, buffer, 32, 0, 0); /* a sequence of its own, at random */
    for (unsigned i = 0; i < CALLS; i++) {
        if (roll() % 1000 == 0)
            call_old();
        uint64_t call = roll() % 50 ? roll() % NUMBER_LAST : roll();
        if (roll() % 16 == 0)
            call = SYS_ioctl;
        else if (roll() % 16 == 0)
            call = SYS_madvise;
        if (is_wanted(call))
            call_one(call);
    }
    _exit(0);
}

/* 0 where the command line has none. */
static uint64_t read_seed(void)
{
    char line[1024] = "";
    FILE *file = fopen("/proc/cmdline", "r");
    if (!file)
        return 0;
    const char *word = fgets(line, sizeof(line), file) ? strstr(line, "seed=") : NULL;
    fclose(file);
    return word ? strtoull(word + strlen("seed="), NULL, 10) : 0;
}

int main(void)
{
    seed = read_seed();
    printf("fuzz_calls: seed %llu\n", (unsigned long long)seed);
    fflush(stdout);
    make_handles();
    make_devices();
    make_swap();
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
