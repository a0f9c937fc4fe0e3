/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptor tables: an array of open files that doubles as it fills, and one bit a descriptor
 * for "in use" and "close on exec".
 */
#include "fs/file.h"

#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/heap.h"
#include <coopvirt/string.h>

#define FILES_FIRST 64
#define FILES_WORDS (FILES_LIMIT / 64)

struct files {
    struct file **slots;
    uint32_t size; /* slots, a multiple of 64 */
    uint64_t used[FILES_WORDS];
    uint64_t close_on_exec[FILES_WORDS];
};

static struct files *files_allocate(uint32_t size)
{
    struct files *files = heap_allocate(sizeof(*files));
    if (!files)
        return NULL;
    files->size = size;
    files->slots = heap_allocate(size * sizeof(*files->slots));
    if (!files->slots) {
        heap_free(files);
        return NULL;
    }
    return files;
}

struct files *files_create(void)
{
    return files_allocate(FILES_FIRST);
}

struct files *files_clone(struct files *from)
{
    struct files *files = files_allocate(from->size);
    if (!files)
        return NULL;
    for (uint32_t word = 0; word < from->size / 64; word++) {
        files->used[word] = from->used[word];
        files->close_on_exec[word] = from->close_on_exec[word];
        for (uint64_t bits = from->used[word]; bits; bits &= bits - 1) {
            uint32_t index = word * 64 + (uint32_t)__builtin_ctzll(bits);
            files->slots[index] = from->slots[index];
            file_reference(files->slots[index]);
        }
    }
    return files;
}

/* Takes a file out of the table and closes it. */
static void files_drop(struct files *files, uint32_t index)
{
    struct file *file = files->slots[index];

    files->slots[index] = NULL;
    files->used[index / 64] &= ~(1ull << index % 64);
    files->close_on_exec[index / 64] &= ~(1ull << index % 64);
    file_release(file);
}

static void files_drop_all(struct files *files, const uint64_t *which)
{
    for (uint32_t word = 0; word < files->size / 64; word++) {
        for (uint64_t bits = which[word] & files->used[word]; bits; bits &= bits - 1)
            files_drop(files, word * 64 + (uint32_t)__builtin_ctzll(bits));
    }
}

void files_release(struct files *files)
{
    files_drop_all(files, files->used);
    heap_free(files->slots);
    heap_free(files);
}

void files_close_on_exec(struct files *files)
{
    files_drop_all(files, files->close_on_exec);
}

struct file *files_borrow(int descriptor)
{
    const struct files *files = process_current()->files;
    return (uint32_t)descriptor < files->size ? files->slots[descriptor] : NULL;
}

struct file *files_get(int descriptor)
{
    struct file *file = files_borrow(descriptor);
    if (file)
        file_reference(file);
    return file;
}

/* Makes room for a descriptor below FILES_LIMIT. */
static int files_grow(struct files *files, uint32_t descriptor)
{
    uint32_t size = files->size;
    while (size <= descriptor)
        size *= 2;
    if (size == files->size)
        return 0;
    struct file **slots = heap_allocate(size * sizeof(*slots));
    if (!slots)
        return -ENOMEM;
    memcpy(slots, files->slots, files->size * sizeof(*slots));
    heap_free(files->slots);
    files->slots = slots;
    files->size = size;
    return 0;
}

/* The lowest free descriptor from `lowest` on, or FILES_LIMIT. */
static uint32_t files_find_free(const struct files *files, uint32_t lowest)
{
    uint64_t mask = ~0ull << lowest % 64;

    for (uint32_t word = lowest / 64; word < FILES_WORDS; word++, mask = ~0ull) {
        uint64_t free = ~files->used[word] & mask;
        if (free)
            return word * 64 + (uint32_t)__builtin_ctzll(free);
    }
    return FILES_LIMIT;
}

static void files_set(struct files *files, uint32_t index, struct file *file, bool close_on_exec)
{
    files->slots[index] = file;
    files->used[index / 64] |= 1ull << index % 64;
    files->close_on_exec[index / 64] &= ~(1ull << index % 64);
    files->close_on_exec[index / 64] |= (uint64_t)close_on_exec << index % 64;
}

int files_add(struct file *file, int lowest, bool close_on_exec)
{
    struct files *files = process_current()->files;
    uint32_t index = files_find_free(files, (uint32_t)lowest);
    int status = index < FILES_LIMIT ? files_grow(files, index) : -EMFILE;

    if (status) {
        file_release(file);
        return status;
    }
    files_set(files, index, file, close_on_exec);
    return (int)index;
}

int files_put(struct file *file, int descriptor, bool close_on_exec)
{
    struct files *files = process_current()->files;
    int status = (uint32_t)descriptor < FILES_LIMIT ? files_grow(files, (uint32_t)descriptor) : -EBADF;

    if (status) {
        file_release(file);
        return status;
    }
    struct file *before = files->slots[descriptor];
    files_set(files, (uint32_t)descriptor, file, close_on_exec);
    if (before)
        file_release(before);
    return descriptor;
}

int files_close(int descriptor)
{
    if (!files_borrow(descriptor))
        return -EBADF;
    files_drop(process_current()->files, (uint32_t)descriptor);
    return 0;
}

int files_close_on_exec_get(int descriptor)
{
    if (!files_borrow(descriptor))
        return -EBADF;
    return process_current()->files->close_on_exec[descriptor / 64] >> descriptor % 64 & 1;
}

int files_close_on_exec_set(int descriptor, bool close_on_exec)
{
    struct file *file = files_borrow(descriptor);
    if (!file)
        return -EBADF;
    files_set(process_current()->files, (uint32_t)descriptor, file, close_on_exec);
    return 0;
}

int files_next(const struct files *files, int descriptor, struct file **file)
{
    for (; descriptor >= 0 && (uint32_t)descriptor < files->size; descriptor++) {
        if (files->slots[descriptor]) {
            *file = files->slots[descriptor];
            return descriptor;
        }
    }
    return -1;
}
