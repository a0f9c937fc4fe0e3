/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VIRTIO 1.2, section 5.4: the device fills what it is given. One reader at a time, with one frame.
 */
#include "drivers/queue_entropy.h"
#include "drivers/queue.h"
#include "drivers/upcall.h"
#include "fs/device.h"
#include "fs/linux_abi.h"
#include "kernel/command_line.h"
#include "kernel/errno.h"
#include "kernel/log.h"
#include "kernel/wait.h"
#include "memory/frame.h"
#include "memory/user_copy.h"
#include <coopvirt/string.h>

#define HWRNG_DEVICE  ABI_DEVICE(10, 183)
#define SEED_BYTES    8u
#define ENTROPY_DEPTH 2u

static struct queue entropy_queue;
static coop_paddr entropy_frame;
static bool entropy_taken, entropy_asked; /* a reader is at it; the device has the frame */
static struct wait_queue entropy_changed;

/* Looks whether the device has filled the frame: how many bytes, or 0. */
static uint32_t entropy_look(void)
{
    uint32_t bytes = 0;
    if (virtqueue_take(&entropy_queue.ring, &bytes))
        entropy_asked = false;
    return bytes;
}

/* A request that a reader left behind, when a signal came, is still with the device. */
static void entropy_ask(uint32_t bytes)
{
    struct virtqueue_buffer buffer = {entropy_frame, bytes, true};
    if (!entropy_asked)
        entropy_asked = virtqueue_add(&entropy_queue.ring, &buffer, 1, &entropy_queue);
    queue_send(&entropy_queue);
}

/* Fills the frame: bytes, or -errno. */
static long entropy_fill(uint32_t bytes)
{
    uint32_t filled;
    entropy_ask(bytes);
    while (!(filled = entropy_look())) {
        if (!entropy_asked || entropy_queue.ring.broken)
            return -EIO;
        if (!virtqueue_events_on(&entropy_queue.ring, 1))
            continue;
        int status = wait_queue_sleep(&entropy_changed, WAIT_FOREVER);
        if (status)
            return status;
    }
    return filled < bytes ? filled : bytes;
}

static long entropy_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    (void)file, (void)position;
    while (entropy_taken) {
        int status = wait_queue_sleep(&entropy_changed, WAIT_FOREVER);
        if (status)
            return status;
    }
    if (bytes == 0)
        return 0;
    entropy_taken = true;
    long filled = entropy_fill(bytes < FRAME_BYTES ? (uint32_t)bytes : FRAME_BYTES);
    entropy_taken = false;
    wait_queue_wake(&entropy_changed);
    if (filled > 0 && user_copy_out(user_buffer, frame_address(entropy_frame), (size_t)filled))
        return -EFAULT;
    return filled;
}

static void entropy_event(void)
{
    wait_queue_wake(&entropy_changed);
}

/* At boot nobody can sleep: the device is looked at until it answers. */
static void entropy_seed(void)
{
    char source[16];
    unsigned looks = 0;
    if (string_option(kernel_command_line(), "random", source, sizeof(source)) <= 0 || strcmp(source, "device"))
        return;
    entropy_ask(SEED_BYTES);
    uint32_t filled;
    while (!(filled = entropy_look()) && entropy_asked && queue_patience(&looks))
        ;
    if (filled == SEED_BYTES)
        memory_devices_seed(*(const uint64_t *)frame_address(entropy_frame));
    else
        log_line(LOG_WARNING, "the source of entropy does not answer: random numbers are the usual ones");
}

void queue_entropy_start(void)
{
    static const struct device_operations operations = {.file = {.read = entropy_read}};
    int device = queue_device_find(COOP_DEVICE_ENTROPY, 0);
    entropy_frame = device < 0 ? 0 : frame_allocate();
    if (!entropy_frame || queue_open(&entropy_queue, (unsigned)device, 0, ENTROPY_DEPTH))
        return;
    upcall_register(queue_device((unsigned)device)->event, entropy_event);
    entropy_seed();
    device_register("hwrng", HWRNG_DEVICE, ABI_S_IFCHR | 0440, &operations);
}
