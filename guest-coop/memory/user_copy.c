/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Range checks around the raw moves of user_copy.asm. Faults inside them are resolved like the user's own
 * (kernel/trap.c); what cannot be resolved comes back as -EFAULT.
 */
#include "memory/user_copy.h"
#include "kernel/errno.h"
#include "kernel/process_private.h"
#include "memory/frame.h"
#include "memory/layout.h"
#include <stdbool.h>

int user_copy_raw(void *to, const void *from, size_t bytes);
int user_clear_raw(void *to, size_t bytes);
long user_copy_string_raw(char *to, const char *from, size_t size);

static bool user_range(uint64_t address, size_t bytes)
{
    return bytes <= USER_TOP && address <= USER_TOP - bytes;
}

/* The one frame of the kernel's that may be named in place of user memory, while a call moves bytes between two files.
 */
static __attribute__((noinline)) bool user_copy_frame(uint64_t address, size_t bytes)
{
    coop_paddr frame = process_current()->private->copy_frame;
    uint64_t start = frame ? (uint64_t)frame_address(frame) : 0;
    return frame && address >= start && bytes <= FRAME_BYTES && address - start <= FRAME_BYTES - bytes;
}

int user_copy_in(void *to, uint64_t user_address, size_t bytes)
{
    if (!user_range(user_address, bytes) && !user_copy_frame(user_address, bytes))
        return -EFAULT;
    return user_copy_raw(to, (const void *)user_address, bytes) ? -EFAULT : 0;
}

int user_copy_out(uint64_t user_address, const void *from, size_t bytes)
{
    if (!user_range(user_address, bytes) && !user_copy_frame(user_address, bytes))
        return -EFAULT;
    return user_copy_raw((void *)user_address, from, bytes) ? -EFAULT : 0;
}

long user_copy_string(char *to, uint64_t user_address, size_t size)
{
    if (user_address >= USER_TOP)
        return -EFAULT;
    size_t room = USER_TOP - user_address < size ? USER_TOP - user_address : size;
    long length = user_copy_string_raw(to, (const char *)user_address, room);
    if (length >= 0 && (size_t)length < room)
        return length;
    return length < 0 || room < size ? -EFAULT : -ENAMETOOLONG;
}

int user_clear(uint64_t user_address, size_t bytes)
{
    if (!user_range(user_address, bytes) && !user_copy_frame(user_address, bytes))
        return -EFAULT;
    return user_clear_raw((void *)user_address, bytes) ? -EFAULT : 0;
}
