/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's names as they are at the start. Programs ask whether they are on Linux, and on which.
 */
#include "kernel/machine_names.h"

struct machine_names machine_names = {.system = "Linux",
                                      .node = "coop",
                                      .release = "6.1.0-coop",
                                      .version = "guest-coop",
                                      .machine = "x86_64",
                                      .domain = "(none)"};
