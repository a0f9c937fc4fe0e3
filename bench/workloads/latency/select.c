/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * select() on 100 descriptors, of which the last is ready (lmbench lat_select).
 */
#include "harness.h"

#include <sys/select.h>
#include <unistd.h>

#define SELECT_MOST 500

static struct harness_parameter select_parameters[] = {
    {"iterations", 300, 1, 1000000}, {"descriptors", 100, 1, SELECT_MOST}, HARNESS_PARAMETERS_END};
static fd_set select_set;
static int select_highest;

/* Copies of the reading end of an empty pipe, and last the end of one with a byte in it. */
static void select_setup(void)
{
    int empty[2], full[2];
    FD_ZERO(&select_set);
    if (pipe(empty) != 0 || pipe(full) != 0 || write(full[1], "", 1) != 1)
        harness_fail("pipe failed");
    for (uint64_t i = 1; i < select_parameters[1].value; i++) {
        int copy = dup(empty[0]);
        if (copy < 0)
            harness_fail("dup failed");
        FD_SET(copy, &select_set);
    }
    select_highest = dup(full[0]);
    if (select_highest < 0)
        harness_fail("dup failed");
    FD_SET(select_highest, &select_set);
}

static void select_work(void)
{
    for (uint64_t i = select_parameters[0].value; i > 0; i--) {
        fd_set set = select_set;
        struct timeval now = {0, 0};
        if (select(select_highest + 1, &set, NULL, NULL, &now) != 1 || !FD_ISSET(select_highest, &set))
            harness_fail("select found the wrong descriptor");
    }
}

int main(int argc, char **argv)
{
    struct harness_workload workload = {
        .name = "latency/select", .parameters = select_parameters, .setup = select_setup, .work = select_work};
    return harness_main(&workload, argc, argv);
}
