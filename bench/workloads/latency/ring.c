/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A byte goes round among processes; how many, and how much each reads in its turn, is for the user to say. */
#include "ring.h"

int main(int argc, char **argv)
{
    return ring_main("latency/ring", &(struct ring_size){.processes = 8, .rounds = 20, .kib = 0}, argc, argv);
}
