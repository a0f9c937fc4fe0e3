/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices that are only memory: null, zero, full, and random and urandom. The generator has a fixed seed unless the
 * machine's own was asked for, so that two runs of a measurement draw the same numbers; it is not meant for secrets.
 */
#include "fs/device.h"

#include "kernel/errno.h"
#include "memory/frame.h"
#include "memory/user_copy.h"

#define MEMORY_DEVICES_MAJOR 1
/* One read of random gives no more, as on Linux: its loop is long, and nobody else runs meanwhile. */
#define RANDOM_BYTES_LIMIT 0x1fffffful

static long null_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    (void)file, (void)user_buffer, (void)bytes, (void)position;
    return 0;
}

static long null_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    (void)file, (void)user_buffer, (void)position;
    return (long)bytes;
}

static long zero_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    (void)file, (void)position;
    return user_clear(user_buffer, bytes) ? -EFAULT : (long)bytes;
}

static coop_paddr zero_page(struct file *file, uint64_t index)
{
    (void)file, (void)index;
    return frame_allocate_zeroed();
}

static long full_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    (void)file, (void)user_buffer, (void)position;
    return bytes ? -ENOSPC : 0;
}

static long memory_seek(struct file *file, int64_t offset, int whence)
{
    (void)offset, (void)whence;
    file->position = 0;
    return 0;
}

static uint64_t random_state = 0x9e3779b97f4a7c15ull;

void memory_devices_seed(uint64_t seed)
{
    if (seed)
        random_state = seed;
}

/* xorshift64*. */
static uint64_t random_next(void)
{
    uint64_t state = random_state;

    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    random_state = state;
    return state * 0x2545f4914f6cdd1dull;
}

long memory_devices_random(uint64_t user_buffer, size_t bytes)
{
    uint64_t words[8];
    size_t done = 0;

    if (bytes > RANDOM_BYTES_LIMIT)
        bytes = RANDOM_BYTES_LIMIT;
    while (done < bytes) {
        size_t part = bytes - done < sizeof(words) ? bytes - done : sizeof(words);
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
            words[i] = random_next();
        if (user_copy_out(user_buffer + done, words, part))
            return done ? (long)done : -EFAULT;
        done += part;
    }
    return (long)done;
}

static long random_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    (void)file, (void)position;
    return memory_devices_random(user_buffer, bytes);
}

static const struct device_operations null_operations = {
    .file = {.read = null_read, .write = null_write, .seek = memory_seek}};
static const struct device_operations zero_operations = {
    .file = {.read = zero_read, .write = null_write, .seek = memory_seek, .page = zero_page}};
static const struct device_operations full_operations = {
    .file = {.read = zero_read, .write = full_write, .seek = memory_seek}};
static const struct device_operations random_operations = {
    .file = {.read = random_read, .write = null_write, .seek = memory_seek}};

void memory_devices_register(void)
{
    static const struct {
        const char *name;
        uint32_t minor;
        const struct device_operations *operations;
    } devices[] = {
        {"null", 3, &null_operations},     {"zero", 5, &zero_operations},      {"full", 7, &full_operations},
        {"random", 8, &random_operations}, {"urandom", 9, &random_operations},
    };

    for (unsigned i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
        device_register(devices[i].name, ABI_DEVICE(MEMORY_DEVICES_MAJOR, devices[i].minor), ABI_S_IFCHR | 0666,
                        devices[i].operations);
}
