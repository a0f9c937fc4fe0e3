/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The switch: learning, flooding, bounds, ports that come and go.
 */
#include "io/queue/queue_switch.h"
#include "suite.h"
#include <string.h>

static struct queue_switch fabric;
static unsigned arrivals[QUEUE_SWITCH_PORTS];
static uint8_t got[QUEUE_SWITCH_FRAME_MOST];

static void arrived(void *context)
{
    ++*(unsigned *)context;
}

static void setup(void)
{
    memset(&fabric, 0, sizeof(fabric));
    memset(arrivals, 0, sizeof(arrivals));
    for (unsigned i = 0; i < 3; i++)
        queue_switch_attach(&fabric, i, arrived, &arrivals[i]);
}

/* A frame between the devices of two ports; -1: to all. */
static void send(unsigned from, int to, uint8_t mark, size_t bytes)
{
    uint8_t frame[QUEUE_SWITCH_FRAME_MOST + 1] = {0};
    uint64_t source = queue_switch_address(from), destination = to < 0 ? ~0ul : queue_switch_address((unsigned)to);
    memcpy(frame, &destination, 6);
    memcpy(frame + 6, &source, 6);
    frame[14] = mark;
    queue_switch_send(&fabric, from, frame, bytes);
}

START_TEST(unknown_addresses_are_flooded_known_ones_not)
{
    send(0, 2, 1, 60);
    ck_assert_uint_eq(queue_switch_receive(&fabric, 1, got), 60);
    ck_assert_uint_eq(queue_switch_receive(&fabric, 2, got), 60);
    ck_assert_uint_eq(got[14], 1);
    ck_assert_uint_eq(queue_switch_receive(&fabric, 0, got), 0); /* not back to where it came from */
    send(2, 0, 2, 60);
    ck_assert_uint_eq(queue_switch_receive(&fabric, 1, got), 0);
    ck_assert_uint_eq(queue_switch_receive(&fabric, 0, got), 60);
    send(0, 2, 3, 60);
    ck_assert_uint_eq(queue_switch_receive(&fabric, 1, got), 0);
    ck_assert_uint_eq(queue_switch_receive(&fabric, 2, got), 60);
    ck_assert_uint_eq(arrivals[0], 1);
    ck_assert_uint_eq(arrivals[1], 1);
    ck_assert_uint_eq(arrivals[2], 2);
}
END_TEST

START_TEST(broadcast_goes_to_all_others)
{
    send(1, -1, 9, 1514);
    ck_assert_uint_eq(queue_switch_receive(&fabric, 0, got), 1514);
    ck_assert_uint_eq(queue_switch_receive(&fabric, 2, got), 1514);
    ck_assert_uint_eq(queue_switch_receive(&fabric, 1, got), 0);
}
END_TEST

START_TEST(lengths_that_are_no_frames)
{
    send(0, -1, 1, 13);
    send(0, -1, 1, 1515);
    ck_assert_uint_eq(queue_switch_receive(&fabric, 1, got), 0);
}
END_TEST

START_TEST(a_full_port_drops)
{
    for (unsigned i = 0; i < QUEUE_SWITCH_FRAMES + 3; i++)
        send(0, 1, (uint8_t)i, 64);
    ck_assert_uint_eq(fabric.ports[1].dropped, 3);
    for (unsigned i = 0; i < QUEUE_SWITCH_FRAMES; i++) {
        ck_assert_uint_eq(queue_switch_receive(&fabric, 1, got), 64);
        ck_assert_uint_eq(got[14], i);
    }
    ck_assert_uint_eq(queue_switch_receive(&fabric, 1, got), 0);
}
END_TEST

START_TEST(a_port_that_went_away)
{
    send(1, 0, 1, 60);
    send(0, 1, 2, 60);
    queue_switch_detach(&fabric, 1);
    ck_assert_uint_eq(queue_switch_receive(&fabric, 1, got), 0);
    send(0, 1, 3, 60); /* forgotten: flooded, but not to it */
    ck_assert_uint_eq(queue_switch_receive(&fabric, 1, got), 0);
    ck_assert_uint_eq(queue_switch_receive(&fabric, 2, got), 60);
}
END_TEST

START_TEST(an_address_that_moves)
{
    send(1, -1, 1, 60);
    uint8_t frame[60] = {0};
    uint64_t address = queue_switch_address(1), broadcast = ~0ul;
    memcpy(frame, &broadcast, 6);
    memcpy(frame + 6, &address, 6);
    queue_switch_send(&fabric, 2, frame, sizeof(frame)); /* now it is heard at port 2 */
    while (queue_switch_receive(&fabric, 0, got) || queue_switch_receive(&fabric, 1, got) ||
           queue_switch_receive(&fabric, 2, got))
        ;
    send(0, 1, 5, 60);
    ck_assert_uint_eq(queue_switch_receive(&fabric, 1, got), 0);
    ck_assert_uint_eq(queue_switch_receive(&fabric, 2, got), 60);
}
END_TEST

/* A guest that makes addresses up displaces others' entries, which costs a flood, no more. */
START_TEST(many_addresses)
{
    uint8_t frame[60] = {0};
    memset(frame, 0xff, 6);
    for (unsigned i = 0; i < 1000; i++) {
        frame[6] = 2;
        memcpy(frame + 7, &i, sizeof(i));
        queue_switch_send(&fabric, 0, frame, sizeof(frame));
    }
    while (queue_switch_receive(&fabric, 1, got) || queue_switch_receive(&fabric, 2, got))
        ;
    send(1, 2, 1, 60);
    ck_assert_uint_eq(queue_switch_receive(&fabric, 2, got), 60);
}
END_TEST

START_TEST(addresses_are_unicast_and_local)
{
    for (unsigned i = 0; i < QUEUE_SWITCH_PORTS; i++) {
        ck_assert_uint_eq(queue_switch_address(i) & 3, 2);
        ck_assert_uint_eq(queue_switch_address(i) >> 48, 0);
    }
}
END_TEST

static Suite *queue_switch_suite(void)
{
    Suite *suite = suite_create("queue_switch");
    TCase *forwarding = tcase_create("forwarding");
    tcase_add_checked_fixture(forwarding, setup, 0);
    tcase_add_test(forwarding, unknown_addresses_are_flooded_known_ones_not);
    tcase_add_test(forwarding, broadcast_goes_to_all_others);
    tcase_add_test(forwarding, lengths_that_are_no_frames);
    tcase_add_test(forwarding, a_full_port_drops);
    tcase_add_test(forwarding, a_port_that_went_away);
    tcase_add_test(forwarding, an_address_that_moves);
    tcase_add_test(forwarding, many_addresses);
    tcase_add_test(forwarding, addresses_are_unicast_and_local);
    suite_add_tcase(suite, forwarding);
    return suite;
}

int main(void)
{
    return suite_main(queue_switch_suite());
}
