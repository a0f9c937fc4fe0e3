/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptor tables: an array of open files that doubles as it fills, and one bit a descriptor
 * for "in use" and "close on exec".
 */
#include "fs/file.h"

#include "fs/file_lock.h"
#include "kernel/errno.h"
#include "kernel/limits.h"
#include "kernel/process_private.h"
#include "memory/heap.h"
#include <coopvirt/string.h>

#define FILES_FIRST 64
#define FILES_WORDS (FILES_LIMIT / 64)

struct files {
    struct file **slots;
    uint32_t own_size; /* `size` while one thread has the table, 0 when several share it */
    uint32_t size;     /* slots, a multiple of 64 */
    uint32_t references;
    uint64_t used[FILES_WORDS];
    uint64_t close_on_exec[FILES_WORDS];
};

static struct files *files_allocate(uint32_t size)
{
    struct files *files = heap_allocate(sizeof(*files));
    if (!files)
        return NULL;
    files->size = files->own_size = size;
    files->references = 1;
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

    if (file_lock_count)
        file_lock_closed(file, files);
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

struct files *files_share(struct files *files)
{
    files->references++;
    files->own_size = 0;
    return files;
}

int files_unshare(void)
{
    struct process *process = process_current();
    struct files *shared = process->files;
    if (shared->references == 1)
        return 0;
    struct files *own = files_clone(shared);
    if (!own)
        return -ENOMEM;
    process->files = own;
    files_release(shared);
    return 0;
}

void files_release(struct files *files)
{
    if (--files->references) {
        files->own_size = files->references == 1 ? files->size : 0;
        return;
    }
    files_drop_all(files, files->used);
    heap_free(files->slots);
    heap_free(files);
}

void files_close_on_exec(struct files *files)
{
    files_drop_all(files, files->close_on_exec);
}

/* Notes a file and its reference among those that the running thread holds until its system call ends. */
static bool files_hold(struct file *file)
{
    struct process *process = process_current();
    uint32_t count = 0;

    while (process->held && process->held[count])
        count++;
    /* Room for 3, 7, 15 ... and the end mark: full when count + 1 is a power of two. */
    if (!process->held || (count >= 3 && !((count + 1) & count))) {
        struct file **room = heap_allocate(2 * (count + 2) * sizeof(*room));
        if (!room)
            return false;
        if (process->held)
            memcpy(room, process->held, count * sizeof(*room));
        heap_free(process->held);
        process->held = room;
    }
    process->held[count] = file;
    process->held[count + 1] = NULL;
    file_reference(file);
    process->private->attention |= ATTENTION_FILES;
    return true;
}

void files_release_held(void)
{
    struct process *process = process_current();
    struct file **held = process->held;

    process->held = NULL;
    process->private->attention &= ~ATTENTION_FILES;
    for (uint32_t i = 0; held && held[i]; i++)
        file_release(held[i]);
    heap_free(held);
}

/* The slow way: threads share the table, or the descriptor is not open. Out of line, to keep the other one short. */
__attribute__((noinline)) static struct file *files_borrow_slow(int descriptor)
{
    const struct files *files = process_current()->files;
    if (files->own_size)
        return NULL;
    struct file *file = (uint32_t)descriptor < files->size ? files->slots[descriptor] : NULL;
    return file && files_hold(file) ? file : NULL;
}

struct file *files_borrow(int descriptor)
{
    const struct files *files = process_current()->files;
    if ((uint32_t)descriptor < files->own_size)
        return files->slots[descriptor];
    return files_borrow_slow(descriptor);
}

struct file *files_get(int descriptor)
{
    const struct files *files = process_current()->files;
    struct file *file = (uint32_t)descriptor < files->size ? files->slots[descriptor] : NULL;
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
    files->own_size = files->references == 1 ? size : 0;
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

/* How many descriptors the running process may have: at most FILES_LIMIT. */
static uint64_t files_limit(void)
{
    return limits_of(process_current(), LIMIT_FILES)->soft;
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
    int status = index < files_limit() ? files_grow(files, index) : -EMFILE;

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
    int status = (uint32_t)descriptor < files_limit() ? files_grow(files, (uint32_t)descriptor) : -EBADF;

    if (status) {
        file_release(file);
        return status;
    }
    struct file *before = files->slots[descriptor];
    files_set(files, (uint32_t)descriptor, file, close_on_exec);
    if (before) {
        if (file_lock_count)
            file_lock_closed(before, files);
        file_release(before);
    }
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
