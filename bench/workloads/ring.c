/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes in a ring, each with a pipe to the next; a byte goes round. This process is one of them, and counts the
 * rounds. With `fpu` each calculates a step in SSE registers besides.
 */
#include "ring.h"
#include "harness.h"

#include <unistd.h>

#define RING_MOST_PROCESSES 64
#define RING_MOST_KIB       1024

static struct harness_parameter ring_parameters[] = {{"processes", 0, 2, RING_MOST_PROCESSES},
                                                     {"rounds", 0, 1, 100000},
                                                     {"kib", 0, 0, RING_MOST_KIB},
                                                     {"fpu", 0, 0, 1},
                                                     HARNESS_PARAMETERS_END};
static uint64_t ring_set[RING_MOST_KIB * 1024 / sizeof(uint64_t)]; /* after fork() each process has its own */
static double ring_number;
static int ring_pipes[RING_MOST_PROCESSES][2]; /* pipe n: from process n to the next */
static pid_t ring_children[RING_MOST_PROCESSES];

/* Every process reads its working set when its turn comes. */
static void ring_sum(void)
{
    uint64_t sum = 0;
    if (ring_parameters[3].value)
        *(volatile double *)&ring_number += 1.0;
    for (uint64_t i = 0; i < ring_parameters[2].value * 1024 / sizeof(uint64_t); i++)
        sum += *(volatile uint64_t *)&ring_set[i];
    if (sum != ring_parameters[2].value * 1024 / sizeof(uint64_t))
        harness_wrong("a working set was changed");
}

static uint64_t ring_operations(void)
{
    return ring_parameters[0].value * ring_parameters[1].value;
}

/* All descriptors of the ring but two. */
static void ring_keep(int input, int output)
{
    for (uint64_t i = 0; i < ring_parameters[0].value; i++)
        for (int end = 0; end < 2; end++)
            if (ring_pipes[i][end] != input && ring_pipes[i][end] != output)
                close(ring_pipes[i][end]);
}

/* One of the others: passes every byte on until the ring is opened. */
static _Noreturn void ring_member(uint64_t number)
{
    int input = ring_pipes[number - 1][0], output = ring_pipes[number][1];
    char byte;

    ring_keep(input, output);
    for (uint64_t i = 0; i < ring_parameters[2].value * 1024 / sizeof(uint64_t); i++)
        ring_set[i] = 1;
    while (read(input, &byte, 1) == 1) {
        ring_sum();
        if (write(output, &byte, 1) != 1)
            _exit(1);
    }
    _exit(0);
}

static void ring_setup(void)
{
    uint64_t processes = ring_parameters[0].value;

    for (uint64_t i = 0; i < processes; i++)
        if (pipe(ring_pipes[i]) != 0)
            harness_fail("pipe failed");
    for (uint64_t i = 1; i < processes; i++) {
        ring_children[i] = fork();
        if (ring_children[i] < 0)
            harness_fail("fork failed");
        if (ring_children[i] == 0)
            ring_member(i);
    }
    for (uint64_t i = 0; i < ring_parameters[2].value * 1024 / sizeof(uint64_t); i++)
        ring_set[i] = 1;
    ring_keep(ring_pipes[processes - 1][0], ring_pipes[0][1]);
}

static void ring_work(void)
{
    int input = ring_pipes[ring_parameters[0].value - 1][0], output = ring_pipes[0][1];

    for (uint64_t i = ring_parameters[1].value; i > 0; i--) {
        char byte = (char)i, back;

        if (write(output, &byte, 1) != 1 || read(input, &back, 1) != 1)
            harness_fail("a byte was lost in the ring");
        if (back != byte)
            harness_wrong("byte %d came back as %d", byte, back);
        ring_sum();
    }
}

static void ring_teardown(void)
{
    close(ring_pipes[0][1]);
    for (uint64_t i = 1; i < ring_parameters[0].value; i++)
        harness_wait_child(ring_children[i]);
}

int ring_main(const char *name, const struct ring_size *size, int argc, char **argv)
{
    struct harness_workload workload = {
        .name = name,
        .parameters = ring_parameters,
        .operations = ring_operations,
        .setup = ring_setup,
        .teardown = ring_teardown,
        .work = ring_work,
    };

    ring_parameters[0].value = size->processes;
    ring_parameters[1].value = size->rounds;
    ring_parameters[2].value = size->kib;
    return harness_main(&workload, argc, argv);
}
