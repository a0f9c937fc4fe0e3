/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a cooperating guest is told at its start: struct coop_start_info with the pages that it names. A loader that
 * lays out memory by itself (the direct entry) fills its own and attaches it; a guest that enters by Multiboot finds
 * them by CPUID, in memory that the memory map of a PC keeps for a display adapter.
 */
#ifndef CORE_START_INFO_H
#define CORE_START_INFO_H

#include <coopvirt/abi.h>

struct vm;

/* Fills all that does not depend on where things lie: size, version, features, VCPUs, frequency, time, devices. */
void start_info_fill(const struct vm *vm, struct coop_start_info *info);

/* The content of a hypercall page: the instruction of this VM's cpu backend, and a return. */
void start_info_fill_hypercall_page(const struct vm *vm, void *page);

/* Takes the pages of the VCPUs, zeroed, the first at `info->vcpu`, into service and sets their clocks; CPUID names
 * `address`, where the start-info lies, from now on. After the VCPUs were made, before they run. 0 or -errno. */
int start_info_attach(struct vm *vm, const struct coop_start_info *info, coop_paddr address);

/* All of it for a guest that enters by Multiboot, with its command line. 0 or -errno. */
int start_info_place(struct vm *vm, const char *command_line);

#endif
