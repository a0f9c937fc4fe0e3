/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files in one folder are removed; by default they are 10 KiB long (lmbench lat_fs, 10K delete). */
#include "file_set.h"

int main(int argc, char **argv)
{
    return file_set_main("latency/file_delete_10k", false, 10240, argc, argv);
}
