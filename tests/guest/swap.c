/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * More memory than there is, as process 1 of guest-coop with a disk to swap to: every page comes back as it was
 * written, whatever happens to it while it is away, and at the end all frames and all of the disk are free again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysinfo.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE              4096ul
#define DISK              "/dev/hda"
#define AREA              1600ul /* pages of the disk that are used */
#define BEYOND            600ul  /* pages more than fit */
#define PART              200ul
#define FRAMES_LOST       96 /* slabs and tables that the kernel keeps */
#define HEADER_WORD(byte) ((byte) / 4)

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

static uint32_t header[PAGE / 4];

static void verdict(const char *what, int is_well)
{
    printf("swap: %s: %s\n", what, is_well ? "ok" : "failed");
    fflush(stdout);
    if (is_well)
        return;
    reboot(RB_HALT_SYSTEM);
    _exit(1);
}

static unsigned long free_frames(void)
{
    struct sysinfo information;
    return sysinfo(&information) == 0 ? information.freeram / PAGE : 0;
}

static unsigned long swap_used(void)
{
    struct sysinfo information;
    return sysinfo(&information) == 0 ? (information.totalswap - information.freeswap) / PAGE : 0;
}

static char *map(unsigned long pages)
{
    char *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* What page `i` holds at its start and end. */
static uint64_t pattern(unsigned long i, uint64_t seed)
{
    return (i + 1) * 0x9e3779b97f4a7c15ul ^ seed;
}

static void fill(char *memory, unsigned long pages, uint64_t seed)
{
    for (unsigned long i = 0; i < pages; i++) {
        uint64_t value = pattern(i, seed);
        memcpy(memory + i * PAGE, &value, sizeof(value));
        memcpy(memory + (i + 1) * PAGE - sizeof(value), &value, sizeof(value));
    }
}

/* Pages that are not as `fill` left them. */
static unsigned long wrong(const char *memory, unsigned long pages, unsigned long first, uint64_t seed)
{
    unsigned long count = 0;
    for (unsigned long i = 0; i < pages; i++) {
        uint64_t value = pattern(first + i, seed), start, end, zero;
        memcpy(&start, memory + i * PAGE, sizeof(start));
        memcpy(&zero, memory + i * PAGE + 1024, sizeof(zero));
        memcpy(&end, memory + (i + 1) * PAGE - sizeof(end), sizeof(end));
        count += start != value || end != value || zero != 0;
    }
    return count;
}

static unsigned long resident(char *memory, unsigned long pages)
{
    static unsigned char map[65536];
    unsigned long count = 0;
    if (pages > sizeof(map) || mincore(memory, pages * PAGE, map))
        return 0;
    for (unsigned long i = 0; i < pages; i++)
        count += map[i] & 1;
    return count;
}

static int ended(pid_t child)
{
    int status = -1;
    while (waitpid(child, &status, 0) == -1 && errno == EINTR)
        ;
    return status;
}

/* Writes the first page of an area to a file or a device: 0, or -1. */
static int write_header(const char *path)
{
    int file = open(path, O_RDWR), status = file >= 0 && pwrite(file, header, PAGE, 0) == (ssize_t)PAGE ? 0 : -1;
    close(file);
    return status;
}

static int refused(const char *path, int flags, int error)
{
    return swapon(path, flags) == -1 && errno == error;
}

/* A word of the header changed: is the area refused? */
static int refused_with(unsigned word, uint32_t value)
{
    uint32_t before = header[word];
    header[word] = value;
    int is_refused = write_header(DISK) == 0 && refused(DISK, 0, EINVAL);
    header[word] = before;
    return is_refused;
}

static void make_header(uint32_t pages)
{
    memset(header, 0, sizeof(header));
    header[HEADER_WORD(1024)] = 1;
    header[HEADER_WORD(1028)] = pages - 1;
    memcpy((char *)header + PAGE - 10, "SWAPSPACE2", 10);
}

static void refuse_what_is_none(uint32_t pages)
{
    verdict("a disk without a header is none", refused(DISK, 0, EINVAL));
    make_header(pages);
    verdict("nor is one of another version", refused_with(HEADER_WORD(1024), 2));
    verdict("nor one without pages", refused_with(HEADER_WORD(1028), 0));
    verdict("nor one beyond the disk's end", refused_with(HEADER_WORD(1028), pages));
    verdict("nor one with more bad pages than there is room", refused_with(HEADER_WORD(1032), 638));
    header[HEADER_WORD(1032)] = 1;
    verdict("nor one whose header is a bad page", refused_with(HEADER_WORD(1536), 0));
    verdict("nor one with a bad page beyond its end", refused_with(HEADER_WORD(1536), pages));
    header[HEADER_WORD(1032)] = 0;
    verdict("nor one with another signature", refused_with(HEADER_WORD(PAGE - 4), 0));
    close(open("/file", O_CREAT | O_RDWR, 0600));
    truncate("/file", 64 * PAGE);
    verdict("a file in memory is none", write_header("/file") == 0 && refused("/file", 0, EINVAL));
    verdict("nor are a directory and a terminal", refused("/", 0, EISDIR) && refused("/dev/null", 0, EINVAL));
    verdict("flags are checked", refused(DISK, 1 << 20, EINVAL) && refused("/none", 0, ENOENT));
    verdict("what is none is not ended", swapoff(DISK) == -1 && errno == EINVAL);
    unlink("/file");
}

/* Everything is written, and comes back. */
static void use_more_than_there_is(void)
{
    unsigned long pages = free_frames() + BEYOND;
    char *memory = map(pages);
    verdict("memory is mapped", memory != NULL);
    fill(memory, pages, 1);
    unsigned long used = swap_used();
    verdict("pages are swapped out", used > 0 && resident(memory, pages) < pages);
    verdict("they come back", wrong(memory, pages, 0, 1) == 0);
    verdict("they come back again", wrong(memory, pages, 0, 1) == 0);
    munmap(memory, pages * PAGE);
    verdict("what is unmapped is free", swap_used() < used);
}

/* A fork while pages are away: both have them, each its own. */
static void fork_with_pages_away(void)
{
    unsigned long pages = 3 * PART;
    char *memory = map(pages);
    fill(memory, pages, 2);
    madvise(memory, pages * PAGE, MADV_PAGEOUT);
    unsigned long used = swap_used();
    verdict("advice swaps out", used >= pages - PART && resident(memory, pages) <= PART);
    pid_t child = fork();
    if (child == 0) {
        if (wrong(memory, pages, 0, 2))
            _exit(1);
        fill(memory, pages, 3);
        madvise(memory, pages * PAGE, MADV_PAGEOUT);
        _exit(wrong(memory, pages, 0, 3) ? 2 : 0);
    }
    verdict("a child has them", ended(child) == 0);
    verdict("its parent has its own", wrong(memory, pages, 0, 2) == 0);
    munmap(memory, pages * PAGE);
}

/* What system calls do to pages that are away. */
static void change_pages_away(void)
{
    char *memory = map(8 * PART), *away;
    fill(memory, 4 * PART, 4);
    madvise(memory, 4 * PART * PAGE, MADV_PAGEOUT);
    munmap(memory + PART * PAGE, PART * PAGE);
    away = mremap(memory, PART * PAGE, PART * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, memory + 5 * PART * PAGE);
    verdict("pages that are away move", away == memory + 5 * PART * PAGE && wrong(away, PART, 0, 4) == 0);
    char *second = memory + 2 * PART * PAGE, *third = second + PART * PAGE;
    verdict("they are closed", mprotect(second, PART * PAGE, PROT_NONE) == 0 && write(1, second, 1) == -1);
    verdict("and opened", mprotect(second, PART * PAGE, PROT_READ) == 0 && wrong(second, PART, 2 * PART, 4) == 0);
    verdict("they are discarded", madvise(third, PAGE, MADV_DONTNEED) == 0 && third[0] == 0);
    madvise(third, PART * PAGE, MADV_PAGEOUT);
    verdict("they are locked", mlock(third, PART * PAGE) == 0 && resident(third, PART) == PART);
    verdict("what is locked stays", madvise(third, PART * PAGE, MADV_PAGEOUT) == -1 && errno == EINVAL);
    verdict("all of it", wrong(third + PAGE, PART - 1, 3 * PART + 1, 4) == 0 && resident(third, PART) == PART);
    munmap(memory, 8 * PART * PAGE);
}

/* Three that together have more than there is. */
static void share_too_little(void)
{
    pid_t children[3];
    unsigned long pages = (free_frames() + BEYOND) / 3;
    for (unsigned n = 0; n < 3; n++) {
        children[n] = fork();
        if (children[n] != 0)
            continue;
        char *memory = map(pages);
        for (unsigned round = 0; round < 2; round++) {
            fill(memory, pages, 10 * n + round);
            if (wrong(memory, pages, 0, 10 * n + round))
                _exit(1);
        }
        _exit(0);
    }
    int are_well = 1;
    for (unsigned n = 0; n < 3; n++)
        are_well &= ended(children[n]) == 0;
    verdict("three have their pages", are_well);
}

/* The kernel reads and writes what is away, and a program is begun and read about. */
static void call_with_pages_away(void)
{
    char *memory = map(PART), byte;
    int pipes[2], is_well = pipe(pipes) == 0;
    fill(memory, PART, 5);
    for (unsigned long i = 0; i < PART; i += 64) {
        madvise(memory, PART * PAGE, MADV_PAGEOUT);
        is_well &=
            write(pipes[1], memory + i * PAGE, 1) == 1 && read(pipes[0], &byte, 1) == 1 && byte == memory[i * PAGE];
        madvise(memory, PART * PAGE, MADV_PAGEOUT);
        is_well &= write(pipes[1], &byte, 1) == 1 && read(pipes[0], memory + i * PAGE, 1) == 1;
    }
    verdict("calls find them", is_well && wrong(memory, PART, 0, 5) == 0);
    close(pipes[0]);
    close(pipes[1]);
    munmap(memory, PART * PAGE);
}

/* The end of an area: all comes back, or nothing is lost. */
static void end_with_pages_away(void)
{
    char *memory = map(PART);
    fill(memory, PART, 6);
    madvise(memory, PART * PAGE, MADV_PAGEOUT);
    unsigned long used = swap_used();
    verdict("an area ends", swapoff(DISK) == 0 && used >= PART && swap_used() == 0);
    verdict("its pages are back", wrong(memory, PART, 0, 6) == 0);
    munmap(memory, PART * PAGE);
    verdict("it begins again", swapon(DISK, SWAP_FLAG_PREFER | 7) == 0 && refused(DISK, 0, EBUSY));
    unsigned long pages = free_frames() + BEYOND;
    memory = map(pages);
    fill(memory, pages, 7);
    verdict("what does not fit lets none end", swapoff(DISK) == -1 && errno == ENOMEM);
    verdict("and loses nothing", wrong(memory, pages, 0, 7) == 0);
    munmap(memory, pages * PAGE);
}

static void use_all(void)
{
    pid_t child = fork();
    if (child == 0) {
        unsigned long pages = free_frames() + AREA + BEYOND;
        char *memory = map(pages);
        fill(memory, pages, 8);
        _exit(0);
    }
    int status = ended(child);
    verdict("who uses all memory and all the disk is killed", WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

int main(void)
{
    static void (*const tests[])(void) = {use_more_than_there_is,
                                          fork_with_pages_away,
                                          change_pages_away,
                                          share_too_little,
                                          call_with_pages_away,
                                          end_with_pages_away,
                                          use_all};
    int disk = open(DISK, O_RDWR);
    off_t bytes = lseek(disk, 0, SEEK_END);
    close(disk);
    uint32_t pages = (uint32_t)(bytes / (off_t)PAGE);
    refuse_what_is_none(pages);
    make_header(AREA);
    verdict("a disk is an area", write_header(DISK) == 0 && swapon(DISK, 0) == 0 && refused(DISK, 0, EBUSY));
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        tests[i]();
        unsigned long before = free_frames();
        tests[i]();
        verdict("memory came back", free_frames() + FRAMES_LOST >= before);
    }
    verdict("the area ends", swapoff(DISK) == 0 && swap_used() == 0);
    printf("swap: done\n");
    fflush(stdout);
    reboot(RB_POWER_OFF);
    return 0;
}
