/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Futexes by their own system call: errors, bits, moving sleepers, words that processes share.
 */
#include "abi.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* musl has no header for these. */
#define FUTEX_WAIT         0
#define FUTEX_WAKE         1
#define FUTEX_CMP_REQUEUE  4
#define FUTEX_WAIT_BITSET  9
#define FUTEX_WAKE_BITSET  10
#define FUTEX_PRIVATE_FLAG 128

static long futex(void *word, int operation, unsigned value, const struct timespec *timeout, void *word2,
                  unsigned value3)
{
    return syscall(SYS_futex, word, operation, value, timeout, word2, value3);
}

static unsigned words[2];
static unsigned finished;

static void *wait_on_word(void *argument)
{
    long status =
        futex(&words[0], FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, (unsigned)(uintptr_t)argument);
    __atomic_fetch_add(&finished, 1, __ATOMIC_SEQ_CST);
    return (void *)status;
}

static void wait_finished(unsigned wanted)
{
    for (unsigned i = 0; i < 500 && __atomic_load_n(&finished, __ATOMIC_SEQ_CST) < wanted; i++)
        usleep(1000);
    CHECK(__atomic_load_n(&finished, __ATOMIC_SEQ_CST) == wanted);
}

static void test_futex_errors(void)
{
    struct timespec soon = {0, 2000000}, wrong = {0, 2000000000}, before, after;
    words[0] = 7;
    CHECK(futex(words, FUTEX_WAIT, 6, NULL, NULL, 0) == -1 && errno == EAGAIN);
    clock_gettime(CLOCK_MONOTONIC, &before);
    CHECK(futex(words, FUTEX_WAIT, 7, &soon, NULL, 0) == -1 && errno == ETIMEDOUT);
    clock_gettime(CLOCK_MONOTONIC, &after);
    CHECK((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec >= 2000000);
    CHECK(futex(words, FUTEX_WAIT, 7, &wrong, NULL, 0) == -1 && errno == EINVAL);
    CHECK(futex((char *)words + 1, FUTEX_WAIT, 7, NULL, NULL, 0) == -1 && errno == EINVAL);
    CHECK(futex((void *)8, FUTEX_WAIT, 7, NULL, NULL, 0) == -1 && errno == EFAULT);
    CHECK(futex(words, FUTEX_WAIT_BITSET, 7, NULL, NULL, 0) == -1 && errno == EINVAL);
    CHECK(futex(words, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0) == -1 && errno == EINVAL);
    CHECK(futex(words, FUTEX_WAIT_BITSET, 7, &before, NULL, ~0u) == -1 && errno == ETIMEDOUT);
    CHECK(futex(words, FUTEX_WAKE, 1, NULL, NULL, 0) == 0);
    CHECK(futex(words, FUTEX_CMP_REQUEUE, 1, (void *)1, &words[1], 6) == -1 && errno == EAGAIN);
    CHECK(futex(words, 99, 1, NULL, NULL, 0) == -1 && errno == ENOSYS);
}

static void test_futex_bits_and_requeue(void)
{
    pthread_t threads[4];
    void *result;
    words[0] = finished = 0;
    for (uintptr_t i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, wait_on_word, (void *)(i == 3 ? 2ul : 1ul)) == 0);
    usleep(10000);
    CHECK(futex(words, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, 9, NULL, NULL, 4) == 0);
    CHECK(futex(words, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, 9, NULL, NULL, 2) == 1);
    wait_finished(1);
    CHECK(futex(words, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 1, (void *)1, &words[1], 0) == 2);
    wait_finished(2);
    CHECK(futex(&words[1], FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 9, NULL, NULL, 0) == 1);
    wait_finished(3);
    CHECK(futex(words, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 9, NULL, NULL, 0) == 1);
    for (unsigned i = 0; i < 4; i++)
        CHECK(pthread_join(threads[i], &result) == 0 && result == NULL);
}

/* Between processes, by shared memory; and a private word stays the sleeper's after a fork has copied the page. */
static void test_futex_processes(void)
{
    int status = 0;
    unsigned *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    pid_t child = fork();
    if (child == 0)
        _exit(futex(shared, FUTEX_WAIT, 0, NULL, NULL, 0) == 0 ? 4 : 5);
    long woken = 0;
    for (unsigned i = 0; i < 500 && woken == 0; i++) {
        usleep(1000);
        woken = futex(shared, FUTEX_WAKE, 1, NULL, NULL, 0);
    }
    CHECK(woken == 1);
    CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 4);
    munmap(shared, 4096);

    pthread_t thread;
    words[0] = finished = 0;
    CHECK(pthread_create(&thread, NULL, wait_on_word, (void *)1) == 0);
    usleep(5000);
    child = fork();
    if (child == 0)
        _exit(futex(words, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0) == 0 ? 0 : 1);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    words[1]++;
    CHECK(futex(words, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0) == 1);
    CHECK(pthread_join(thread, NULL) == 0);
}

void abi_test_futexes(void)
{
    test_futex_errors();
    test_futex_bits_and_requeue();
    test_futex_processes();
}
