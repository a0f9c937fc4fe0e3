/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VIRTIO 1.2, section 5.3. Transmit buffers are frames that fill up; the device's completions are collected when a
 * buffer is needed, without events. The terminal's receive buffers lie in one frame.
 */
#include "drivers/queue_console.h"
#include "drivers/queue.h"
#include "drivers/upcall.h"
#include "fs/tty.h"
#include "kernel/clock.h"
#include "kernel/panic.h"
#include "kernel/timeout.h"
#include "memory/frame.h"
#include "pv/hypercall.h"
#include <coopvirt/string.h>

#define TEXT_BUFFERS  8u
#define RECEIVE       0u /* queues of a console */
#define TRANSMIT      1u
#define RECEIVE_BYTES 256u
#define RECEIVE_COUNT (FRAME_BYTES / RECEIVE_BYTES)
#define WRITES_MOST   16u /* sent together */
#define QUIET_NS      1000000ul

struct queue_text {
    bool started;
    struct queue queue;
    coop_paddr buffers[TEXT_BUFFERS];
    bool busy[TEXT_BUFFERS]; /* with the device */
    unsigned filling;        /* this one is being filled */
    uint32_t bytes;
    unsigned writes; /* since the last kick */
    uint64_t sent_ns;
};

static struct queue_text queue_texts[2];
static struct queue queue_receive;
static coop_paddr queue_receive_frame;
static struct timeout queue_flush_timeout;

/* The way without a queue. It lies in the image, since there are no frames yet. */
static char queue_polled[FRAME_BYTES] __attribute__((aligned(4096)));

static void queue_write_polled(enum pv_text text, const char *bytes, size_t count)
{
    while (count) {
        size_t part = count < sizeof(queue_polled) ? count : sizeof(queue_polled);
        memcpy(queue_polled, bytes, part);
        int64_t written = hypercall(COOP_HYPERCALL_WRITE, text, pv_image_address(queue_polled), part);
        if (written <= 0)
            return;
        bytes += written;
        count -= (size_t)written < count ? (size_t)written : count;
    }
}

/* ---- output ---- */

/* The token of a buffer is its place in `busy`. */
static void queue_text_reclaim(struct queue_text *text)
{
    uint32_t bytes;
    for (bool *busy; (busy = virtqueue_take(&text->queue.ring, &bytes));)
        *busy = false;
}

/* Hands the buffer over that is being filled; the next one is free afterwards, or the text is lost with its device. */
static void queue_text_submit(struct queue_text *text)
{
    struct virtqueue_buffer buffer = {text->buffers[text->filling], text->bytes, false};
    unsigned looks = 0;
    if (text->bytes == 0)
        return;
    text->busy[text->filling] = virtqueue_add(&text->queue.ring, &buffer, 1, &text->busy[text->filling]);
    queue_send(&text->queue);
    text->filling = (text->filling + 1) % TEXT_BUFFERS;
    text->bytes = 0;
    do
        queue_text_reclaim(text);
    while (text->busy[text->filling] && !text->queue.ring.broken && queue_patience(&looks));
}

static void queue_text_send(struct queue_text *text)
{
    queue_text_submit(text);
    text->writes = 0;
    text->sent_ns = clock_monotonic_ns();
}

static void queue_text_append(struct queue_text *text, const char *bytes, size_t count)
{
    while (count) {
        size_t room = FRAME_BYTES - text->bytes, part = count < room ? count : room;
        memcpy((uint8_t *)frame_address(text->buffers[text->filling]) + text->bytes, bytes, part);
        text->bytes += (uint32_t)part;
        bytes += part;
        count -= part;
        if (text->bytes == FRAME_BYTES)
            queue_text_submit(text);
    }
}

void queue_console_write(enum pv_text which, const char *bytes, size_t count)
{
    struct queue_text *text = &queue_texts[which];
    if (!text->started || panic_is_running()) {
        queue_console_flush();
        queue_write_polled(which, bytes, count);
        return;
    }
    queue_text_append(text, bytes, count);
    if (which == PV_TEXT_LOG)
        queue_text_send(text);
}

static void queue_flush_expired(struct timeout *timeout)
{
    (void)timeout;
    queue_console_flush();
}

/* The end of one write to the terminal. */
static void queue_terminal_end(struct tty_port *port)
{
    struct queue_text *text = &queue_texts[PV_TEXT_CONSOLE];
    (void)port;
    if (text->bytes == 0)
        return;
    uint64_t now = clock_monotonic_ns();
    if (++text->writes >= WRITES_MOST || now - text->sent_ns >= QUIET_NS)
        queue_text_send(text);
    else if (!queue_flush_timeout.armed)
        timeout_add(&queue_flush_timeout, text->sent_ns + QUIET_NS, queue_flush_expired);
}

void queue_console_flush(void)
{
    for (unsigned i = 0; i < 2; i++)
        if (queue_texts[i].started && queue_texts[i].bytes)
            queue_text_send(&queue_texts[i]);
}

void queue_console_drain(void)
{
    unsigned looks = 0;
    queue_console_flush();
    for (unsigned i = 0; i < 2; i++) {
        struct queue_text *text = &queue_texts[i];
        while (text->started && text->queue.ring.in_flight && !text->queue.ring.broken) {
            queue_text_reclaim(text);
            if (text->queue.ring.in_flight && !queue_patience(&looks))
                return;
        }
    }
}

static void queue_terminal_write(struct tty_port *port, const char *bytes, size_t count)
{
    (void)port;
    queue_console_write(PV_TEXT_CONSOLE, bytes, count);
}

/* ---- input ---- */

static void queue_receive_post(unsigned slot)
{
    struct virtqueue_buffer buffer = {queue_receive_frame + slot * RECEIVE_BYTES, RECEIVE_BYTES, true};
    virtqueue_add(&queue_receive.ring, &buffer, 1,
                  (uint8_t *)frame_address(queue_receive_frame) + slot * RECEIVE_BYTES);
}

static void queue_receive_event(void)
{
    uint32_t bytes;
    do {
        for (uint8_t *text; (text = virtqueue_take(&queue_receive.ring, &bytes));) {
            tty_input(tty_serial(), text, bytes);
            queue_receive_post((unsigned)((uint64_t)text % FRAME_BYTES / RECEIVE_BYTES));
        }
        queue_send(&queue_receive);
    } while (!queue_receive.ring.broken && !virtqueue_events_on(&queue_receive.ring, 1));
}

/* ---- start ---- */

static void queue_text_start(struct queue_text *text, unsigned index)
{
    int device = queue_device_find(COOP_DEVICE_CONSOLE, index);
    for (unsigned i = 0; i < TEXT_BUFFERS; i++)
        text->buffers[i] = frame_allocate();
    if (device < 0 || !text->buffers[TEXT_BUFFERS - 1])
        return;
    text->started = queue_open(&text->queue, (unsigned)device, TRANSMIT, TEXT_BUFFERS) == 0 &&
                    text->queue.ring.entries == TEXT_BUFFERS;
}

static void queue_receive_start(void)
{
    int device = queue_device_find(COOP_DEVICE_CONSOLE, 0);
    queue_receive_frame = frame_allocate();
    if (device < 0 || !queue_receive_frame || queue_open(&queue_receive, (unsigned)device, RECEIVE, RECEIVE_COUNT))
        return;
    for (unsigned slot = 0; slot < RECEIVE_COUNT; slot++)
        queue_receive_post(slot);
    upcall_register(queue_device((unsigned)device)->event, queue_receive_event);
    queue_receive_event();
}

void queue_console_start(void)
{
    static struct tty_port port = {.write = queue_terminal_write, .end = queue_terminal_end};
    queue_text_start(&queue_texts[PV_TEXT_CONSOLE], 0);
    queue_text_start(&queue_texts[PV_TEXT_LOG], 1);
    queue_receive_start();
    tty_attach(tty_serial(), &port);
}
