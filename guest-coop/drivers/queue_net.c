/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VIRTIO 1.2, section 5.1, without offloads: each frame behind a header of zeros, in a buffer of its own of half a
 * memory frame. Sent buffers are collected when one is needed, without events; received ones stay with the driver, in
 * their order, until they are read.
 */
#include "drivers/queue_net.h"
#include "coopnet.h"
#include "drivers/queue.h"
#include "drivers/upcall.h"
#include "fs/device.h"
#include "fs/linux_abi.h"
#include "kernel/errno.h"
#include "kernel/log.h"
#include "kernel/wait.h"
#include "memory/frame.h"
#include "memory/user_copy.h"
#include <coopvirt/string.h>

#define NET_DEVICES      2u
#define NET_MAJOR        10u
#define NET_MINOR        240u
#define NET_BUFFERS      32u /* in each direction */
#define NET_BUFFER_BYTES 2048u
#define NET_HEADER_BYTES 12u /* 5.1.6: struct virtio_net_hdr, with num_buffers */
#define NET_RECEIVE      0u
#define NET_TRANSMIT     1u

_Static_assert(NET_HEADER_BYTES + COOPNET_FRAME_MOST <= NET_BUFFER_BYTES, "a frame fits");

struct net_buffer {
    coop_paddr address;
    uint32_t bytes; /* received, with header */
    bool busy;      /* transmit: with the device */
};

struct queue_net {
    bool started;
    uint64_t address; /* 48 bits, first byte lowest */
    struct queue receive, transmit;
    struct net_buffer received[NET_BUFFERS], sent[NET_BUFFERS];
    struct net_buffer *arrived[NET_BUFFERS]; /* a ring of what waits for a reader */
    unsigned arrived_first, arrived_count;
    unsigned sending; /* the next transmit buffer */
    struct wait_queue changed;
};

static struct queue_net queue_nets[NET_DEVICES];

/* ---- receiving ---- */

static void net_post(struct queue_net *net, struct net_buffer *buffer)
{
    struct virtqueue_buffer request = {buffer->address, NET_BUFFER_BYTES, true};
    virtqueue_add(&net->receive.ring, &request, 1, buffer);
}

/* Moves what has come to the ring of arrivals. What is no frame goes back to the device. */
static void net_collect(struct queue_net *net)
{
    uint32_t bytes;
    for (struct net_buffer *buffer; (buffer = virtqueue_take(&net->receive.ring, &bytes));) {
        buffer->bytes = bytes;
        if (bytes < NET_HEADER_BYTES + COOPNET_FRAME_LEAST)
            net_post(net, buffer);
        else
            net->arrived[(net->arrived_first + net->arrived_count++) % NET_BUFFERS] = buffer;
    }
    queue_send(&net->receive);
}

static void queue_net_event(void)
{
    for (unsigned i = 0; i < NET_DEVICES; i++) {
        struct queue_net *net = &queue_nets[i];
        if (!net->started)
            continue;
        do
            net_collect(net);
        while (!net->receive.ring.broken && !virtqueue_events_on(&net->receive.ring, 1));
        if (net->arrived_count)
            wait_queue_wake(&net->changed);
    }
}

static long net_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct queue_net *net = file->context;
    (void)position;
    while (!net->arrived_count) {
        if (net->receive.ring.broken)
            return -EIO;
        if (file->flags & ABI_O_NONBLOCK)
            return -EAGAIN;
        int status = wait_queue_sleep(&net->changed, WAIT_FOREVER);
        if (status)
            return status;
    }
    struct net_buffer *buffer = net->arrived[net->arrived_first];
    size_t length = buffer->bytes - NET_HEADER_BYTES;
    if (length > bytes)
        length = bytes;
    if (user_copy_out(user_buffer, (uint8_t *)frame_address(buffer->address) + NET_HEADER_BYTES, length))
        return -EFAULT;
    net->arrived_first = (net->arrived_first + 1) % NET_BUFFERS;
    net->arrived_count--;
    net_post(net, buffer);
    queue_send(&net->receive);
    return (long)length;
}

/* ---- sending ---- */

static void net_reclaim(struct queue_net *net)
{
    uint32_t bytes;
    for (struct net_buffer *buffer; (buffer = virtqueue_take(&net->transmit.ring, &bytes));)
        buffer->busy = false;
}

static long net_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct queue_net *net = file->context;
    struct net_buffer *buffer = &net->sent[net->sending];
    (void)position;
    if (bytes < COOPNET_FRAME_LEAST || bytes > COOPNET_FRAME_MOST)
        return -EINVAL;
    net_reclaim(net);
    for (unsigned looks = 0; buffer->busy; net_reclaim(net))
        if (net->transmit.ring.broken || !queue_patience(&looks))
            return -EIO;
    uint8_t *frame = frame_address(buffer->address);
    memset(frame, 0, NET_HEADER_BYTES);
    if (user_copy_in(frame + NET_HEADER_BYTES, user_buffer, bytes))
        return -EFAULT;
    struct virtqueue_buffer request = {buffer->address, (uint32_t)(NET_HEADER_BYTES + bytes), false};
    if (!virtqueue_add(&net->transmit.ring, &request, 1, buffer))
        return -EIO;
    buffer->busy = true;
    net->sending = (net->sending + 1) % NET_BUFFERS;
    queue_send(&net->transmit);
    return (long)bytes;
}

/* ---- the file ---- */

static void net_poll(struct file *file, struct file_poll *poll)
{
    struct queue_net *net = file->context;
    poll->events = ABI_POLLOUT | (net->arrived_count ? ABI_POLLIN : 0);
    poll->queue = &net->changed;
}

static long net_ioctl(struct file *file, uint32_t request, uint64_t argument)
{
    const struct queue_net *net = file->context;
    return request == COOPNET_ADDRESS ? user_copy_out(argument, &net->address, 6) : -ENOTTY;
}

static int net_open(struct file *file)
{
    uint64_t index = file->inode->device - ABI_DEVICE(NET_MAJOR, NET_MINOR);
    if (index >= NET_DEVICES || !queue_nets[index].started)
        return -ENXIO;
    file->context = &queue_nets[index];
    return 0;
}

/* ---- start ---- */

/* Two buffers a memory frame. */
static bool net_buffers_allocate(struct net_buffer *buffers)
{
    for (unsigned i = 0; i < NET_BUFFERS; i += 2) {
        coop_paddr frame = frame_allocate();
        if (!frame)
            return false;
        buffers[i].address = frame;
        buffers[i + 1].address = frame + NET_BUFFER_BYTES;
    }
    return true;
}

static int net_start(struct queue_net *net, unsigned device)
{
    if (!net_buffers_allocate(net->received) || !net_buffers_allocate(net->sent))
        return -ENOMEM;
    int status = queue_open(&net->receive, device, NET_RECEIVE, NET_BUFFERS);
    if (status == 0)
        status = queue_open(&net->transmit, device, NET_TRANSMIT, NET_BUFFERS);
    if (status)
        return status;
    net->address = queue_device(device)->config;
    for (unsigned i = 0; i < NET_BUFFERS; i++)
        net_post(net, &net->received[i]);
    net->started = true;
    return 0;
}

void queue_net_start(void)
{
    static const struct device_operations operations = {
        .open = net_open,
        .file = {.read = net_read, .write = net_write, .ioctl = net_ioctl, .poll = net_poll},
    };
    static const char *const names[NET_DEVICES] = {"net0", "net1"};

    for (unsigned i = 0; i < NET_DEVICES; i++) {
        int device = queue_device_find(COOP_DEVICE_NET, i);
        if (device < 0)
            continue;
        int status = net_start(&queue_nets[i], (unsigned)device);
        if (status) {
            log_line(LOG_WARNING, "%s cannot be used: error %d", names[i], -status);
            continue;
        }
        upcall_register(queue_device((unsigned)device)->event, queue_net_event);
        queue_net_event();
        device_register(names[i], ABI_DEVICE(NET_MAJOR, NET_MINOR + i), ABI_S_IFCHR | 0660, &operations);
    }
}
