/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 2 processes in a ring, each with a working set of 16 KiB: lmbench's 2p/16K. */
#include "ring.h"

int main(int argc, char **argv)
{
    return ring_main("latency/ctx_2p_16k", &(struct ring_size){.processes = 2, .rounds = 40, .kib = 16}, argc, argv);
}
