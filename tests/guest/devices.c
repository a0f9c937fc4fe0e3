/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices from the inside, in whichever way they are reached: as process 1 it does what `test=` on the command line
 * says (see main), prints one line for each thing that holds, and powers off; what does not hold halts the machine.
 */
#include "coopnet.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCK      4096u
#define BLOCKS     256u
#define READERS    8u
#define FRAMES     200u
#define ETHER_TYPE 0x88b5u /* IEEE 802: for local experiments */

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            devices_fail(#condition, __LINE__);                                                                        \
    } while (0)

static void devices_fail(const char *what, int line)
{
    printf("devices: line %d: %s does not hold (errno %d)\n", line, what, errno);
    fflush(stdout);
    if (getpid() == 1)
        reboot(RB_HALT_SYSTEM);
    _exit(1);
}

static void say(const char *text)
{
    puts(text);
    fflush(stdout);
}

/* ---- disk ---- */

static uint8_t disk_pattern(unsigned block, unsigned at)
{
    return (uint8_t)(block * 37 + at * 11 + (at >> 8) * 5);
}

static void disk_check(const uint8_t *bytes, unsigned from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != disk_pattern((unsigned)((from + i) / BLOCK), (unsigned)((from + i) % BLOCK)))
            devices_fail("what was read is what was written", __LINE__);
}

/* Pieces of any size at any place. */
static void disk_read_pieces(unsigned seed)
{
    static uint8_t bytes[40 * BLOCK];
    int disk = open("/dev/hda", O_RDONLY);
    CHECK(disk >= 0);
    srand(seed);
    for (unsigned round = 0; round < 20; round++) {
        unsigned count = 1 + (unsigned)rand() % (unsigned)sizeof(bytes);
        unsigned from = (unsigned)rand() % (BLOCKS * BLOCK - count);
        CHECK(pread(disk, bytes, count, from) == (ssize_t)count);
        disk_check(bytes, from, count);
    }
    close(disk);
}

static void disk_write_pattern(int disk)
{
    static uint8_t bytes[BLOCKS * BLOCK];
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = disk_pattern(i / BLOCK, i % BLOCK);
    unsigned part = 0;
    for (unsigned at = 0; at < sizeof(bytes); at += part) {
        part = part * 3 + 1000;
        part = part < 50 * BLOCK ? part : 777;
        part = part < sizeof(bytes) - at ? part : (unsigned)sizeof(bytes) - at;
        CHECK(pwrite(disk, bytes + at, part, at) == (ssize_t)part);
    }
    CHECK(fsync(disk) == 0);
}

static void test_disk(void)
{
    char magic[6];
    int disk = open("/dev/hda", O_RDWR);
    CHECK(disk >= 0);
    CHECK(pread(disk, magic, sizeof(magic), 0) == sizeof(magic));
    CHECK(memcmp(magic, "070701", sizeof(magic)) == 0);
    say("devices: the disk holds the file");
    disk_write_pattern(disk);
    for (unsigned i = 0; i < READERS; i++)
        if (fork() == 0) {
            disk_read_pieces(i + 1);
            _exit(0);
        }
    for (unsigned i = 0; i < READERS; i++) {
        int status;
        CHECK(wait(&status) > 0 && status == 0);
    }
    say("devices: eight readers read what was written");
    off_t end = lseek(disk, 0, SEEK_END);
    CHECK(end >= (off_t)(BLOCKS * BLOCK) && end % 512 == 0);
    CHECK(pread(disk, magic, 1, end) == 0);
    CHECK(pwrite(disk, magic, 1, end) == -1 && errno == ENOSPC);
    say("devices: the disk ends where it ends");
}

/* ---- entropy ---- */

static void test_entropy(void)
{
    uint8_t bytes[2][8192];
    unsigned ones = 0;
    int device = open("/dev/hwrng", O_RDONLY);
    CHECK(device >= 0);
    for (unsigned i = 0; i < 2; i++)
        for (size_t done = 0; done < sizeof(bytes[i]);) {
            ssize_t part = read(device, bytes[i] + done, sizeof(bytes[i]) - done);
            CHECK(part > 0);
            done += (size_t)part;
        }
    for (unsigned i = 0; i < sizeof(bytes[0]); i++)
        ones += (unsigned)__builtin_popcount(bytes[0][i]);
    CHECK(memcmp(bytes[0], bytes[1], sizeof(bytes[0])) != 0);
    CHECK(ones > 4 * sizeof(bytes[0]) - 1500 && ones < 4 * sizeof(bytes[0]) + 1500);
    say("devices: random bytes look random");
}

/* ---- time ---- */

static uint64_t now_ns(clockid_t clock)
{
    struct timespec now;
    CHECK(clock_gettime(clock, &now) == 0);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* No sleep is too short, and clocks go on at one pace; how long is too long is for people to judge. */
static void test_sleep(void)
{
    static const long sleeps_ns[] = {1, 1000, 100000, 1000000, 5000000, 30000000};
    for (unsigned i = 0; i < sizeof(sleeps_ns) / sizeof(sleeps_ns[0]); i++) {
        struct timespec wish = {0, sleeps_ns[i]};
        uint64_t monotonic = now_ns(CLOCK_MONOTONIC), real = now_ns(CLOCK_REALTIME);
        CHECK(nanosleep(&wish, NULL) == 0);
        uint64_t slept = now_ns(CLOCK_MONOTONIC) - monotonic, passed = now_ns(CLOCK_REALTIME) - real;
        CHECK(slept >= (uint64_t)sleeps_ns[i]);
        CHECK(passed + 1000000 > slept && slept + 1000000 > passed);
        printf("devices: slept %lu ns longer than %ld\n", (unsigned long)(slept - (uint64_t)sleeps_ns[i]),
               sleeps_ns[i]);
    }
    say("devices: no sleep is too short");
    CHECK(time(NULL) > 1704067200);
    say("devices: it is later than 2024");
    struct pollfd none = {-1, 0, 0};
    uint64_t start = now_ns(CLOCK_MONOTONIC);
    CHECK(poll(&none, 1, 20) == 0 && now_ns(CLOCK_MONOTONIC) - start >= 20000000);
    say("devices: poll waits as long as it is told");
}

/* ---- memory that is lent ---- */

static unsigned long memory_free_kib(void)
{
    char text[2048] = "", *line;
    int file = open("/proc/meminfo", O_RDONLY);
    CHECK(read(file, text, sizeof(text) - 1) > 0);
    close(file);
    CHECK((line = strstr(text, "MemFree:")));
    return strtoul(line + 8, NULL, 10);
}

static void memory_lend(unsigned mib)
{
    char text[16];
    int balloon = open("/dev/balloon", O_RDWR), length = snprintf(text, sizeof(text), "%u\n", mib);
    CHECK(balloon >= 0 && write(balloon, text, (size_t)length) == length);
    memset(text, 0, sizeof(text));
    close(balloon);
    balloon = open("/dev/balloon", O_RDONLY);
    CHECK(read(balloon, text, sizeof(text)) == length && strtoul(text, NULL, 10) == mib);
    CHECK(read(balloon, text, sizeof(text)) == 0);
    close(balloon);
}

/* Writes to most of the free memory and reads it back. */
static void memory_use(size_t mib)
{
    size_t words = (mib << 20) / sizeof(uint64_t);
    uint64_t *memory = malloc(words * sizeof(*memory));
    CHECK(memory);
    for (size_t i = 0; i < words; i++)
        memory[i] = i * 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < words; i++)
        CHECK(memory[i] == i * 0x9e3779b97f4a7c15u);
    free(memory);
}

static void test_memory(void)
{
    unsigned long before = memory_free_kib();
    int balloon = open("/dev/balloon", O_RDWR);
    CHECK(balloon >= 0 && write(balloon, "x", 1) == -1 && errno == EINVAL);
    CHECK(write(balloon, "100000", 6) == -1 && errno == EINVAL);
    CHECK(write(balloon, "4000", 4) == -1 && errno == ENOMEM);
    close(balloon);
    memory_lend(0);
    CHECK(memory_free_kib() + 1024 > before);
    for (unsigned round = 0; round < 3; round++) {
        memory_lend(100 + round * 7);
        CHECK(memory_free_kib() < before - 100 * 1024);
        memory_use(40);
        memory_lend(30);
        memory_use(120);
    }
    say("devices: memory was lent and came back");
    memory_lend(0);
    CHECK(memory_free_kib() + 1024 > before);
    memory_lend(64);
    say("devices: 64 MiB stay lent");
}

/* ---- network: two machines ---- */

struct frame {
    uint8_t to[6], from[6];
    uint16_t type;
    uint16_t number; /* FRAMES: the last one */
    uint8_t data[COOPNET_FRAME_MOST - 16];
} __attribute__((packed));

static int net_open(uint8_t *address)
{
    int net = open("/dev/net0", O_RDWR);
    CHECK(net >= 0);
    CHECK(ioctl(net, COOPNET_ADDRESS, address) == 0);
    return net;
}

static size_t net_bytes(unsigned number)
{
    return 60 + number * 997 % (COOPNET_FRAME_MOST - 60 + 1);
}

static void net_fill(struct frame *frame, unsigned number)
{
    frame->type = ETHER_TYPE;
    frame->number = (uint16_t)number;
    for (unsigned i = 0; i < sizeof(frame->data); i++)
        frame->data[i] = (uint8_t)(number + i * 7);
}

/* The next frame of ours, within the time: its length, or 0. */
static size_t net_receive(int net, struct frame *frame, int milliseconds)
{
    struct pollfd wait = {net, POLLIN, 0};
    while (poll(&wait, 1, milliseconds) == 1) {
        ssize_t bytes = read(net, frame, sizeof(*frame));
        CHECK(bytes >= (ssize_t)COOPNET_FRAME_LEAST);
        if (frame->type == ETHER_TYPE)
            return (size_t)bytes;
    }
    return 0;
}

/* Sends each frame until it comes back; the first to everybody, since nobody is known yet. */
static void test_send(void)
{
    struct frame sent, answer;
    uint8_t peer[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    unsigned tries = 0;
    int net = net_open(sent.from);
    for (unsigned number = 0; number <= FRAMES; number++) {
        size_t bytes = net_bytes(number), got;
        net_fill(&sent, number);
        memcpy(sent.to, peer, 6);
        do {
            CHECK(++tries < 3 * FRAMES);
            CHECK(write(net, &sent, bytes) == (ssize_t)bytes);
            got = net_receive(net, &answer, 50);
        } while (got == 0 || answer.number != number);
        CHECK(got == bytes && memcmp(answer.to, sent.from, 6) == 0);
        CHECK(memcmp(answer.data, sent.data, bytes - 16) == 0);
        memcpy(peer, answer.from, 6);
    }
    say("devices: every frame came back whole");
}

static void test_receive(void)
{
    struct frame frame, wanted;
    uint8_t own[6];
    unsigned last = 0;
    int net = net_open(own);
    while (last != FRAMES) {
        size_t bytes = net_receive(net, &frame, 10000);
        CHECK(bytes == net_bytes(frame.number));
        net_fill(&wanted, frame.number);
        CHECK(memcmp(frame.data, wanted.data, bytes - 16) == 0);
        memcpy(frame.to, frame.from, 6);
        memcpy(frame.from, own, 6);
        CHECK(write(net, &frame, bytes) == (ssize_t)bytes);
        last = frame.number;
    }
    say("devices: every frame was answered");
}

/* ---- the clock that goes on: rtc(4) ---- */

#define RTC_RD_TIME    0x80247009u
#define RTC_SET_TIME   0x4024700au
#define RTC_EPOCH_READ 0x8008700du
#define RTC_AIE_ON     0x7001u

struct rtc_time {
    int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
};

static void clock_refuses(int clock)
{
    struct rtc_time time;
    CHECK(open("/dev/rtc", O_RDONLY) == -1 && errno == EBUSY);
    CHECK(ioctl(clock, RTC_RD_TIME, 8) == -1 && errno == EFAULT);
    CHECK(ioctl(clock, RTC_AIE_ON, 0) == -1 && errno == ENOTTY);
    CHECK(ioctl(clock, RTC_RD_TIME, &time) == 0);
    struct rtc_time wrong[] = {time, time, time, time, time};
    wrong[0].tm_mon = 12;
    wrong[1].tm_mday = 32;
    wrong[2].tm_year = 99;
    wrong[3].tm_sec = 60;
    wrong[4].tm_hour = -1;
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        CHECK(ioctl(clock, RTC_SET_TIME, &wrong[i]) == -1 && errno == EINVAL);
    wrong[0].tm_mon = 1;
    wrong[0].tm_mday = 30;
    CHECK(ioctl(clock, RTC_SET_TIME, &wrong[0]) == -1 && errno == EINVAL);
    pid_t user = fork();
    if (user == 0) {
        CHECK(setuid(1000) == 0 && ioctl(clock, RTC_SET_TIME, &time) == -1 && errno == EACCES);
        CHECK(ioctl(clock, RTC_RD_TIME, &time) == 0 && open("/dev/rtc0", O_RDONLY) == -1 && errno == EACCES);
        _exit(0);
    }
    int status;
    CHECK(waitpid(user, &status, 0) == user && status == 0);
}

/* The last second of a leap year's February, and on into March. */
static void test_clock(void)
{
    struct rtc_time time = {.tm_year = 124, .tm_mon = 1, .tm_mday = 29, .tm_hour = 23, .tm_min = 59, .tm_sec = 58};
    struct timespec second = {1, 0};
    unsigned long epoch = 0;
    int clock = open("/dev/rtc0", O_RDWR);
    CHECK(clock >= 0 && ioctl(clock, RTC_EPOCH_READ, &epoch) == 0 && epoch == 1900);
    clock_refuses(clock);
    CHECK(ioctl(clock, RTC_SET_TIME, &time) == 0 && ioctl(clock, RTC_RD_TIME, &time) == 0);
    CHECK(time.tm_year == 124 && time.tm_wday == (time.tm_mday == 29 ? 4 : 5));
    for (int i = 0; i < 10 && time.tm_mday != 1; i++)
        CHECK(nanosleep(&second, NULL) == 0 && ioctl(clock, RTC_RD_TIME, &time) == 0);
    CHECK(time.tm_mon == 2 && time.tm_mday == 1 && time.tm_hour == 0 && time.tm_wday == 5 && time.tm_yday == 60);
    CHECK(close(clock) == 0);
    say("devices: the clock is set and goes on");
}

/* ---- the watchdog, by Linux' watchdog API ---- */

#define WDIOC_GETSUPPORT    0x80285700u
#define WDIOC_GETSTATUS     0x80045701u
#define WDIOC_SETOPTIONS    0x80045704u
#define WDIOC_KEEPALIVE     0x80045705u
#define WDIOC_SETTIMEOUT    0xc0045706u
#define WDIOC_GETTIMELEFT   0x8004570au
#define WDIOF_MAGICCLOSE    0x0100
#define WDIOF_KEEPALIVEPING 0x8000

struct watchdog_info {
    uint32_t options, version;
    uint8_t identity[32];
};

/* Fed, stopped, and in the end neither: the kernel ends the machine. */
static void test_watchdog(void)
{
    struct watchdog_info about;
    int seconds = 100, options = 0, watchdog = open("/dev/watchdog", O_WRONLY);
    CHECK(watchdog >= 0 && open("/dev/watchdog", O_WRONLY) == -1 && errno == EBUSY);
    CHECK(ioctl(watchdog, WDIOC_GETSUPPORT, &about) == 0 && (about.options & WDIOF_MAGICCLOSE));
    CHECK(ioctl(watchdog, WDIOC_SETTIMEOUT, &seconds) == 0 && seconds == 100);
    CHECK(ioctl(watchdog, WDIOC_GETTIMELEFT, &seconds) == 0 && seconds >= 90 && seconds <= 100);
    CHECK(ioctl(watchdog, WDIOC_SETOPTIONS, &options) == -1 && errno == ENOTTY);
    seconds = 0;
    CHECK(ioctl(watchdog, WDIOC_SETTIMEOUT, &seconds) == -1 && errno == EINVAL);
    seconds = 2;
    CHECK(ioctl(watchdog, WDIOC_SETTIMEOUT, &seconds) == 0);
    for (int i = 0; i < 4; i++)
        CHECK(write(watchdog, "", 1) == 1 && usleep(900000) == 0 && ioctl(watchdog, WDIOC_KEEPALIVE, 0) == 0);
    CHECK(ioctl(watchdog, WDIOC_GETSTATUS, &options) == 0 && options == WDIOF_KEEPALIVEPING);
    CHECK(write(watchdog, (void *)8, 1) == -1 && errno == EFAULT);
    CHECK(write(watchdog, "last V", 6) == 6 && close(watchdog) == 0);
    sleep(3);
    say("devices: the watchdog sleeps");
    watchdog = open("/dev/watchdog", O_WRONLY);
    CHECK(watchdog >= 0 && write(watchdog, "V", 1) == 1 && write(watchdog, "", 1) == 1 && close(watchdog) == 0);
    sleep(4);
    say("devices: the watchdog sleeps on");
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {{"disk", test_disk},     {"entropy", test_entropy}, {"sleep", test_sleep},
                 {"memory", test_memory}, {"send", test_send},       {"receive", test_receive},
                 {"clock", test_clock},   {"watchdog", test_watchdog}};
    char words[2048] = "", *word;
    int command_line = open("/proc/cmdline", O_RDONLY);
    CHECK(read(command_line, words, sizeof(words) - 1) > 0);
    word = strstr(words, "test=");
    CHECK(word);
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        if (!strncmp(word + 5, tests[i].name, strlen(tests[i].name))) {
            tests[i].run();
            say("devices: done");
            sync();
            reboot(RB_POWER_OFF);
        }
    CHECK(!"the test is known");
    return 1;
}
