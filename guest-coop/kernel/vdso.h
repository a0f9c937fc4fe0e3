/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vDSO (vdso(7)): two pages above the stack, the same two frames in every process. Until somebody asks about them
 * they are no areas, so that exec, fork and exit of programs that do not use them cost nothing.
 */
#ifndef KERNEL_VDSO_H
#define KERNEL_VDSO_H

#include "memory/address_space.h"
#include "memory/layout.h"

struct page_gather;

#define VDSO_BASE  (USER_STACK_TOP + 0x8000) /* the ELF header, for AT_SYSINFO_EHDR */
#define VDSO_START (VDSO_BASE - 0x1000)      /* the clock's page */
#define VDSO_END   (VDSO_BASE + 0x1000)

/* Once, when there are frames and the clock runs. */
void vdso_start(void);

/* A fault where there is no area: maps the pages, if they are what is there. */
enum fault_result vdso_fault(struct address_space *space, uint64_t address, uint64_t error);

/* Makes areas of the pages, before a call changes or asks about what is mapped up there: 0 or -ENOMEM. */
int vdso_settle(struct address_space *space);

/* Unmaps the pages and the tables that are left, in a space whose areas have been cleared. */
void vdso_clear(struct address_space *space, struct page_gather *gather);

/* The name that /proc/PID/maps has for a mapping of the file, or NULL. */
const char *vdso_label(const struct file *file);

#endif
