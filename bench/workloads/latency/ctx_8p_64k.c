/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 8 processes in a ring, each with a working set of 64 KiB: lmbench's 8p/64K. */
#include "ring.h"

int main(int argc, char **argv)
{
    return ring_main("latency/ctx_8p_64k", &(struct ring_size){.processes = 8, .rounds = 10, .kib = 64}, argc, argv);
}
