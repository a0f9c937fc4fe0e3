/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data of another process come through a pair of AF_UNIX stream sockets (lmbench bw_unix). */
#include "stream.h"

#include <stddef.h>
#include <sys/socket.h>

static int bandwidth_unix_make(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
}

int main(int argc, char **argv)
{
    return stream_main("latency/bandwidth_unix", bandwidth_unix_make, argc, argv);
}
