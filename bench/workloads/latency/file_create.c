/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files in one folder are made; by default they are empty (lmbench lat_fs, 0K create). */
#include "file_set.h"

int main(int argc, char **argv)
{
    return file_set_main("latency/file_create", true, 0, argc, argv);
}
