/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bandwidth between two processes: another process sends `size` KiB for each repetition, this one receives them; an
 * operation is one KiB (lmbench bw_pipe, bw_unix).
 */
#ifndef STREAM_H
#define STREAM_H

/* main() of a workload. `make` opens a channel: what is written to ends[1] is read from ends[0]; 0, or -1 and errno. */
int stream_main(const char *name, int (*make)(int ends[2]), int argc, char **argv);

#endif
