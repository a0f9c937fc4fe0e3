/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System V shared memory: attaching, sharing across fork, removal while attached, permissions; and what is left behind.
 */
#include "abi.h"
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEGMENT_KEY 0x5e3a0003
#define PAGE        4096

static volatile char *memory;
static int segment;

static unsigned long mappings(int number)
{
    struct shmid_ds status;
    return shmctl(number, IPC_STAT, &status) == 0 ? status.shm_nattch : 999;
}

static void test_get(void)
{
    struct shmid_ds status;
    int number = shmget(SEGMENT_KEY, 3 * PAGE + 5, IPC_CREAT | IPC_EXCL | 0600);
    CHECK(number >= 0 && shmget(SEGMENT_KEY, 0, 0) == number && shmget(SEGMENT_KEY, PAGE, IPC_CREAT) == number);
    CHECK(shmget(SEGMENT_KEY, 5 * PAGE, 0) == -1 && errno == EINVAL);
    CHECK(shmget(SEGMENT_KEY, PAGE, IPC_CREAT | IPC_EXCL) == -1 && errno == EEXIST);
    CHECK(shmget(SEGMENT_KEY + 77, PAGE, 0) == -1 && errno == ENOENT);
    CHECK(shmget(IPC_PRIVATE, 0, 0600) == -1 && errno == EINVAL);
    CHECK(shmctl(number, IPC_STAT, &status) == 0 && status.shm_segsz == 3 * PAGE + 5 && status.shm_nattch == 0);
    CHECK(status.shm_cpid == getpid() && status.shm_lpid == 0 && status.shm_atime == 0 && status.shm_ctime != 0);
    CHECK(shmctl(number, IPC_RMID, NULL) == 0 && shmctl(number, IPC_STAT, &status) == -1 && errno == EINVAL);
    CHECK(shmget(SEGMENT_KEY, 0, 0) == -1 && errno == ENOENT);
}

static void write_there(void)
{
    if (memory[0] != 'p' || mappings(segment) != 2)
        _exit(1);
    memory[2 * PAGE] = 'c';
    char *own = shmat(segment, NULL, 0);
    if (own == (void *)-1 || own == (char *)memory || own[0] != 'p' || own[2 * PAGE] != 'c' || mappings(segment) != 3)
        _exit(2);
}

static void test_sharing(void)
{
    segment = shmget(IPC_PRIVATE, 3 * PAGE, 0600);
    memory = shmat(segment, NULL, 0);
    CHECK(segment >= 0 && memory != (void *)-1 && mappings(segment) == 1 && memory[2 * PAGE] == 0);
    memory[0] = 'p';
    int status = abi_in_child(write_there);
    CHECK(status == 0 && memory[2 * PAGE] == 'c' && mappings(segment) == 1);
    /* Twice in one process, once to be read only. */
    char *second = shmat(segment, NULL, SHM_RDONLY);
    CHECK(second != (void *)-1 && second[0] == 'p' && mappings(segment) == 2);
    abi_catch(SIGSEGV, 0);
    if (!ABI_TRY())
        *(volatile char *)second = 'x';
    CHECK(abi_caught.signal == SIGSEGV && memory[0] == 'p');
    signal(SIGSEGV, SIG_DFL);
    CHECK(mprotect(second, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES);
    CHECK(shmdt(second) == 0 && mappings(segment) == 1);
    CHECK(shmdt(second) == -1 && errno == EINVAL);
    CHECK(shmdt((char *)memory + PAGE) == -1 && errno == EINVAL);
    CHECK(shmdt((char *)memory + 1) == -1 && errno == EINVAL);
    /* In parts, it goes as a whole. */
    CHECK(mprotect((char *)memory + PAGE, PAGE, PROT_READ) == 0 && mappings(segment) == 3);
    CHECK(shmdt((char *)memory) == 0 && mappings(segment) == 0);
    memory = shmat(segment, NULL, 0);
    CHECK(memory != (void *)-1 && memory[0] == 'p' && memory[2 * PAGE] == 'c' && shmdt((char *)memory) == 0);
    CHECK(shmctl(segment, IPC_RMID, NULL) == 0);
    CHECK(shmat(segment, NULL, 0) == (void *)-1 && errno == EINVAL);
}

static void test_addresses(void)
{
    int number = shmget(IPC_PRIVATE, PAGE, 0600);
    char *room = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    room[0] = 'r';
    CHECK(shmat(number, room, 0) == (void *)-1 && errno == EINVAL);
    CHECK(shmat(number, room + 1, 0) == (void *)-1 && errno == EINVAL);
    CHECK(shmat(number, NULL, SHM_REMAP) == (void *)-1 && errno == EINVAL);
    CHECK(shmat(number, room, SHM_REMAP) == room && room[0] == 0);
    CHECK(shmdt(room) == 0 && munmap(room, 4 * PAGE) == 0);
    CHECK(shmat(number, room + PAGE + 77, SHM_RND) == room + PAGE && shmdt(room + PAGE) == 0);
    CHECK(shmat(number + 1, NULL, 0) == (void *)-1 && errno == EINVAL);
    CHECK(shmctl(number, IPC_RMID, NULL) == 0);
}

/* A removed segment lives until the last process lets go. */
static void test_removal(void)
{
    struct shmid_ds status;
    int number = shmget(SEGMENT_KEY, PAGE, IPC_CREAT | 0600);
    char *there = shmat(number, NULL, 0);
    there[0] = 'k';
    CHECK(shmctl(number, IPC_RMID, NULL) == 0 && there[0] == 'k');
    CHECK(shmget(SEGMENT_KEY, 0, 0) == -1 && errno == ENOENT);
    CHECK(shmctl(number, IPC_STAT, &status) == 0 && (status.shm_perm.mode & SHM_DEST) && status.shm_nattch == 1);
    char *again = shmat(number, NULL, 0);
    CHECK(again != (void *)-1 && again[0] == 'k' && shmdt(again) == 0);
    CHECK(shmdt(there) == 0 && shmctl(number, IPC_STAT, &status) == -1 && errno == EINVAL);
}

static void as_another(void)
{
    struct shmid_ds status;
    if (getuid() == 0 && (setgid(4711) || setuid(4711)))
        _exit(1);
    bool other = getuid() == 4711;
    if (other && (shmat(segment, NULL, 0) != (void *)-1 || errno != EACCES))
        _exit(2);
    char *there = shmat(segment, NULL, SHM_RDONLY);
    if (there == (void *)-1 || there[0] != 'o')
        _exit(3);
    if (other && (shmctl(segment, IPC_RMID, NULL) != -1 || errno != EPERM))
        _exit(4);
    if (shmctl(segment, IPC_STAT, &status) || shmget(SEGMENT_KEY, 0, 0444) != segment)
        _exit(5);
    if (other && (shmget(SEGMENT_KEY, 0, 0666) != -1 || errno != EACCES))
        _exit(6);
}

static void test_permissions(void)
{
    segment = shmget(SEGMENT_KEY, PAGE, IPC_CREAT | 0644);
    char *there = shmat(segment, NULL, 0);
    there[0] = 'o';
    int status = abi_in_child(as_another);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(shmdt(there) == 0 && shmctl(segment, IPC_RMID, NULL) == 0);
}

void abi_test_segments(void)
{
    test_get();
    test_sharing();
    test_addresses();
    test_removal();
    test_permissions();
}
