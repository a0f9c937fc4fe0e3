/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files in one folder are made; by default they are 10 KiB long (lmbench lat_fs, 10K create). */
#include "file_set.h"

int main(int argc, char **argv)
{
    return file_set_main("latency/file_create_10k", true, 10240, argc, argv);
}
