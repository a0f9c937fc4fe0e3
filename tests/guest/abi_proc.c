/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs read about themselves and the kernel in /proc.
 */
#include "abi.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define PAGE 4096ul

static char text[65536];

/* The file, whole. */
static const char *contents(const char *path)
{
    int file = open(path, O_RDONLY);
    ssize_t used = 0, bytes = 1;
    while (file >= 0 && bytes > 0 && (size_t)used < sizeof(text) - 1) {
        bytes = read(file, text + used, sizeof(text) - 1 - (size_t)used);
        used += bytes > 0 ? bytes : 0;
    }
    close(file);
    text[used] = 0;
    return text;
}

/* What stands behind a name at the start of a line, or NULL. */
static const char *field(const char *path, const char *name)
{
    const char *line = contents(path);
    while (line && strncmp(line, name, strlen(name)) != 0) {
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    return line ? line + strlen(name) : NULL;
}

static unsigned long number(const char *path, const char *name, int base)
{
    const char *at = field(path, name);
    return at ? strtoul(at, NULL, base) : ~0ul;
}

/* The line of the mapping that an address is in: its protection and name. */
static bool mapping(uintptr_t address, char protection[5], char name[256])
{
    char *line = strtok((char *)(uintptr_t)contents("/proc/self/maps"), "\n");
    for (; line; line = strtok(NULL, "\n")) {
        unsigned long start, end;
        name[0] = 0;
        if (sscanf(line, "%lx-%lx %4s %*x %*x:%*x %*u %255s", &start, &end, protection, name) < 3)
            return false;
        if (start <= address && address < end)
            return true;
    }
    return false;
}

static void test_maps(void)
{
    char protection[5], name[256], own[256];
    char *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
    CHECK(length > 0);
    own[length > 0 ? length : 0] = 0;
    CHECK(mapping((uintptr_t)test_maps, protection, name) && strcmp(protection, "r-xp") == 0 && strcmp(name, own) == 0);
    CHECK(mapping((uintptr_t)&length, protection, name) && strcmp(name, "[stack]") == 0);
    CHECK(strcmp(protection, "rw-p") == 0);
    CHECK(mapping((uintptr_t)page, protection, name) && strcmp(protection, "r--p") == 0);
    CHECK(munmap(page, PAGE) == 0 && !mapping((uintptr_t)page, protection, name));
}

static void test_status(void)
{
    unsigned long before = number("/proc/self/status", "SigIgn:\t", 16);
    signal(SIGUSR2, SIG_IGN);
    CHECK(number("/proc/self/status", "SigIgn:\t", 16) == (before | 1ul << (SIGUSR2 - 1)));
    signal(SIGUSR2, SIG_DFL);
    CHECK(number("/proc/self/status", "Pid:\t", 10) == (unsigned long)getpid());
    CHECK(number("/proc/self/status", "PPid:\t", 10) == (unsigned long)getppid());
    CHECK(number("/proc/self/status", "Threads:\t", 10) == 1);
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    CHECK(number("/proc/self/status", "SigBlk:\t", 16) & 1ul << (SIGUSR1 - 1));
    sigprocmask(SIG_SETMASK, &old, NULL);
    unsigned long locked = number("/proc/self/status", "VmLck:\t", 10);
    char *pages = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(mlock(pages, 3 * PAGE) == 0 && number("/proc/self/status", "VmLck:\t", 10) == locked + 12);
    CHECK(munmap(pages, 4 * PAGE) == 0 && number("/proc/self/status", "VmLck:\t", 10) == locked);
}

/* What another process has mapped is its user's to know. */
static void strangers_maps(void)
{
    char path[64];
    struct stat status;
    snprintf(path, sizeof(path), "/proc/%d/maps", getppid());
    EXPECT(stat(path, &status) == 0 && (status.st_mode & 0777) == 0444 && open(path, O_RDONLY) >= 0);
    EXPECT(setresgid(54321, 54321, 54321) == 0 && setresuid(54321, 54321, 54321) == 0);
    EXPECT(stat(path, &status) == 0 && open(path, O_RDONLY) == -1 && errno == EACCES);
    EXPECT(open("/proc/self/maps", O_RDONLY) >= 0);
}

/* Numbers that are not those of the files of the same place in /proc. */
static void test_numbers(void)
{
    static const char *const settings[] = {"/proc/sys/kernel/osrelease", "/proc/sys/kernel/hostname",
                                           "/proc/sys/kernel/ostype", "/proc/sys/fs/file-max", "/proc/sys/fs/file-nr",
                                           "/proc/sys/vm/overcommit_memory", "/proc/sys/kernel", "/proc/sys/vm"};
    struct stat one, other;
    DIR *directory = opendir("/proc");
    struct dirent *entry;
    CHECK(directory != NULL);
    while (directory && (entry = readdir(directory)) != NULL)
        for (unsigned i = 0; i < sizeof(settings) / sizeof(settings[0]) && entry->d_name[0] > '9'; i++)
            CHECK(stat(settings[i], &one) == 0 && one.st_ino != entry->d_ino);
    closedir(directory);
    for (unsigned i = 1; i < sizeof(settings) / sizeof(settings[0]); i++)
        CHECK(stat(settings[i - 1], &one) == 0 && stat(settings[i], &other) == 0 && one.st_ino != other.st_ino);
    CHECK(stat("/proc/sys/fs", &one) == 0 && stat("/proc/sys/vm", &other) == 0 && one.st_ino != other.st_ino);
}

static void test_limits(void)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(number("/proc/self/limits", "Max open files", 10) == limit.rlim_cur);
    limit.rlim_cur = 9;
    EXPECT(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    EXPECT(number("/proc/self/limits", "Max open files", 10) == 9);
    EXPECT(field("/proc/self/limits", "Limit                     Soft Limit           Hard Limit           Units"));
    _exit(7);
}

static void test_settings(void)
{
    struct utsname names;
    struct stat status;
    CHECK(uname(&names) == 0 && strncmp(contents("/proc/sys/kernel/ostype"), "Linux\n", 6) == 0);
    CHECK(strncmp(contents("/proc/sys/kernel/osrelease"), names.release, strlen(names.release)) == 0);
    CHECK(strncmp(contents("/proc/sys/kernel/hostname"), names.nodename, strlen(names.nodename)) == 0);
    CHECK(number("/proc/sys/kernel/pid_max", "", 10) >= 32768 && number("/proc/sys/vm/overcommit_memory", "", 10) <= 2);
    CHECK(number("/proc/sys/fs/file-max", "", 10) >= 1024 && number("/proc/sys/fs/file-nr", "", 10) > 0);
    CHECK(stat("/proc/sys/kernel", &status) == 0 && S_ISDIR(status.st_mode) && status.st_mode & 0500);
    CHECK(open("/proc/sys/kernel/nothing", O_RDONLY) == -1 && errno == ENOENT);
    CHECK(open("/proc/sys/kernel/ostype/x", O_RDONLY) == -1 && errno == ENOTDIR);
}

static void test_machine(void)
{
    CHECK(number("/proc/cpuinfo", "processor\t: ", 10) == 0 && field("/proc/cpuinfo", "vendor_id\t: "));
    CHECK(field("/proc/cpuinfo", "model name\t: ") && field("/proc/cpuinfo", "flags\t\t: fpu "));
    CHECK(field("/proc/stat", "cpu0 ") && number("/proc/stat", "btime ", 10) > 1000000000);
    CHECK(number("/proc/meminfo", "MemTotal:", 10) >= number("/proc/meminfo", "MemFree:", 10));
}

/* Of hundreds of areas, in small pieces: each line is whole, and none is missing. */
static void test_long_text(void)
{
    enum { AREAS = 300 };
    static char all[1 << 20];
    size_t used = 0;
    ssize_t got;
    unsigned found = 0;
    char *start = mmap(NULL, 2 * AREAS * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(start != MAP_FAILED);
    for (unsigned i = 0; i < AREAS; i++)
        CHECK(mprotect(start + 2 * i * PAGE, PAGE, PROT_READ) == 0);
    int maps = open("/proc/self/maps", O_RDONLY);
    while ((got = read(maps, all + used, 777)) > 0)
        used += (size_t)got;
    CHECK(got == 0 && used > 4096 && used < sizeof(all));
    for (unsigned i = 0; i < AREAS; i++) {
        char line[64];
        uint64_t at = (uint64_t)start + 2 * i * PAGE;
        snprintf(line, sizeof(line), "%lx-%lx r--p", (unsigned long)at, (unsigned long)at + PAGE);
        found += strstr(all, line) != NULL;
    }
    CHECK(found == AREAS);
    CHECK(close(maps) == 0 && munmap(start, 2 * AREAS * PAGE) == 0);
}

void abi_test_proc(void)
{
    test_long_text();
    test_maps();
    test_status();
    CHECK(abi_in_child(test_limits) == 7 << 8);
    test_settings();
    test_numbers();
    if (getuid() == 0)
        CHECK(abi_in_child(strangers_maps) == 0);
    test_machine();
}
