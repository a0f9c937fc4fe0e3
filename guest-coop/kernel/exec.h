/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replaces the running process's program.
 */
#ifndef KERNEL_EXEC_H
#define KERNEL_EXEC_H

#include <stddef.h>
#include <stdint.h>

/* Strings of argv and envp, one after another, each terminated. */
struct exec_strings {
    char *text;
    size_t used, size;
    unsigned argument_count, environment_count;
};

/* What they and the pointers to them take on the stack. */
static inline size_t exec_strings_bytes(const struct exec_strings *strings)
{
    return strings->used + (strings->argument_count + strings->environment_count) * sizeof(uint64_t);
}

/* Appends a string: 0, -E2BIG, -ENOMEM. */
int exec_strings_add(struct exec_strings *strings, const char *text, size_t length);

/* Copies argv and envp from user memory: 0 or -errno. The caller frees strings->text in any case. */
int exec_strings_copy(struct exec_strings *strings, uint64_t argv, uint64_t envp);

/*
 * 0: the trap frame enters the new program. -errno: nothing has changed. EXEC_LOST: past the point of no return memory
 * has run out, and the caller gives up what it holds and ends the process.
 */
#define EXEC_LOST 1
int exec_program(const char *path, struct exec_strings *strings);

#endif
