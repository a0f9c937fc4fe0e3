/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capget and capset: the sets of capabilities in the three layouts that there have been.
 */
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "memory/user_copy.h"
#include "syscall/kernel_calls.h"

#define VERSION_1 0x19980330u /* 32 capabilities */
#define VERSION_2 0x20071026u /* 64, as in version 3 */
#define VERSION_3 0x20080522u

struct capability_header {
    uint32_t version;
    int32_t pid;
};

/* One for each 32 capabilities. */
struct capability_words {
    uint32_t effective, permitted, inheritable;
};

/* The words that the caller's version has, or -errno; an unknown version is answered with the preferred one. */
static long capability_header_in(uint64_t address, struct capability_header *header, bool asks_version)
{
    const uint32_t preferred = VERSION_3;
    if (user_copy_in(header, address, sizeof(*header)))
        return -EFAULT;
    if (header->version == VERSION_1)
        return 1;
    if (header->version == VERSION_2 || header->version == VERSION_3)
        return 2;
    if (user_copy_out(address, &preferred, sizeof(preferred)))
        return -EFAULT;
    return asks_version ? 0 : -EINVAL;
}

long kernel_sys_capget(const struct syscall_arguments *a)
{
    struct capability_header header;
    long words = capability_header_in(a->a0, &header, a->a1 == 0);
    if (words <= 0)
        return words;
    if (header.pid < 0)
        return -EINVAL;
    const struct process *process = header.pid ? process_find(header.pid) : process_current();
    if (!process)
        return -ESRCH;
    struct capability_words all[2] = {
        {(uint32_t)process->effective, (uint32_t)process->permitted, (uint32_t)process->inheritable},
        {(uint32_t)(process->effective >> 32), (uint32_t)(process->permitted >> 32),
         (uint32_t)(process->inheritable >> 32)}};
    return a->a1 ? user_copy_out(a->a1, all, (uint64_t)words * sizeof(all[0])) : 0;
}

long kernel_sys_capset(const struct syscall_arguments *a)
{
    struct process *process = process_current();
    struct capability_header header;
    struct capability_words all[2] = {{0, 0, 0}, {0, 0, 0}};
    long words = capability_header_in(a->a0, &header, false);
    if (words < 0)
        return words;
    if (header.pid && header.pid != process->pid)
        return -EPERM;
    if (user_copy_in(all, a->a1, (uint64_t)words * sizeof(all[0])))
        return -EFAULT;
    uint64_t effective = (all[0].effective | (uint64_t)all[1].effective << 32) & CAPABILITY_ALL;
    uint64_t permitted = (all[0].permitted | (uint64_t)all[1].permitted << 32) & CAPABILITY_ALL;
    uint64_t inheritable = (all[0].inheritable | (uint64_t)all[1].inheritable << 32) & CAPABILITY_ALL;
    /* Nothing is won by it; what is inheritable may come out of what is permitted, or of more by a right of its own. */
    uint64_t source = capability_held(CAPABILITY_SETPCAP) ? process->bounding : process->permitted & process->bounding;
    if (permitted & ~process->permitted || effective & ~permitted || inheritable & ~(process->inheritable | source))
        return -EPERM;
    process->effective = effective;
    process->permitted = permitted;
    process->inheritable = inheritable;
    process->ambient &= permitted & inheritable;
    return 0;
}
