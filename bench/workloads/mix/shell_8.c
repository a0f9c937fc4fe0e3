/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UnixBench's shell scripts, eight at a time. */
#include "shell_scripts.h"

int main(int argc, char **argv)
{
    return shell_scripts_main("mix/shell_8", 8, argc, argv);
}
