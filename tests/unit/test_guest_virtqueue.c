/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's side of a split virtqueue against a device written from VIRTIO 1.2, section 2.7: one that keeps the
 * rules, in any order of completion, and one that writes whatever it likes.
 */
#include "drivers/virtqueue.h"
#include "suite.h"
#include <stdlib.h>
#include <string.h>

static _Alignas(4096) uint8_t frames[VIRTQUEUE_FRAMES][4096];
static struct virtqueue queue;

/* The device's own view. */
static struct {
    unsigned entries;
    bool event_index;
    uint16_t seen;       /* available index */
    uint16_t heads[256]; /* fetched and not yet completed */
    unsigned held;
    uint16_t used; /* its index */
    unsigned events;
} device;

static uint16_t *available(void)
{
    return (uint16_t *)(frames[1] + VIRTQUEUE_AVAILABLE);
}
static uint16_t *used(void)
{
    return (uint16_t *)(frames[1] + VIRTQUEUE_USED);
}
static struct virtqueue_used_element *used_ring(void)
{
    return (struct virtqueue_used_element *)(used() + 2);
}
static struct virtqueue_descriptor *descriptor(unsigned index)
{
    ck_assert_uint_lt(index, device.entries);
    return &((struct virtqueue_descriptor *)frames[0])[index];
}

static void start(unsigned entries, bool event_index)
{
    memset(frames, 0, sizeof(frames));
    memset(&device, 0, sizeof(device));
    device.entries = entries;
    device.event_index = event_index;
    virtqueue_start(&queue, frames[0], frames[1], entries, event_index);
}

/* Takes over what is available; asks to be kicked for the next. */
static void device_fetch(void)
{
    while (device.seen != available()[1]) {
        ck_assert_uint_lt(device.held, device.entries);
        device.heads[device.held++] = available()[2 + device.seen++ % device.entries];
    }
    used()[2 + 4 * device.entries] = device.seen;
}

/* Completes the request at `index` of those it holds: bytes = all that it may write. */
static void device_complete(unsigned index)
{
    uint16_t head = device.heads[index], before = device.used;
    uint32_t bytes = 0;
    unsigned at = head, length = 1;
    for (;; at = descriptor(at)->next, length++) {
        ck_assert_uint_le(length, device.entries);
        bytes += descriptor(at)->flags & VIRTQUEUE_WRITE ? descriptor(at)->bytes : 0;
        if (!(descriptor(at)->flags & VIRTQUEUE_NEXT))
            break;
    }
    device.heads[index] = device.heads[--device.held];
    used_ring()[device.used % device.entries] = (struct virtqueue_used_element){head, bytes};
    used()[1] = ++device.used;
    uint16_t wanted = available()[2 + device.entries];
    if (device.event_index)
        device.events += (uint16_t)(device.used - wanted - 1) < (uint16_t)(device.used - before);
    else
        device.events += !(available()[0] & 1);
}

static bool add(unsigned count, uintptr_t token)
{
    struct virtqueue_buffer buffers[256];
    for (unsigned i = 0; i < count; i++)
        buffers[i] = (struct virtqueue_buffer){token << 12 | i, 16 * (i + 1), i > 0};
    return virtqueue_add(&queue, buffers, count, (void *)token);
}

START_TEST(chain)
{
    uint32_t bytes = 0;
    start(8, true);
    ck_assert(add(3, 7));
    ck_assert(!virtqueue_take(&queue, &bytes));
    ck_assert_uint_eq(available()[1], 0);
    ck_assert(virtqueue_publish(&queue));
    ck_assert(!virtqueue_publish(&queue));
    device_fetch();
    ck_assert_uint_eq(device.held, 1);
    const struct virtqueue_descriptor *first = descriptor(device.heads[0]), *second = descriptor(first->next);
    ck_assert_uint_eq(first->address, 7 << 12);
    ck_assert_uint_eq(first->flags, VIRTQUEUE_NEXT);
    ck_assert_uint_eq(second->flags, VIRTQUEUE_NEXT | VIRTQUEUE_WRITE);
    ck_assert_uint_eq(descriptor(second->next)->flags, VIRTQUEUE_WRITE);
    ck_assert_uint_eq(descriptor(second->next)->bytes, 48);
    device_complete(0);
    ck_assert_ptr_eq(virtqueue_take(&queue, &bytes), (void *)7);
    ck_assert_uint_eq(bytes, 80);
    ck_assert(!virtqueue_take(&queue, &bytes));
}
END_TEST

START_TEST(full)
{
    start(8, true);
    ck_assert(!add(0, 1));
    ck_assert(!add(9, 1));
    ck_assert(add(5, 1));
    ck_assert(!add(4, 2));
    ck_assert(add(3, 2));
    ck_assert(!add(1, 3));
}
END_TEST

/* One kick for many, and none while the device is looking anyway. */
START_TEST(kicks)
{
    start(64, true);
    unsigned kicks = 0;
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 16; i++)
            ck_assert(add(1, i + 1));
        kicks += virtqueue_publish(&queue);
        if (round % 2 == 0)
            continue; /* the device is slow: it has not asked for another kick */
        device_fetch();
        uint32_t bytes;
        while (device.held)
            device_complete(0);
        while (virtqueue_take(&queue, &bytes))
            ;
    }
    ck_assert_uint_eq(kicks, 5);
    ck_assert_uint_eq(queue.kicks, 5);
    ck_assert_uint_eq(queue.requests, 160);
}
END_TEST

START_TEST(events)
{
    bool event_index = _i;
    uint32_t bytes;
    start(16, event_index);
    for (unsigned i = 0; i < 8; i++)
        ck_assert(add(2, i + 1));
    virtqueue_publish(&queue);
    device_fetch();
    device_complete(3);
    ck_assert_uint_eq(device.events, 0);
    ck_assert(virtqueue_events_on(&queue, 4));
    device_complete(0);
    device_complete(0);
    ck_assert_uint_eq(device.events, event_index ? 0 : 2);
    device_complete(0);
    ck_assert_uint_eq(device.events, event_index ? 1 : 3);
    for (unsigned i = 0; i < 4; i++)
        ck_assert(virtqueue_take(&queue, &bytes));
    virtqueue_events_off(&queue);
    device.events = 0;
    device_complete(0);
    ck_assert_uint_eq(device.events, 0);
    ck_assert(!virtqueue_events_on(&queue, 1)); /* it has already come */
    ck_assert(virtqueue_take(&queue, &bytes));
    ck_assert(virtqueue_events_on(&queue, 1));
    device_complete(0);
    ck_assert_uint_eq(device.events, 1);
}
END_TEST

/* Many rounds, far enough for both indexes to wrap: every token comes back once. */
START_TEST(long_run)
{
    static unsigned outstanding[1024];
    unsigned added = 0, taken = 0;
    uint32_t bytes;
    start(1u << _i, true);
    memset(outstanding, 0, sizeof(outstanding));
    srand(1);
    while (added < 70000) {
        unsigned token = added % 1000 + 1, count = 1 + (unsigned)rand() % 4;
        if (!outstanding[token] && add(count, token)) {
            outstanding[token] = count;
            added++;
        }
        if (rand() % 3 == 0)
            virtqueue_publish(&queue);
        if (rand() % 4 == 0)
            device_fetch();
        if (device.held && rand() % 2)
            device_complete((unsigned)rand() % device.held);
        for (uintptr_t back; (back = (uintptr_t)virtqueue_take(&queue, &bytes)) != 0; taken++) {
            ck_assert_uint_ge(outstanding[back], 1);
            unsigned last = outstanding[back];
            ck_assert_uint_eq(bytes, 16 * (last * (last + 1) / 2 - 1));
            outstanding[back] = 0;
        }
        ck_assert(!queue.broken);
    }
    ck_assert_uint_eq(queue.in_flight, added - taken);
}
END_TEST

/* Answers that no request asked for end the queue. */
START_TEST(wrong_answers)
{
    static const struct {
        uint16_t index;
        uint32_t id;
    } answers[] = {{1, 8}, {1, 0xffffffff}, {1, 3}, {2, 0}, {0xffff, 0}, {1, 0x10000}};
    uint32_t bytes;
    start(8, true);
    ck_assert(add(2, 1));
    virtqueue_publish(&queue);
    device_fetch();
    used_ring()[0] = (struct virtqueue_used_element){answers[_i].id, 0};
    used()[1] = answers[_i].index;
    ck_assert(!virtqueue_take(&queue, &bytes));
    ck_assert(queue.broken);
    ck_assert(!add(1, 2));
    ck_assert(!virtqueue_publish(&queue));
}
END_TEST

START_TEST(too_many_bytes)
{
    uint32_t bytes;
    start(8, true);
    ck_assert(add(2, 1));
    virtqueue_publish(&queue);
    used_ring()[0] = (struct virtqueue_used_element){0, 0xffffffff};
    used()[1] = 1;
    ck_assert_ptr_eq(virtqueue_take(&queue, &bytes), (void *)1);
    ck_assert_uint_eq(bytes, 32);
}
END_TEST

/* A device that scribbles over all of the shared memory: the driver's own memory stays whole (the sanitizers watch),
 * and no token comes back that was not given, or twice. */
START_TEST(scribbling_device)
{
    srand((unsigned)_i);
    static unsigned given[64];
    memset(given, 0, sizeof(given));
    start(16, _i & 1);
    for (unsigned step = 0; step < 2000; step++) {
        unsigned token = 1 + (unsigned)rand() % 63;
        if (!given[token] && add(1 + (unsigned)rand() % 5, token))
            given[token] = 1;
        virtqueue_publish(&queue);
        for (unsigned i = (unsigned)rand() % 8; i--;)
            frames[rand() % 2][(unsigned)rand() % 4096] = (uint8_t)rand();
        if (rand() % 2) {
            used_ring()[queue.taken % 16].id = (uint32_t)rand() % 20;
            used()[1] = (uint16_t)(queue.taken + rand() % 2);
        }
        uint32_t bytes;
        uintptr_t back = (uintptr_t)virtqueue_take(&queue, &bytes);
        if (back) {
            ck_assert_uint_eq(given[back], 1);
            given[back] = 0;
        }
        if (queue.broken) {
            start(16, _i & 1);
            memset(given, 0, sizeof(given));
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest_virtqueue");
    TCase *rules = tcase_create("rules");
    tcase_set_timeout(rules, 60);
    tcase_add_test(rules, chain);
    tcase_add_test(rules, full);
    tcase_add_test(rules, kicks);
    tcase_add_loop_test(rules, events, 0, 2);
    tcase_add_loop_test(rules, long_run, 3, 5);
    tcase_add_loop_test(rules, wrong_answers, 0, 6);
    tcase_add_test(rules, too_many_bytes);
    tcase_add_loop_test(rules, scribbling_device, 0, 4);
    suite_add_tcase(suite, rules);
    return suite_main(suite);
}
