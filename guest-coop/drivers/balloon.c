/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames that have been given back stay allocated here and are not touched; their addresses stand in lists of one frame
 * each, which are the hypercall's argument as they are.
 */
#include "drivers/balloon.h"
#include "fs/device.h"
#include "fs/linux_abi.h"
#include "kernel/errno.h"
#include "memory/frame.h"
#include "memory/user_copy.h"
#include "pv/hypercall.h"
#include "pv/pv.h"
#include <coopvirt/format.h>

#define BALLOON_DEVICE   ABI_DEVICE(10, 241)
#define FRAMES_A_LIST    (FRAME_BYTES / sizeof(coop_paddr))
#define FRAMES_A_MIB     (1048576u / FRAME_BYTES)
#define BALLOON_LISTS    2048u      /* 4 GiB */
#define FRAMES_TO_KEEP   2048u      /* for the kernel and its programs */
#define RANGE_BYTES      0x200000ul /* that the hypervisor may back with one page */
#define BALLOON_RANGES   16384u     /* 32 GiB */
#define BALLOON_MIB_MOST (BALLOON_LISTS * FRAMES_A_LIST / FRAMES_A_MIB)

static coop_paddr balloon_lists[BALLOON_LISTS]; /* all full but for the last */
static size_t balloon_frames;
static uint64_t balloon_broken[BALLOON_RANGES / 64]; /* bit n: of the 2 MiB number n, frames have been away */

static coop_paddr *balloon_list(size_t frame)
{
    return frame_address(balloon_lists[frame / FRAMES_A_LIST]);
}

static void balloon_break(coop_paddr frame)
{
    uint64_t range = frame / RANGE_BYTES;
    if (range < BALLOON_RANGES)
        balloon_broken[range / 64] |= 1ul << range % 64;
}

/* Asks for so many ranges; past one that is refused, which stays small. */
static void balloon_enlarge(const coop_paddr *ranges, uint64_t count)
{
    uint64_t from = 0;
    while (from < count) {
        int64_t done =
            hypercall(COOP_HYPERCALL_MEMORY, COOP_MEMORY_LARGE, pv_image_address(&ranges[from]), count - from);
        from = done < 0 ? count : from + (uint64_t)done + 1;
    }
}

/* All frames are back: what was large is asked for again. */
static void balloon_mend(void)
{
    static coop_paddr ranges[COOP_MEMORY_LARGE_MOST];
    uint64_t count = 0;
    for (unsigned word = 0; word < BALLOON_RANGES / 64; word++) {
        for (uint64_t left = balloon_broken[word]; left; left &= left - 1) {
            ranges[count++] = (word * 64ul + (unsigned)__builtin_ctzll(left)) * RANGE_BYTES;
            if (count == COOP_MEMORY_LARGE_MOST) {
                balloon_enlarge(ranges, count);
                count = 0;
            }
        }
        balloon_broken[word] = 0;
    }
    balloon_enlarge(ranges, count);
}

static int64_t balloon_call(uint64_t operation, size_t first, size_t count)
{
    coop_paddr list = balloon_lists[first / FRAMES_A_LIST] + first % FRAMES_A_LIST * sizeof(coop_paddr);
    return hypercall(COOP_HYPERCALL_MEMORY, operation, list, count);
}

/* Gives back up to `count` frames of one list: how many, or -errno. */
static long balloon_inflate(size_t count)
{
    size_t at = balloon_frames % FRAMES_A_LIST, taken = 0;
    if (count > FRAMES_A_LIST - at)
        count = FRAMES_A_LIST - at;
    if (frame_free_count() < count + FRAMES_TO_KEEP)
        return -ENOMEM;
    if (at == 0 && !(balloon_lists[balloon_frames / FRAMES_A_LIST] = frame_allocate()))
        return -ENOMEM;
    coop_paddr *list = balloon_list(balloon_frames);
    while (taken < count && (list[at + taken] = frame_allocate()))
        taken++;
    int64_t done = balloon_call(COOP_MEMORY_RELEASE, balloon_frames, taken);
    size_t given = done > 0 ? (size_t)done : 0;
    for (size_t i = 0; i < given; i++)
        balloon_break(list[at + i]);
    while (taken > given)
        frame_release(list[at + --taken]);
    balloon_frames += given;
    if (balloon_frames % FRAMES_A_LIST == 0 && given == 0)
        frame_release(balloon_lists[balloon_frames / FRAMES_A_LIST]);
    return given ? (long)given : -ENOMEM;
}

/* Takes up to `count` frames of the last list again. */
static long balloon_deflate(size_t count)
{
    size_t last = (balloon_frames - 1) % FRAMES_A_LIST + 1;
    if (count > last)
        count = last;
    size_t first = balloon_frames - count;
    int64_t done = balloon_call(COOP_MEMORY_POPULATE, first, count);
    if (done < (int64_t)count) /* the hypervisor has no memory: what came first is given back at once */
        return done > 0 && balloon_call(COOP_MEMORY_RELEASE, first, (size_t)done) != done ? -EIO : -ENOMEM;
    for (size_t frame = first; frame < balloon_frames; frame++)
        frame_release(balloon_list(frame)[frame % FRAMES_A_LIST]);
    balloon_frames = first;
    if (first % FRAMES_A_LIST == 0)
        frame_release(balloon_lists[first / FRAMES_A_LIST]);
    return (long)count;
}

static long balloon_set(size_t frames)
{
    long status = 0;
    while (status >= 0 && balloon_frames != frames)
        status = balloon_frames < frames ? balloon_inflate(frames - balloon_frames)
                                         : balloon_deflate(balloon_frames - frames);
    if (status >= 0 && frames == 0)
        balloon_mend();
    return status < 0 ? status : 0;
}

static long balloon_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    char text[16];
    size_t mib = 0, digits = 0;
    (void)file, (void)position;
    if (bytes > sizeof(text))
        return -EINVAL;
    if (user_copy_in(text, user_buffer, bytes))
        return -EFAULT;
    for (; digits < bytes && text[digits] >= '0' && text[digits] <= '9' && mib <= BALLOON_MIB_MOST; digits++)
        mib = mib * 10 + (size_t)(text[digits] - '0');
    bool ends = digits == bytes || (digits + 1 == bytes && text[digits] == '\n');
    if (digits == 0 || !ends || mib > BALLOON_MIB_MOST)
        return -EINVAL;
    long status = balloon_set(mib * FRAMES_A_MIB);
    return status ? status : (long)bytes;
}

static long balloon_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    char text[24];
    size_t length = (size_t)format_string(text, sizeof(text), "%lu\n", balloon_frames / FRAMES_A_MIB);
    (void)file;
    if (*position >= length)
        return 0;
    if (bytes > length - *position)
        bytes = length - *position;
    if (user_copy_out(user_buffer, text + *position, bytes))
        return -EFAULT;
    *position += bytes;
    return (long)bytes;
}

void balloon_start(void)
{
    static const struct device_operations operations = {.file = {.read = balloon_read, .write = balloon_write}};
    if (pv_machine.features & COOP_FEATURE_MEMORY)
        device_register("balloon", BALLOON_DEVICE, ABI_S_IFCHR | 0600, &operations);
}
