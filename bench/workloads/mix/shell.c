/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UnixBench's shell scripts, one at a time unless told otherwise. */
#include "shell_scripts.h"

int main(int argc, char **argv)
{
    return shell_scripts_main("mix/shell", 1, argc, argv);
}
