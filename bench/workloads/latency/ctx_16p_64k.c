/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 16 processes in a ring, each with a working set of 64 KiB: lmbench's 16p/64K. */
#include "ring.h"

int main(int argc, char **argv)
{
    return ring_main("latency/ctx_16p_64k", &(struct ring_size){.processes = 16, .rounds = 5, .kib = 64}, argc, argv);
}
