/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of memory, processes and room, as process 1 of guest-coop: what must fail fails alone, and what it had comes
 * back. Not for a machine that anybody needs.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE        4096ul
#define PAGES       65536ul
#define FORKS_MOST  100000
#define FRAMES_LEFT 2000
#define HOG_LEAVES  64
#define HOG_PAGES   512ul
#define FRAMES_LOST 64 /* slabs that the kernel keeps; blank tables, which it keeps too, the first time made enough */

static void verdict(const char *what, int is_well)
{
    printf("pressure: %s: %s\n", what, is_well ? "ok" : "failed");
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

static char *map(unsigned long pages)
{
    char *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    verdict("memory is mapped", memory != MAP_FAILED);
    return memory;
}

static int ended(pid_t child)
{
    int status = -1;
    while (waitpid(child, &status, 0) == -1 && errno == EINTR)
        ;
    return status;
}

/* A fork shares every page, whatever their number; a write by the child takes the one page it writes to. */
static void fork_copies_nothing(void)
{
    char *memory = map(PAGES);
    for (unsigned long i = 0; i < PAGES; i++)
        memory[i * PAGE] = (char)i;
    unsigned long before = free_frames(), tables = PAGES / 512;
    pid_t child = fork();
    if (child == 0) {
        unsigned long forked = free_frames();
        if (before - forked > tables + FRAMES_LOST || memory[77 * PAGE] != 77)
            _exit(1);
        memory[77 * PAGE] = 1;
        _exit(forked - free_frames() <= 2 ? 0 : 2);
    }
    verdict("a fork of 65,536 pages copies none", ended(child) == 0 && memory[77 * PAGE] == 77);
    munmap(memory, PAGES * PAGE);
}

static void use_all_memory(void)
{
    pid_t child = fork();
    if (child == 0) {
        /* In parts, since more at once than there is would be refused. */
        for (unsigned long part = 0; part < 4; part++) {
            char *memory = map(PAGES);
            for (unsigned long i = 0; i < PAGES; i++)
                memory[i * PAGE] = 1;
        }
        _exit(0);
    }
    int status = ended(child);
    verdict("who uses all memory is killed", WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void fork_until_refused(void)
{
    pid_t bomb = fork();
    if (bomb == 0) {
        setpgid(0, 0);
        /* With little left, each child's tables for all these pages soon are too much. */
        unsigned long pages = free_frames() - FRAMES_LEFT;
        char *memory = map(pages);
        for (unsigned long i = 0; i < pages; i++)
            memory[i * PAGE] = 1;
        for (int i = 0; i < FORKS_MOST; i++) {
            pid_t child = fork();
            if (child == 0)
                for (;;)
                    pause();
            if (child < 0)
                _exit(errno == EAGAIN || errno == ENOMEM ? 0 : 1);
        }
        _exit(2);
    }
    setpgid(bomb, bomb);
    int status = ended(bomb);
    /* The one that forks may itself be the one that finds no memory. */
    verdict("forks without end are refused", status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
    kill(-bomb, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0)
        ;
}

static void fill_file_system(void)
{
    static char block[1 << 16];
    int file = open("/full", O_CREAT | O_RDWR | O_TRUNC, 0600), other = open("/other", O_CREAT | O_RDWR, 0600);
    ssize_t written, all = 0;
    while ((written = write(file, block, sizeof(block))) > 0)
        all += written;
    verdict("a full file system says so", written == -1 && errno == ENOSPC && all > (1 << 20));
    verdict("so it does to others", write(other, block, sizeof(block)) < (ssize_t)sizeof(block));
    verdict("what is there stays", lseek(file, 0, SEEK_END) == all && pread(file, block, 1, all - 1) == 1);
    verdict("room comes back", ftruncate(file, 0) == 0 && pwrite(other, block, sizeof(block), 0) == sizeof(block));
    close(file);
    close(other);
    unlink("/full");
    unlink("/other");
}

static unsigned long free_blocks(void)
{
    struct statfs room;
    return statfs("/", &room) == 0 ? room.f_bfree : 0;
}

/* What cannot be allocated as a whole leaves nothing behind. */
static void allocate_too_much(void)
{
    struct stat status;
    int file = open("/full", O_CREAT | O_RDWR, 0600);
    unsigned long before = free_blocks();
    int refused = fallocate(file, 0, 0, (off_t)((before + 10) * PAGE)) == -1 && errno == ENOSPC;
    verdict("too much is not allocated", refused && fstat(file, &status) == 0 && status.st_blocks == 0);
    verdict("its tables go with the file", ftruncate(file, 0) == 0 && free_blocks() == before && before > 0);
    close(file);
    unlink("/full");
}

/* A child that has all memory but a few frames. */
static pid_t start_hog(void)
{
    int pipes[2];
    char byte;
    verdict("there is a pipe", pipe(pipes) == 0);
    pid_t child = fork();
    if (child == 0) {
        unsigned long pages = free_frames();
        char *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (unsigned long i = 0; i < pages && (i % 16 || free_frames() > HOG_LEAVES); i++)
            memory[i * PAGE] = 1;
        write(pipes[1], &byte, 1);
        for (;;)
            pause();
    }
    close(pipes[1]);
    read(pipes[0], &byte, 1);
    close(pipes[0]);
    return child;
}

static void end_hog(pid_t hog)
{
    kill(hog, SIGKILL);
    ended(hog);
}

/* The kernel writes to a page that is shared since a fork, and there is no frame for the copy: the call does not merely
 * fail, and nobody's page is lost. */
static void copy_without_memory(void)
{
    char *memory = map(HOG_PAGES), byte = 0;
    int zero = open("/dev/zero", O_RDONLY), pipes[2], is_there = pipe(pipes) == 0;
    for (unsigned long i = 0; i < HOG_PAGES * PAGE; i++)
        memory[i] = 1;
    pid_t hog = start_hog(), child = fork();
    if (child == 0) {
        read(pipes[0], &byte, 1); /* the other has its pages */
        for (unsigned long i = 0; i < HOG_PAGES; i++)
            if (read(zero, memory + i * PAGE, 1) != 1)
                _exit(1);
        _exit(0);
    }
    write(pipes[1], &byte, 1);
    int status = child > 0 ? ended(child) : -1;
    end_hog(hog);
    for (unsigned long i = 0; i < HOG_PAGES * PAGE; i++)
        is_there &= memory[i] == 1;
    verdict("who has no memory for a copy is killed", WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    verdict("what was to be copied is there", is_there);
    close(zero);
    close(pipes[0]);
    close(pipes[1]);
    munmap(memory, HOG_PAGES * PAGE);
}

/* A mapping that grows elsewhere takes tables: without memory for them it stays where it is, with all its pages. */
static void move_without_memory(void)
{
    const unsigned long step = 512 * PAGE, bytes = HOG_PAGES * step;
    char *memory = mmap(NULL, bytes + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    int is_there = mprotect(memory + bytes, PAGE, PROT_NONE) == 0; /* something is in the way */
    for (unsigned long i = 0; i < HOG_PAGES; i++)
        memory[i * step] = (char)(i | 1);
    pid_t hog = start_hog();
    char *moved = mremap(memory, bytes, bytes + PAGE, MREMAP_MAYMOVE);
    int is_refused = moved == MAP_FAILED && errno == ENOMEM;
    end_hog(hog);
    for (unsigned long i = 0; i < HOG_PAGES; i++)
        is_there &= memory[i * step] == (char)(i | 1);
    verdict("without memory for tables nothing is moved", is_refused && is_there);
    munmap(memory, bytes + PAGE);
}

/* Memory without permission stays the program's when it cannot be opened again for want of tables: a fork copies none
 * for it. No pipe between them, whose buffer would be memory. */
static void open_without_memory(void)
{
    const unsigned long step = 512 * PAGE, bytes = HOG_PAGES * step;
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    volatile int *turn = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (unsigned long i = 0; i < HOG_PAGES; i++)
        memory[i * step] = (char)(i | 1);
    *turn = 0;
    int is_closed = mprotect(memory, bytes, PROT_NONE) == 0;
    pid_t child = fork();
    if (child == 0) {
        while (*turn != 1)
            sched_yield();
        int is_refused = mprotect(memory, bytes, PROT_READ) == -1 && errno == ENOMEM;
        *turn = 2;
        while (*turn != 3)
            sched_yield();
        if (!is_refused || mprotect(memory, bytes, PROT_READ) != 0)
            _exit(1);
        for (unsigned long i = 0; i < HOG_PAGES; i++)
            if (memory[i * step] != (char)(i | 1))
                _exit(2);
        _exit(0);
    }
    pid_t hog = start_hog();
    *turn = 1;
    while (*turn != 2 && waitpid(child, NULL, WNOHANG) == 0)
        sched_yield();
    end_hog(hog);
    *turn = 3;
    verdict("without memory for tables nothing closed is lost", is_closed && child > 0 && ended(child) == 0);
    munmap((void *)turn, PAGE);
    munmap(memory, bytes);
}

static volatile int warned;

static void count_warning(int signal)
{
    (void)signal;
    warned++;
}

static unsigned long milliseconds_used(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (unsigned long)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
           (unsigned long)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

/* Time on the CPU: a signal at the soft limit, the end at the hard one; what a child inherits begins anew. Time asleep
 * does not count. */
static void use_all_time(void)
{
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {1, 2};
        signal(SIGXCPU, count_warning);
        setrlimit(RLIMIT_CPU, &limit);
        sleep(2);
        child = warned == 0 ? fork() : -1;
        if (child > 0)
            _exit(WTERMSIG(ended(child)) == SIGKILL && warned == 0 ? 0 : 1);
        while (!warned)
            ;
        if (milliseconds_used() < 1000)
            _exit(1);
        for (;;)
            ;
    }
    verdict("time on the CPU ends", child > 0 && ended(child) == 0);
}

int main(void)
{
    static void (*const tests[])(void) = {fork_copies_nothing, copy_without_memory, move_without_memory,
                                          open_without_memory, fill_file_system,    use_all_memory,
                                          fork_until_refused,  allocate_too_much};
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        tests[i]();
        unsigned long before = free_frames();
        tests[i]();
        verdict("memory came back", free_frames() + FRAMES_LOST >= before);
    }
    use_all_time(); /* seconds, and nothing but time: once */
    printf("pressure: done\n");
    fflush(stdout);
    reboot(RB_POWER_OFF);
    return 0;
}
