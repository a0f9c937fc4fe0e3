/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mappings: holes, moves, sharing, copies on write, refusals.
 */
#include "abi.h"
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE  4096ul
#define PAGES 256ul

static char *anonymous(size_t bytes, int flags)
{
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
}

static void test_holes_and_moves(void)
{
    size_t bytes = PAGES * PAGE;
    char *first = anonymous(bytes, MAP_PRIVATE);
    memset(first, 1, bytes);
    CHECK(munmap(first + PAGE, 2 * PAGE) == 0);
    CHECK(first[0] == 1 && first[3 * PAGE] == 1);
    char *moved = mremap(first + 3 * PAGE, bytes - 3 * PAGE, 2 * bytes, MREMAP_MAYMOVE);
    CHECK(moved != MAP_FAILED && moved[0] == 1 && moved[bytes - 3 * PAGE - 1] == 1 && moved[2 * bytes - 1] == 0);
    CHECK(madvise(moved, PAGE, MADV_DONTNEED) == 0 && moved[0] == 0 && moved[PAGE] == 1);
    CHECK(mremap(moved, 2 * bytes, PAGE, 0) == moved);
    CHECK(munmap(moved, PAGE) == 0 && munmap(first, PAGE) == 0);
}

static char *shared, *private;

static void write_both(void)
{
    shared[0] = 77;
    private[0] = 9;
    _exit(private[0] == 9 && private[PAGE] == 2 ? 0 : 1);
}

static void test_sharing(void)
{
    shared = anonymous(2 * PAGE, MAP_SHARED);
    private = anonymous(2 * PAGE, MAP_PRIVATE);
    memset(private, 2, 2 * PAGE);
    CHECK(abi_in_child(write_both) == 0);
    CHECK(shared[0] == 77 && private[0] == 2);
    private[0] = 3;
    CHECK(private[0] == 3);
    munmap(shared, 2 * PAGE);
    munmap(private, 2 * PAGE);
}

static void test_break(void)
{
    char *start = (char *)syscall(SYS_brk, 0);
    CHECK((char *)syscall(SYS_brk, start + 100000) == start + 100000);
    memset(start, 3, 100000);
    CHECK((char *)syscall(SYS_brk, start) == start);
    CHECK((char *)syscall(SYS_brk, start + PAGE) == start + PAGE && start[0] == 0);
    syscall(SYS_brk, start);
}

static void test_refusals(void)
{
    void *high = (void *)0xffff800000000000, *top = (void *)0x7ffffffff000;
    CHECK(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL);
    CHECK(mmap(high, PAGE, PROT_READ, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    CHECK(mmap(top, PAGE, PROT_READ, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 99, 0) == MAP_FAILED && errno == EBADF);
    CHECK(mmap(NULL, 1ul << 62, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == ENOMEM);
    CHECK(munmap(high, PAGE) == -1 && errno == EINVAL);
    CHECK(munmap((void *)1, PAGE) == -1 && errno == EINVAL);
    CHECK(mprotect((void *)PAGE, PAGE, PROT_READ) == -1 && errno == ENOMEM);
}

/* A shared mapping of a file that was opened for reading never becomes writable, a private one does. */
static void test_read_only_file(void)
{
    const char *path = "/tmp/abi-read-only";
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), reader = open(path, O_RDONLY);
    CHECK(file >= 0 && reader >= 0 && unlink(path) == 0 && ftruncate(file, 2 * PAGE) == 0);
    char *map = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, reader, 0);
    CHECK(map != MAP_FAILED && map[0] == 0);
    CHECK(mprotect(map, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES);
    CHECK(mprotect(map + PAGE, PAGE, PROT_NONE) == 0 && mprotect(map + PAGE, PAGE, PROT_WRITE) == -1);
    CHECK(errno == EACCES && mprotect(map + PAGE, PAGE, PROT_READ) == 0 && map[PAGE] == 0);
    char *moved = mremap(map, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE);
    CHECK(moved != MAP_FAILED && mprotect(moved, PAGE, PROT_WRITE) == -1 && errno == EACCES);
    CHECK(munmap(moved, 3 * PAGE) == 0);
    map = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, reader, 0);
    CHECK(map != MAP_FAILED && mprotect(map, PAGE, PROT_READ | PROT_WRITE) == 0);
    map[0] = 'p';
    CHECK(munmap(map, PAGE) == 0);
    map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, 0);
    CHECK(map != MAP_FAILED && map[0] == 0 && mprotect(map, PAGE, PROT_READ | PROT_WRITE) == 0);
    map[0] = 's';
    CHECK(munmap(map, PAGE) == 0);
    close(file);
    close(reader);
}

/* Memory closed to the program is closed to system calls too, and keeps its content. */
static void test_closed(void)
{
    int pipes[2];
    char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(map != MAP_FAILED && pipe(pipes) == 0);
    map[0] = 'a';
    CHECK(mprotect(map, PAGE, PROT_NONE) == 0);
    CHECK(write(pipes[1], map, 1) == -1 && errno == EFAULT);
    CHECK(write(pipes[1], "b", 1) == 1);
    CHECK(read(pipes[0], map, 1) == -1 && errno == EFAULT);
    CHECK(mprotect(map, PAGE, PROT_READ) == 0 && map[0] == 'a');
    CHECK(write(pipes[1], map, 1) == 1);
    CHECK(mprotect(map, PAGE, PROT_READ | PROT_WRITE) == 0);
    map[0] = 'c';
    CHECK(munmap(map, PAGE) == 0);
    close(pipes[0]);
    close(pipes[1]);
}

/* Many mappings, every second one taken away again. */
static void test_many(void)
{
    static char *maps[200];
    for (unsigned i = 0; i < 200; i++) {
        maps[i] = mmap(NULL, PAGE, i % 2 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(maps[i] != MAP_FAILED && maps[i][0] == 0);
    }
    for (unsigned i = 0; i < 200; i += 2)
        CHECK(munmap(maps[i], PAGE) == 0);
    for (unsigned i = 1; i < 200; i += 2)
        CHECK(maps[i][PAGE - 1] == 0 && munmap(maps[i], PAGE) == 0);
}

/* Does this kernel refuse what can never be there, as Linux does unless told otherwise? */
static bool refuses_too_much(void)
{
    char policy = '0';
    int file = open("/proc/sys/vm/overcommit_memory", O_RDONLY);
    if (file >= 0) {
        CHECK(read(file, &policy, 1) == 1);
        close(file);
    }
    return policy == '0';
}

static void test_too_much(void)
{
    size_t bytes = 1ul << 45;
    if (!refuses_too_much())
        return;
    CHECK(anonymous(bytes, MAP_PRIVATE) == MAP_FAILED && errno == ENOMEM);
    CHECK(anonymous(bytes, MAP_SHARED) == MAP_FAILED && errno == ENOMEM);
    void *end = sbrk(0);
    errno = 0;
    CHECK(brk((char *)end + bytes) == -1 && errno == ENOMEM && sbrk(0) == end);
    char *page = anonymous(PAGE, MAP_PRIVATE);
    CHECK(mremap(page, PAGE, bytes, MREMAP_MAYMOVE) == MAP_FAILED && errno == ENOMEM);
    page[0] = 1;
    CHECK(munmap(page, PAGE) == 0);
    page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page = mremap(page, PAGE, bytes, MREMAP_MAYMOVE);
    CHECK(page != MAP_FAILED && munmap(page, bytes) == 0);
    /* Room, and what takes no frames of its own, are not memory. */
    page = anonymous(bytes, MAP_PRIVATE | MAP_NORESERVE);
    CHECK(page != MAP_FAILED);
    page[bytes / 2] = 1;
    CHECK(munmap(page, bytes) == 0);
    page = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED && madvise(page, bytes, 22) == -1 && errno == EINVAL); /* MADV_POPULATE_READ */
    CHECK(madvise(page, (size_t)-PAGE, MADV_NORMAL) == -1 && errno == EINVAL && munmap(page, bytes) == 0);
}

/* What is locked only when it is touched ends with munlockall. */
static void test_locks_on_fault(void)
{
    unsigned char resident = 0;
    CHECK(mlockall(MCL_FUTURE | MCL_ONFAULT) == 0 && munlockall() == 0);
    char *page = anonymous(PAGE, MAP_PRIVATE | MAP_LOCKED);
    CHECK(page != MAP_FAILED && mincore(page, PAGE, &resident) == 0 && (resident & 1));
    CHECK(munmap(page, PAGE) == 0);
}

static int refused(void *result, int number)
{
    return result == MAP_FAILED && errno == number;
}

/* To a place of the program's choice, where what is there goes; the pages behind stay. */
static void test_moves_to(void)
{
    unsigned char resident;
    char *room = anonymous(16 * PAGE, MAP_PRIVATE), *from = room + PAGE, *to = room + 8 * PAGE;
    const int fixed = MREMAP_MAYMOVE | MREMAP_FIXED;
    memset(room, 1, 16 * PAGE);
    memset(from, 2, 3 * PAGE);
    CHECK(mremap(from, 3 * PAGE, 3 * PAGE, fixed, to) == to);
    CHECK(to[-1] == 1 && to[0] == 2 && to[3 * PAGE - 1] == 2 && to[3 * PAGE] == 1);
    CHECK(room[PAGE - 1] == 1 && from[3 * PAGE] == 1 && refused(mremap(from, PAGE, 2 * PAGE, fixed, to), EFAULT));
    CHECK(mincore(from, PAGE, &resident) == -1 && errno == ENOMEM && to[0] == 2);
    /* Larger: new pages are empty. Smaller: what is left over goes. */
    CHECK(mremap(to, PAGE, 2 * PAGE, fixed, from) == from && from[0] == 2 && from[PAGE] == 0);
    CHECK(mremap(to + PAGE, 2 * PAGE, PAGE, fixed, to - PAGE) == to - PAGE && to[-1] == 2);
    CHECK(mincore(to, PAGE, &resident) == -1 && errno == ENOMEM);
    CHECK(mincore(to + 2 * PAGE, PAGE, &resident) == -1 && errno == ENOMEM && to[3 * PAGE] == 1);
    /* Without permission. */
    CHECK(mprotect(from, PAGE, PROT_NONE) == 0 && mremap(from, PAGE, PAGE, fixed, to) == to);
    CHECK(mprotect(to, PAGE, PROT_READ | PROT_WRITE) == 0 && to[0] == 2);
    CHECK(munmap(room, 16 * PAGE) == 0);
}

static void test_moves_refused(void)
{
    char *room = anonymous(8 * PAGE, MAP_PRIVATE), *to = room + 4 * PAGE;
    const int fixed = MREMAP_MAYMOVE | MREMAP_FIXED, keep = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
    void *top = (void *)0x7ffffffff000;
    memset(room, 1, 8 * PAGE);
    CHECK(refused(mremap(room, PAGE, PAGE, MREMAP_FIXED, to), EINVAL));
    CHECK(refused(mremap(room, PAGE, PAGE, MREMAP_DONTUNMAP, NULL), EINVAL));
    CHECK(refused(mremap(room, PAGE, PAGE, 8, to), EINVAL) && refused(mremap(room, PAGE, 0, fixed, to), EINVAL));
    CHECK(refused(mremap(room, PAGE, 2 * PAGE, keep, NULL), EINVAL));
    CHECK(refused(mremap(room + 1, PAGE, PAGE, fixed, to), EINVAL));
    CHECK(refused(mremap(room, PAGE, PAGE, fixed, to + 1), EINVAL));
    CHECK(refused(mremap(room, PAGE, PAGE, fixed, top), EINVAL));
    CHECK(refused(mremap(room, 2 * PAGE, 2 * PAGE, fixed, room), EINVAL));
    CHECK(refused(mremap(room, 2 * PAGE, 2 * PAGE, fixed, room + PAGE), EINVAL));
    CHECK(refused(mremap(room + PAGE, 2 * PAGE, 2 * PAGE, fixed, room), EINVAL));
    CHECK(refused(mremap(room, PAGE, 2 * PAGE, 0), ENOMEM));
    CHECK(refused(mremap(room, 0, PAGE, MREMAP_MAYMOVE), EINVAL));
    CHECK(munmap(to, PAGE) == 0 && refused(mremap(to, PAGE, PAGE, fixed, room), EFAULT));
    CHECK(refused(mremap(to, PAGE, PAGE, keep, NULL), EFAULT) && refused(mremap(to, 0, PAGE, fixed, room), EFAULT));
    CHECK(refused(mremap(room, 6 * PAGE, 7 * PAGE, MREMAP_MAYMOVE), EFAULT));
    CHECK(room[0] == 1 && room[PAGE] == 1 && munmap(room, 8 * PAGE) == 0);
}

/* The old range stays, empty. */
static void test_moves_kept(void)
{
    const int keep = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
    char *old = anonymous(3 * PAGE, MAP_PRIVATE), *to = anonymous(4 * PAGE, MAP_PRIVATE);
    memset(old, 5, 3 * PAGE);
    memset(to, 6, 4 * PAGE);
    char *moved = mremap(old + PAGE, PAGE, PAGE, keep, NULL);
    CHECK(moved != MAP_FAILED && moved != old + PAGE && moved[0] == 5);
    CHECK(old[0] == 5 && old[PAGE] == 0 && old[2 * PAGE - 1] == 0 && old[2 * PAGE] == 5);
    old[PAGE] = 7;
    CHECK(moved[0] == 5 && munmap(moved, PAGE) == 0);
    CHECK(mremap(old, 3 * PAGE, 3 * PAGE, keep | MREMAP_FIXED, to) == to);
    CHECK(to[0] == 5 && to[PAGE] == 7 && to[2 * PAGE] == 5 && to[3 * PAGE] == 6);
    CHECK(old[0] == 0 && old[PAGE] == 0 && old[2 * PAGE] == 0);
    CHECK(munmap(old, 3 * PAGE) == 0 && munmap(to, 4 * PAGE) == 0);
}

/* Of nothing: the same pages a second time, where they are shared. */
static void test_moves_doubled(void)
{
    char *first = anonymous(3 * PAGE, MAP_SHARED), *room = anonymous(2 * PAGE, MAP_PRIVATE);
    memset(first, 1, 3 * PAGE);
    char *second = mremap(first + PAGE, 0, 2 * PAGE, MREMAP_MAYMOVE);
    CHECK(second != MAP_FAILED && second[0] == 1);
    second[PAGE] = 8;
    CHECK(first[0] == 1 && first[PAGE] == 1 && first[2 * PAGE] == 8);
    CHECK(mremap(first, 0, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room) == room);
    room[PAGE] = 9;
    CHECK(first[PAGE] == 9 && second[0] == 9 && munmap(first, 3 * PAGE) == 0);
    CHECK(second[0] == 9 && room[0] == 1 && refused(mremap(second, 0, PAGE, 0), ENOMEM));
    CHECK(munmap(second, 2 * PAGE) == 0 && munmap(room, 2 * PAGE) == 0);
}

void abi_test_memory(void)
{
    struct rlimit limit;
    test_holes_and_moves();
    test_moves_to();
    test_moves_refused();
    test_moves_kept();
    test_moves_doubled();
    test_sharing();
    test_break();
    test_refusals();
    test_read_only_file();
    test_closed();
    test_many();
    test_too_much();
    test_locks_on_fault();
    CHECK(getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur >= 1 << 20);
}
