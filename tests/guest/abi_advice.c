/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Advice about memory that changes what a fork copies or what is in memory, locked mappings that grow, and who may add
 * swap areas.
 */
#include "abi.h"
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul

#define ADVICE_FREE       8
#define ADVICE_WIPEONFORK 18
#define ADVICE_KEEPONFORK 19
#define ADVICE_COLD       20
#define ADVICE_PAGEOUT    21

static char *room; /* seven pages: 1 to 7 */

static void make_room(void)
{
    room = mmap(NULL, 7 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 7; i++)
        memset(room + i * PAGE, i + 1, PAGE);
}

static int is_mapped(const char *page)
{
    unsigned char resident;
    return mincore((void *)page, PAGE, &resident) == 0;
}

/* Is `advice` refused so? */
static int refused(void *start, size_t bytes, int advice, int error)
{
    return madvise(start, bytes, advice) == -1 && errno == error;
}

static void look_at_room(void)
{
    EXPECT(room[0] == 1 && !is_mapped(room + PAGE) && !is_mapped(room + 2 * PAGE) && room[3 * PAGE] == 4);
    EXPECT(room[4 * PAGE] == 0 && room[5 * PAGE] == 6 && room[6 * PAGE] == 7);
    /* A child's child is given the same. */
    room[4 * PAGE] = 9;
    pid_t child = fork();
    if (child == 0)
        _exit(room[4 * PAGE] == 0 && room[5 * PAGE] == 6 && !is_mapped(room + PAGE) ? 0 : 1);
    int status;
    EXPECT(waitpid(child, &status, 0) == child && status == 0 && room[4 * PAGE] == 9);
    /* There is room where nothing was copied. */
    EXPECT(mmap(room + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == room + PAGE);
    EXPECT(room[PAGE] == 0);
    _exit(0);
}

static void test_forks(void)
{
    make_room();
    CHECK(madvise(room + PAGE, 3 * PAGE, MADV_DONTFORK) == 0 && madvise(room + 3 * PAGE, PAGE, MADV_DOFORK) == 0);
    CHECK(madvise(room + 4 * PAGE, 2 * PAGE, ADVICE_WIPEONFORK) == 0);
    CHECK(madvise(room + 5 * PAGE, PAGE, ADVICE_KEEPONFORK) == 0);
    CHECK(abi_in_child(look_at_room) == 0);
    CHECK(room[PAGE] == 2 && room[2 * PAGE] == 3 && room[4 * PAGE] == 5);
    /* Closed, and as it was in the parent. */
    CHECK(mprotect(room + PAGE, PAGE, PROT_NONE) == 0 && mprotect(room + 4 * PAGE, PAGE, PROT_NONE) == 0);
    pid_t child = fork();
    if (child == 0) {
        EXPECT(!is_mapped(room + PAGE) && mprotect(room + PAGE, PAGE, PROT_READ) == -1 && errno == ENOMEM);
        EXPECT(mprotect(room + 4 * PAGE, PAGE, PROT_READ) == 0 && room[4 * PAGE] == 0);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(mprotect(room + 4 * PAGE, PAGE, PROT_READ) == 0 && room[4 * PAGE] == 5);
    CHECK(munmap(room, 7 * PAGE) == 0);
}

static void test_refusals(void)
{
    make_room();
    char *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED && refused(shared, PAGE, ADVICE_WIPEONFORK, EINVAL));
    CHECK(refused(shared, PAGE, ADVICE_FREE, EINVAL) && madvise(shared, PAGE, MADV_DONTFORK) == 0);
    CHECK(munmap(shared, PAGE) == 0);
    int file = open("/proc/self/exe", O_RDONLY);
    char *mapped = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0);
    CHECK(mapped != MAP_FAILED && refused(mapped, PAGE, ADVICE_WIPEONFORK, EINVAL));
    CHECK(refused(mapped, PAGE, ADVICE_FREE, EINVAL) && madvise(mapped, PAGE, ADVICE_KEEPONFORK) == 0);
    CHECK(munmap(mapped, PAGE) == 0 && close(file) == 0);
    /* Beside a hole all else is done. */
    CHECK(munmap(room + 2 * PAGE, PAGE) == 0 && refused(room + PAGE, 3 * PAGE, MADV_DONTFORK, ENOMEM));
    CHECK(refused(room + 2 * PAGE, PAGE, ADVICE_COLD, ENOMEM) && refused(room + 1, PAGE, MADV_DONTFORK, EINVAL));
    CHECK(madvise(room, 0, MADV_DONTFORK) == 0 && madvise(room + 2 * PAGE, 0, ADVICE_PAGEOUT) == 0);
    pid_t child = fork();
    if (child == 0)
        _exit(is_mapped(room) && !is_mapped(room + PAGE) && !is_mapped(room + 3 * PAGE) ? 0 : 1);
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(munmap(room, 7 * PAGE) == 0);
}

/* Whatever is written out has not changed. */
static void test_cold(void)
{
    make_room();
    CHECK(madvise(room, 7 * PAGE, ADVICE_COLD) == 0 && madvise(room, 7 * PAGE, ADVICE_PAGEOUT) == 0);
    for (int i = 0; i < 7; i++)
        CHECK(room[i * PAGE] == i + 1 && room[(i + 1) * PAGE - 1] == i + 1);
    CHECK(mlock(room, PAGE) == 0);
    CHECK(refused(room, PAGE, ADVICE_PAGEOUT, EINVAL) && refused(room, 2 * PAGE, ADVICE_COLD, EINVAL));
    CHECK(refused(room, PAGE, MADV_DONTNEED, EINVAL) && refused(room, 2 * PAGE, ADVICE_FREE, EINVAL));
    CHECK(room[0] == 1 && room[PAGE] == 2 && madvise(room + PAGE, PAGE, MADV_DONTNEED) == 0 && room[PAGE] == 0);
    CHECK(munlock(room, PAGE) == 0 && madvise(room, PAGE, MADV_DONTNEED) == 0 && room[0] == 0);
    CHECK(munmap(room, 7 * PAGE) == 0);
}

/* What a locked mapping grows by is there at once. */
static void test_locked_growth(void)
{
    unsigned char resident[4] = {0};
    char *memory = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(munmap(memory + PAGE, 3 * PAGE) == 0 && mlock(memory, PAGE) == 0);
    CHECK(mremap(memory, PAGE, 2 * PAGE, 0) == memory);
    CHECK(mincore(memory, 2 * PAGE, resident) == 0 && (resident[0] & 1) && (resident[1] & 1));
    char *moved = mremap(memory, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE);
    CHECK(moved != MAP_FAILED && mincore(moved, 4 * PAGE, resident) == 0 && (resident[2] & resident[3] & 1));
    CHECK(munmap(moved, 4 * PAGE) == 0);
}

static void test_areas_refused(void)
{
    CHECK(swapon("/", 1 << 20) == -1 && errno == EINVAL);
    CHECK(swapon("/none such", 0) == -1 && (errno == EPERM || errno == ENOENT));
    CHECK(swapoff("/none such") == -1 && (errno == EPERM || errno == ENOENT));
    CHECK(swapoff("/dev/null") == -1 && (errno == EPERM || errno == EINVAL));
    CHECK(geteuid() == 0 || (swapon("/dev/null", 0) == -1 && errno == EPERM));
}

void abi_test_advice(void)
{
    test_forks();
    test_refusals();
    test_cold();
    test_locked_growth();
    test_areas_refused();
}
