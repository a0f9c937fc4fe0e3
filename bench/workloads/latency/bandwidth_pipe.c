/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data of another process come through a pipe (lmbench bw_pipe). */
#include "stream.h"

#include <unistd.h>

int main(int argc, char **argv)
{
    return stream_main("latency/bandwidth_pipe", pipe, argc, argv);
}
