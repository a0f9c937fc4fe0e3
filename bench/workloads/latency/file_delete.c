/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files in one folder are removed; by default they are empty (lmbench lat_fs, 0K delete). */
#include "file_set.h"

int main(int argc, char **argv)
{
    return file_set_main("latency/file_delete", false, 0, argc, argv);
}
