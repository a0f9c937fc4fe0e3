/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fork(), the child ends at once, the parent waits for it: the life of an empty process, or of one with `pages` more
 * pages, written before, which the two share until the child ends. The child may read or write one byte in each.
 */
#include "harness.h"

#include <sys/mman.h>
#include <unistd.h>

#define FORK_PAGE_BYTES 4096

static struct harness_parameter fork_parameters[] = {
    {"iterations", 20, 1, 100000}, {"pages", 0, 0, 65536}, {"touch", 0, 0, 2}, HARNESS_PARAMETERS_END};
static volatile char *fork_memory;

static void fork_setup(void)
{
    size_t bytes = fork_parameters[1].value * FORK_PAGE_BYTES;

    if (bytes == 0)
        return;
    fork_memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fork_memory == MAP_FAILED)
        harness_fail("mmap of %zu bytes failed", bytes);
    for (size_t i = 0; i < bytes; i += FORK_PAGE_BYTES)
        fork_memory[i] = 1;
}

/* What the child does: 1 reads, 2 writes a byte in each page. */
static void fork_touch(void)
{
    size_t bytes = fork_parameters[1].value * FORK_PAGE_BYTES;

    for (size_t i = 0; fork_parameters[2].value == 1 && i < bytes; i += FORK_PAGE_BYTES)
        (void)fork_memory[i];
    for (size_t i = 0; fork_parameters[2].value == 2 && i < bytes; i += FORK_PAGE_BYTES)
        fork_memory[i] = 2;
}

static void fork_work(void)
{
    for (uint64_t i = fork_parameters[0].value; i > 0; i--) {
        pid_t child = fork();

        if (child == 0) {
            fork_touch();
            _exit(0);
        }
        harness_wait_child(child);
    }
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/fork",
        .parameters = fork_parameters,
        .setup = fork_setup,
        .work = fork_work,
    };

    return harness_main(&workload, argc, argv);
}
