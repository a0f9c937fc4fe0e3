/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strings at the top, below them the vectors of pointers to them and the auxiliary vector. The same program
 * with the same arguments always gets the same bytes: AT_RANDOM is fixed.
 */
#include "kernel/exec_stack.h"
#include "kernel/cpu.h"
#include "kernel/errno.h"
#include "kernel/fpu.h"
#include "kernel/process.h"
#include "kernel/vdso.h"
#include "memory/address_space.h"
#include "memory/heap.h"
#include "memory/layout.h"
#include "memory/user_copy.h"
#include <coopvirt/elf.h>
#include <coopvirt/string.h>

/* getauxval(3) */
#define AUX_NULL        0
#define AUX_PHDR        3
#define AUX_PHENT       4
#define AUX_PHNUM       5
#define AUX_PAGESZ      6
#define AUX_BASE        7
#define AUX_FLAGS       8
#define AUX_ENTRY       9
#define AUX_UID         11
#define AUX_EUID        12
#define AUX_GID         13
#define AUX_EGID        14
#define AUX_PLATFORM    15
#define AUX_HWCAP       16
#define AUX_CLKTCK      17
#define AUX_SECURE      23
#define AUX_RANDOM      25
#define AUX_HWCAP2      26
#define AUX_EXECFN      31
#define AUX_SYSINFO_EHDR 33
#define AUX_MINSIGSTKSZ 51

#define CLOCK_TICKS       100
#define SIGNAL_FRAME_ROOM 1024 /* frame, alignment and red zone beside the FPU area */
#define AUX_ENTRIES       21

static const uint8_t exec_random[16] = {0x43, 0x6f, 0x6f, 0x70, 0x76, 0x69, 0x72, 0x74,
                                        0x20, 0x64, 0x69, 0x63, 0x65, 0x3a, 0x20, 0x34};
static const char exec_platform[] = "x86_64";

struct stack_addresses {
    uint64_t strings, path, platform, random;
};

static uint64_t *exec_put(uint64_t *to, uint64_t key, uint64_t value)
{
    to[0] = key;
    to[1] = value;
    return to + 2;
}

static uint64_t *exec_put_auxiliary(uint64_t *to, const struct elf_image *image, uint64_t base,
                                    const struct stack_addresses *at)
{
    const struct process *process = process_current();
    to = exec_put(to, AUX_SYSINFO_EHDR, VDSO_BASE);
    to = exec_put(to, AUX_HWCAP, cpu_feature_word);
    to = exec_put(to, AUX_PAGESZ, 4096);
    to = exec_put(to, AUX_CLKTCK, CLOCK_TICKS);
    if (image->headers_address)
        to = exec_put(to, AUX_PHDR, image->headers_address + base);
    to = exec_put(to, AUX_PHENT, sizeof(struct elf64_segment));
    to = exec_put(to, AUX_PHNUM, image->headers_count);
    to = exec_put(to, AUX_BASE, 0);
    to = exec_put(to, AUX_FLAGS, 0);
    to = exec_put(to, AUX_ENTRY, image->entry + base);
    to = exec_put(to, AUX_UID, process->uid);
    to = exec_put(to, AUX_EUID, process->euid);
    to = exec_put(to, AUX_GID, process->gid);
    to = exec_put(to, AUX_EGID, process->egid);
    to = exec_put(to, AUX_SECURE, process->space->secure);
    to = exec_put(to, AUX_RANDOM, at->random);
    to = exec_put(to, AUX_HWCAP2, 0);
    to = exec_put(to, AUX_EXECFN, at->path);
    to = exec_put(to, AUX_PLATFORM, at->platform);
    to = exec_put(to, AUX_MINSIGSTKSZ, fpu_bytes() + SIGNAL_FRAME_ROOM);
    return exec_put(to, AUX_NULL, 0);
}

/* Pointers to `count` strings that follow one another from *text on; a null ends them. */
static uint64_t *exec_put_pointers(uint64_t *to, unsigned count, const char **text, uint64_t *address)
{
    while (count--) {
        size_t bytes = strlen(*text) + 1;
        *to++ = *address;
        *text += bytes;
        *address += bytes;
    }
    *to++ = 0;
    return to;
}

/* The strings' block at the stack's very top: where each part went. */
static int exec_put_strings(struct stack_addresses *at, const char *path, const struct exec_strings *strings)
{
    uint64_t top = USER_STACK_TOP - 8; /* an empty word above all */
    size_t path_bytes = strlen(path) + 1;
    at->path = top - path_bytes;
    at->strings = at->path - strings->used;
    at->platform = at->strings - sizeof(exec_platform);
    at->random = (at->platform - sizeof(exec_random)) & ~15ul;
    if (user_copy_out(at->path, path, path_bytes) || user_copy_out(at->strings, strings->text, strings->used) ||
        user_copy_out(at->platform, exec_platform, sizeof(exec_platform)) ||
        user_copy_out(at->random, exec_random, sizeof(exec_random)))
        return -EFAULT;
    return 0;
}

int exec_stack_build(struct address_space *space, const struct elf_image *image, uint64_t base, const char *path,
                     const struct exec_strings *strings, uint64_t *stack_pointer)
{
    struct stack_addresses at;
    if (exec_put_strings(&at, path, strings))
        return -EFAULT;
    size_t words = 1 + strings->argument_count + 1 + strings->environment_count + 1 + 2 * AUX_ENTRIES;
    uint64_t *vector = heap_allocate(words * sizeof(uint64_t));
    if (!vector)
        return -ENOMEM;
    const char *text = strings->text;
    uint64_t address = at.strings;
    uint64_t *to = vector;
    *to++ = strings->argument_count;
    to = exec_put_pointers(to, strings->argument_count, &text, &address);
    space->arguments_start = at.strings;
    space->arguments_end = address;
    to = exec_put_pointers(to, strings->environment_count, &text, &address);
    to = exec_put_auxiliary(to, image, base, &at);
    size_t bytes = (size_t)(to - vector) * sizeof(uint64_t);
    *stack_pointer = (at.random - bytes) & ~15ul;
    int status = user_copy_out(*stack_pointer, vector, bytes);
    heap_free(vector);
    return status;
}
