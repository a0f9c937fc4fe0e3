/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Collects the strings of a new program's arguments and environment.
 */
#include "kernel/errno.h"
#include "kernel/exec.h"
#include "kernel/limits.h"
#include "kernel/process.h"
#include "memory/heap.h"
#include "memory/user_copy.h"
#include <coopvirt/string.h>

#define STRINGS_FIRST 2016u
#define STRINGS_LIMIT (2ul << 20)
#define STRINGS_LEAST (128ul << 10) /* however small the stack may be */
#define STRING_BYTES  (128ul << 10) /* of one, with its end */
#define STACK_SHARE   4             /* of the stack's limit, strings and pointers may take one of so many parts */

/* Makes room for `bytes` more. */
static int exec_strings_grow(struct exec_strings *strings, size_t bytes)
{
    size_t size = strings->size ? strings->size : STRINGS_FIRST;
    while (size - strings->used < bytes)
        size = size < 4096 ? 4096 : size * 2;
    if (size == strings->size)
        return 0;
    if (size > STRINGS_LIMIT)
        return -E2BIG;
    char *text = heap_allocate(size);
    if (!text)
        return -ENOMEM;
    if (strings->text)
        memcpy(text, strings->text, strings->used);
    heap_free(strings->text);
    strings->text = text;
    strings->size = size;
    return 0;
}

int exec_strings_add(struct exec_strings *strings, const char *text, size_t length)
{
    int status = exec_strings_grow(strings, length + 1);
    if (status < 0)
        return status;
    memcpy(strings->text + strings->used, text, length);
    strings->text[strings->used + length] = 0;
    strings->used += length + 1;
    return 0;
}

/* Appends one string from user memory. */
static int exec_strings_add_user(struct exec_strings *strings, uint64_t address)
{
    size_t wanted = 256;
    for (;;) {
        int status = exec_strings_grow(strings, wanted);
        if (status < 0)
            return status;
        long length = user_copy_string(strings->text + strings->used, address, strings->size - strings->used);
        if (length >= (long)STRING_BYTES)
            return -E2BIG;
        if (length >= 0) {
            strings->used += (size_t)length + 1;
            return 0;
        }
        if (length != -ENAMETOOLONG)
            return (int)length;
        wanted = (strings->size - strings->used) * 2;
        if (wanted > 2 * STRING_BYTES)
            return -E2BIG;
    }
}

static int exec_strings_add_list(struct exec_strings *strings, uint64_t list, unsigned *count)
{
    for (uint64_t slot = list; list; slot += sizeof(uint64_t)) {
        uint64_t address;
        if (user_copy_in(&address, slot, sizeof(address)))
            return -EFAULT;
        if (address == 0)
            break;
        int status = exec_strings_add_user(strings, address);
        if (status < 0)
            return status;
        (*count)++;
        if (exec_strings_bytes(strings) > STRINGS_LIMIT)
            return -E2BIG;
    }
    return 0;
}

int exec_strings_copy(struct exec_strings *strings, uint64_t argv, uint64_t envp)
{
    int status = exec_strings_add_list(strings, argv, &strings->argument_count);
    if (status == 0)
        status = exec_strings_add_list(strings, envp, &strings->environment_count);
    uint64_t most = limits_of(process_current(), LIMIT_STACK)->soft / STACK_SHARE;
    if (most > STRINGS_LIMIT)
        most = STRINGS_LIMIT;
    if (most < STRINGS_LEAST)
        most = STRINGS_LEAST;
    return status == 0 && exec_strings_bytes(strings) > most ? -E2BIG : status;
}
