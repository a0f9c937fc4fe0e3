/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of limits, copied when a process that shares one changes it.
 */
#include "kernel/limits.h"
#include "fs/file.h"
#include "kernel/errno.h"
#include "kernel/process_private.h"
#include "memory/heap.h"
#include "memory/layout.h"

#define SIGNALS_QUEUED   1024u
#define PROCESSES_MOST   4096u
#define MESSAGE_BYTES    819200u
#define LOCKED_BYTES     (8ul << 20)
#define EVERYTHING       {LIMIT_INFINITE, LIMIT_INFINITE}
#define EXACTLY(value)   {value, value}

static const struct limits limits_common = {.of = {EVERYTHING, EVERYTHING, EVERYTHING, EXACTLY(USER_STACK_BYTES),
                                                   EXACTLY(0), EVERYTHING, EXACTLY(PROCESSES_MOST), EXACTLY(FILES_LIMIT),
                                                   EXACTLY(LOCKED_BYTES), EVERYTHING, EVERYTHING,
                                                   EXACTLY(SIGNALS_QUEUED), EXACTLY(MESSAGE_BYTES), EXACTLY(0),
                                                   EXACTLY(0), EVERYTHING}};

const struct limit *limits_of(const struct process *process, unsigned which)
{
    const struct limits *own = process->private->leader->private->limits;
    return own ? &own->of[which] : &limits_common.of[which];
}

int limits_set(struct process *process, unsigned which, const struct limit *wanted)
{
    struct process_private *private = process->private->leader->private;
    struct limits *own = private->limits;
    if (!own || own->references > 1) {
        struct limits *copy = heap_allocate(sizeof(*copy));
        if (!copy)
            return -ENOMEM;
        *copy = own ? *own : limits_common;
        copy->references = 1;
        limits_release(own);
        own = private->limits = copy;
    }
    own->of[which] = *wanted;
    return 0;
}

struct limits *limits_share(struct limits *limits)
{
    if (limits)
        limits->references++;
    return limits;
}

void limits_release(struct limits *limits)
{
    if (limits && --limits->references == 0)
        heap_free(limits);
}
