/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 2 processes in a ring, each with a working set of 64 KiB: lmbench's 2p/64K. */
#include "ring.h"

int main(int argc, char **argv)
{
    return ring_main("latency/ctx_2p_64k", &(struct ring_size){.processes = 2, .rounds = 40, .kib = 64}, argc, argv);
}
