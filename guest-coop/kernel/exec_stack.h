/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first stack of a program: System V ABI, AMD64, "Initial Stack and Register State".
 */
#ifndef KERNEL_EXEC_STACK_H
#define KERNEL_EXEC_STACK_H

#include "kernel/elf_image.h"
#include "kernel/exec.h"
#include <stdint.h>

#define EXEC_STACK_FIRST_BYTES 0x21000ul /* mapped at once; grows on demand */

struct address_space;

/* Writes to the running process's (new, loaded) space; the stack pointer, or -errno. */
int exec_stack_build(struct address_space *space, const struct elf_image *image, uint64_t base, const char *path,
                     const struct exec_strings *strings, uint64_t *stack_pointer);

#endif
