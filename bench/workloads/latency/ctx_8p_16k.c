/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 8 processes in a ring, each with a working set of 16 KiB: lmbench's 8p/16K. */
#include "ring.h"

int main(int argc, char **argv)
{
    return ring_main("latency/ctx_8p_16k", &(struct ring_size){.processes = 8, .rounds = 10, .kib = 16}, argc, argv);
}
