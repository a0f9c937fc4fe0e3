/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sender waits for a byte on a pipe of its own before it sends: so that what it does lies in the region.
 */
#include "stream.h"
#include "harness.h"

#include <string.h>
#include <unistd.h>

#define STREAM_CHUNK_BYTES 65536

static struct harness_parameter stream_parameters[] = {{"size", 256, 64, 65536}, HARNESS_PARAMETERS_END};
static int (*stream_make)(int ends[2]);
static int stream_in, stream_start; /* this process's ends */
static pid_t stream_child;
static char stream_chunk[STREAM_CHUNK_BYTES];
static unsigned char stream_round;

/* All of a message, in as many parts as it takes; whether it came to its end. */
static bool stream_send(int out, const char *bytes, uint64_t length)
{
    while (length > 0) {
        ssize_t part = write(out, bytes, length);
        if (part <= 0)
            return false;
        bytes += part;
        length -= (uint64_t)part;
    }
    return true;
}

static _Noreturn void stream_sender(int start, int out)
{
    char byte;

    while (read(start, &byte, 1) == 1) {
        memset(stream_chunk, byte, sizeof(stream_chunk));
        for (uint64_t left = stream_parameters[0].value * 1024; left > 0;) {
            uint64_t length = left < sizeof(stream_chunk) ? left : sizeof(stream_chunk);
            if (!stream_send(out, stream_chunk, length))
                _exit(1);
            left -= length;
        }
    }
    _exit(0);
}

static void stream_setup(void)
{
    int channel[2], start[2];

    if (stream_make(channel) != 0 || pipe(start) != 0)
        harness_fail("no channel");
    stream_child = fork();
    if (stream_child < 0)
        harness_fail("fork failed");
    if (stream_child == 0) {
        close(channel[0]);
        close(start[1]);
        stream_sender(start[0], channel[1]);
    }
    close(channel[1]);
    close(start[0]);
    stream_in = channel[0];
    stream_start = start[1];
}

static void stream_work(void)
{
    uint64_t left = stream_parameters[0].value * 1024;

    stream_round++;
    if (write(stream_start, &stream_round, 1) != 1)
        harness_fail("the sender cannot be started");
    while (left > 0) {
        ssize_t part = read(stream_in, stream_chunk, left < sizeof(stream_chunk) ? left : sizeof(stream_chunk));
        if (part <= 0)
            harness_fail("the stream broke off");
        left -= (uint64_t)part;
    }
}

/* What was received last must be of this round. */
static void stream_cleanup(void)
{
    if ((unsigned char)stream_chunk[0] != stream_round)
        harness_wrong("other bytes were received than sent");
    memset(stream_chunk, 0, sizeof(stream_chunk));
}

static void stream_teardown(void)
{
    close(stream_start);
    harness_wait_child(stream_child);
}

int stream_main(const char *name, int (*make)(int ends[2]), int argc, char **argv)
{
    struct harness_workload workload = {
        .name = name,
        .parameters = stream_parameters,
        .setup = stream_setup,
        .cleanup = stream_cleanup,
        .teardown = stream_teardown,
        .work = stream_work,
    };

    stream_make = make;
    return harness_main(&workload, argc, argv);
}
