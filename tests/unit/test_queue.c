/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtqueue engine: what is right works around every wrap, what is wrong breaks the queue and nothing else, and
 * nothing stays held.
 */
#include "queue_driver.h"
#include "suite.h"
#include <errno.h>

#define ENTRIES 8u

static struct driver *driver;
static struct queue queue;
static struct queue_chain chain;

static void setup(void)
{
    driver = driver_make(ENTRIES);
    struct coop_queue shape = driver_shape(ENTRIES);
    ck_assert_int_eq(queue_start(&queue, &driver->view, &shape, QUEUE_ENTRIES_MOST), 0);
    ck_assert_uint_eq(driver->memory.held, 3);
    ck_assert_uint_eq(driver->memory.held_for_writing, 1);
}

static void teardown(void)
{
    queue_stop(&queue);
    ck_assert_uint_eq(driver->memory.held, 0);
    ck_assert_uint_eq(driver->memory.held_for_writing, 0);
    free(driver);
}

static void assert_broken(void)
{
    ck_assert(!queue_take(&queue, &chain));
    ck_assert_ptr_nonnull(queue.broken);
    ck_assert(!queue_take(&queue, &chain));
    ck_assert(!queue_rearm(&queue));
}

START_TEST(shapes_that_cannot_be)
{
    static const struct {
        struct coop_queue shape;
        unsigned most;
        int error;
    } cases[] = {
        {{24, 0, 0x1000, 0x3000, 0x5000}, 256, -EINVAL},
        {{24, 6, 0x1000, 0x3000, 0x5000}, 256, -EINVAL},
        {{24, 16, 0x1000, 0x3000, 0x5000}, 8, -EINVAL},
        {{24, 512, 0x1000, 0x3000, 0x5000}, 65536, -EINVAL},
        {{24, 8, 0x1008, 0x3000, 0x5000}, 256, -EINVAL},
        {{24, 8, 0x1000, 0x3001, 0x5000}, 256, -EINVAL},
        {{24, 8, 0x1000, 0x3000, 0x5002}, 256, -EINVAL},
        {{24, 8, 0x3fff0, 0x3000, 0x5000}, 256, -EFAULT},
        {{24, 8, 0x1000, 0x3fffe, 0x5000}, 256, -EFAULT},
        {{24, 8, 0x1000, 0x3000, 0x3fffc}, 256, -EFAULT},
        {{24, 8, 0x1000, 0x3000, 0xfffffffffffffff0}, 256, -EFAULT},
    };
    struct queue other;
    const unsigned held = driver->memory.held;
    ck_assert_int_eq(queue_start(&other, &driver->view, &cases[_i].shape, cases[_i].most), cases[_i].error);
    ck_assert(!queue_is_started(&other));
    ck_assert_uint_eq(driver->memory.held, held);
}
END_TEST

START_TEST(rings_in_a_page_that_may_not_be_written)
{
    struct queue other;
    struct coop_queue shape = driver_shape(ENTRIES);
    driver->memory.read_only = DRIVER_USED;
    ck_assert_int_eq(queue_start(&other, &driver->view, &shape, 256), -EFAULT);
    driver->memory.read_only = DRIVER_DESCRIPTORS; /* the driver's own to write: it may be */
    ck_assert_int_eq(queue_start(&other, &driver->view, &shape, 256), 0);
    queue_stop(&other);
}
END_TEST

START_TEST(chain_of_three)
{
    char text[8] = "";
    memcpy(driver->memory.bytes + DRIVER_BUFFERS, "abc", 3);
    memcpy(driver->memory.bytes + DRIVER_BUFFERS + 100, "defg", 4);
    driver_describe(driver, 2, DRIVER_BUFFERS, 3, QUEUE_DESCRIPTOR_NEXT, 7);
    driver_describe(driver, 7, DRIVER_BUFFERS + 100, 4, QUEUE_DESCRIPTOR_NEXT, 0);
    driver_describe(driver, 0, DRIVER_BUFFERS + 200, 5, QUEUE_DESCRIPTOR_WRITE, 9999);
    driver_offer(driver, 2);
    ck_assert(queue_has_chain(&queue));
    ck_assert(queue_take(&queue, &chain));
    ck_assert(!queue_has_chain(&queue));
    ck_assert_uint_eq(chain.head, 2);
    ck_assert_uint_eq(chain.count, 3);
    ck_assert_uint_eq(chain.readable, 2);
    ck_assert_uint_eq(chain.read_bytes, 7);
    ck_assert_uint_eq(chain.write_bytes, 5);
    ck_assert(queue_read(&queue, &chain, 0, text, 7));
    ck_assert_str_eq(text, "abcdefg");
    ck_assert(queue_read(&queue, &chain, 2, text, 2));
    ck_assert_str_eq(text, "cdcdefg");
    ck_assert(queue_write(&queue, &chain, 1, "xy", 2));
    ck_assert_mem_eq(driver->memory.bytes + DRIVER_BUFFERS + 200, "\0xy\0\0", 5);
    ck_assert_uint_eq(driver->memory.written, 2);
    queue_give(&queue, &chain, 3);
    struct queue_used_element element;
    ck_assert(driver_reap(driver, &element));
    ck_assert_uint_eq(element.head, 2);
    ck_assert_uint_eq(element.bytes, 3);
    ck_assert(!driver_reap(driver, &element));
    ck_assert(!queue_take(&queue, &chain));
    ck_assert_ptr_null(queue.broken);
}
END_TEST

START_TEST(indexes_wrap_around)
{
    struct queue_used_element element;
    for (unsigned turn = 0; turn < 70000; turn++) {
        uint16_t head = turn % ENTRIES;
        driver_describe(driver, head, DRIVER_BUFFERS + turn % 100, 1 + turn % 7, QUEUE_DESCRIPTOR_WRITE, 0);
        driver_offer(driver, head);
        ck_assert(queue_take(&queue, &chain));
        ck_assert_uint_eq(chain.segments[0].address, DRIVER_BUFFERS + turn % 100);
        queue_give(&queue, &chain, turn);
        ck_assert(driver_reap(driver, &element));
        ck_assert_uint_eq(element.head, head);
        ck_assert_uint_eq(element.bytes, turn);
    }
}
END_TEST

START_TEST(a_full_ring)
{
    for (uint16_t i = 0; i < ENTRIES; i++) {
        driver_describe(driver, i, DRIVER_BUFFERS, 1, 0, 0);
        driver_offer(driver, i);
    }
    for (uint16_t i = 0; i < ENTRIES; i++)
        ck_assert(queue_take(&queue, &chain));
    ck_assert(!queue_take(&queue, &chain));
    ck_assert_ptr_null(queue.broken);
}
END_TEST

START_TEST(available_index_ahead)
{
    *driver_word(driver, DRIVER_AVAILABLE + 2) = ENTRIES + 1;
    assert_broken();
}
END_TEST

START_TEST(available_index_backwards)
{
    driver_describe(driver, 0, DRIVER_BUFFERS, 1, 0, 0);
    driver_offer(driver, 0);
    ck_assert(queue_take(&queue, &chain));
    *driver_word(driver, DRIVER_AVAILABLE + 2) = 0;
    assert_broken();
}
END_TEST

START_TEST(head_out_of_bounds)
{
    driver_offer(driver, ENTRIES);
    assert_broken();
}
END_TEST

START_TEST(next_out_of_bounds)
{
    driver_describe(driver, 0, DRIVER_BUFFERS, 1, QUEUE_DESCRIPTOR_NEXT, 0xffff);
    driver_offer(driver, 0);
    assert_broken();
}
END_TEST

START_TEST(loop_of_descriptors)
{
    driver_describe(driver, 0, DRIVER_BUFFERS, 1, QUEUE_DESCRIPTOR_NEXT, 1);
    driver_describe(driver, 1, DRIVER_BUFFERS, 1, QUEUE_DESCRIPTOR_NEXT, 0);
    driver_offer(driver, 0);
    assert_broken();
}
END_TEST

START_TEST(descriptor_that_follows_itself)
{
    driver_describe(driver, 3, DRIVER_BUFFERS, 0, QUEUE_DESCRIPTOR_NEXT, 3);
    driver_offer(driver, 3);
    assert_broken();
}
END_TEST

START_TEST(readable_behind_writable)
{
    driver_describe(driver, 0, DRIVER_BUFFERS, 1, QUEUE_DESCRIPTOR_NEXT | QUEUE_DESCRIPTOR_WRITE, 1);
    driver_describe(driver, 1, DRIVER_BUFFERS, 1, 0, 0);
    driver_offer(driver, 0);
    assert_broken();
}
END_TEST

START_TEST(indirect_was_not_offered)
{
    driver_describe(driver, 0, DRIVER_BUFFERS, 16, QUEUE_DESCRIPTOR_INDIRECT, 0);
    driver_offer(driver, 0);
    assert_broken();
}
END_TEST

START_TEST(bytes_that_overflow)
{
    driver_describe(driver, 0, DRIVER_BUFFERS, 0xffffffff, QUEUE_DESCRIPTOR_NEXT | QUEUE_DESCRIPTOR_WRITE, 1);
    driver_describe(driver, 1, DRIVER_BUFFERS, 2, QUEUE_DESCRIPTOR_WRITE, 0);
    driver_offer(driver, 0);
    assert_broken();
}
END_TEST

/* A buffer that is no memory, or whose end wraps, or that may not be written: seen when it is used. */
START_TEST(buffers_that_are_not_the_guests)
{
    static const struct {
        uint64_t address;
        uint32_t bytes;
        bool is_write;
    } cases[] = {
        {DRIVER_MEMORY_BYTES, 1, false},    {DRIVER_MEMORY_BYTES - 1, 2, true},    {0xfffffffffffffffe, 4, false},
        {0xfffffffffffff000, 0x2000, true}, {DRIVER_BUFFERS + 0x1ff0, 0x20, true}, {1ull << 63, 1, true},
    };
    uint8_t bytes[0x2000] = {0};
    driver->memory.read_only = DRIVER_BUFFERS + 0x2000;
    driver_describe(driver, 0, cases[_i].address, cases[_i].bytes, cases[_i].is_write ? QUEUE_DESCRIPTOR_WRITE : 0, 0);
    driver_offer(driver, 0);
    ck_assert(queue_take(&queue, &chain));
    if (cases[_i].is_write)
        ck_assert(!queue_write(&queue, &chain, 0, bytes, cases[_i].bytes));
    else
        ck_assert(!queue_read(&queue, &chain, 0, bytes, cases[_i].bytes));
    ck_assert_ptr_nonnull(queue.broken);
    ck_assert_uint_eq(driver->memory.held, 3);
}
END_TEST

START_TEST(a_chain_that_is_too_short)
{
    uint8_t bytes[16];
    driver_describe(driver, 0, DRIVER_BUFFERS, 15, 0, 0);
    driver_offer(driver, 0);
    ck_assert(queue_take(&queue, &chain));
    ck_assert(!queue_read(&queue, &chain, 0, bytes, 16));
    ck_assert_ptr_nonnull(queue.broken);
}
END_TEST

START_TEST(pages_that_are_no_neighbours)
{
    static uint8_t out[0x3000], in[0x3000];
    for (unsigned i = 0; i < sizeof(out); i++)
        out[i] = (uint8_t)(i * 7);
    driver->memory.is_scattered = true;
    driver_describe(driver, 0, DRIVER_BUFFERS + 0x123, sizeof(out), QUEUE_DESCRIPTOR_WRITE, 0);
    driver_offer(driver, 0);
    ck_assert(queue_take(&queue, &chain));
    ck_assert(queue_write(&queue, &chain, 0, out, sizeof(out)));
    ck_assert_uint_eq(driver->memory.written, sizeof(out));
    ck_assert_mem_eq(driver->memory.bytes + DRIVER_BUFFERS + 0x123, out, sizeof(out));
    driver_describe(driver, 1, DRIVER_BUFFERS + 0x123, sizeof(in), 0, 0);
    driver_offer(driver, 1);
    ck_assert(queue_take(&queue, &chain));
    ck_assert(queue_read(&queue, &chain, 0, in, sizeof(in)));
    ck_assert_mem_eq(in, out, sizeof(in));
}
END_TEST

/* Gives `count` chains back. */
static void give_some(unsigned count)
{
    while (count--) {
        driver_describe(driver, 0, DRIVER_BUFFERS, 1, 0, 0);
        driver_offer(driver, 0);
        ck_assert(queue_take(&queue, &chain));
        queue_give(&queue, &chain, 0);
    }
}

START_TEST(events_are_suppressed)
{
    ck_assert(!queue_wants_event(&queue)); /* nothing was given back */
    driver_want_event(driver, 0);
    give_some(1);
    ck_assert(queue_wants_event(&queue)); /* index 0 -> 1 passes 0 */
    ck_assert(!queue_wants_event(&queue));
    give_some(3);
    ck_assert(!queue_wants_event(&queue)); /* 1 -> 4 does not */
    driver_want_event(driver, 7);
    give_some(3);
    ck_assert(!queue_wants_event(&queue)); /* 4 -> 7: the driver has asked for the eighth */
    give_some(5);
    ck_assert(queue_wants_event(&queue)); /* 7 -> 12 */
}
END_TEST

/* The same rule as a count of all cases near the wrap-around: section 2.7.7.1. */
START_TEST(event_index_near_the_wrap)
{
    for (unsigned i = 0; i < 65530 / 5; i++)
        give_some(5);
    ck_assert_uint_eq(queue.next_used, 65530);
    for (unsigned step = 1; step <= ENTRIES; step++)
        for (int offset = -12; offset <= 12; offset++) {
            uint16_t before = queue.next_used, event = (uint16_t)(before + offset);
            queue.announced_used = before;
            give_some(step);
            driver_want_event(driver, event);
            bool is_passed = false;
            for (unsigned i = 0; i < step; i++)
                is_passed |= (uint16_t)(before + i) == event;
            ck_assert_int_eq(queue_wants_event(&queue), is_passed);
        }
}
END_TEST

START_TEST(rearm_tells_what_came_meanwhile)
{
    ck_assert(!queue_rearm(&queue));
    ck_assert_uint_eq(driver_available_event(driver), 0);
    give_some(3);
    ck_assert(!queue_rearm(&queue));
    ck_assert_uint_eq(driver_available_event(driver), 3);
    driver_offer(driver, 0);
    ck_assert(queue_rearm(&queue));
}
END_TEST

static Suite *queue_suite(void)
{
    Suite *suite = suite_create("queue");
    TCase *engine = tcase_create("engine");
    tcase_add_checked_fixture(engine, setup, teardown);
    tcase_add_loop_test(engine, shapes_that_cannot_be, 0, 11);
    tcase_add_test(engine, rings_in_a_page_that_may_not_be_written);
    tcase_add_test(engine, chain_of_three);
    tcase_add_test(engine, indexes_wrap_around);
    tcase_add_test(engine, a_full_ring);
    tcase_add_test(engine, available_index_ahead);
    tcase_add_test(engine, available_index_backwards);
    tcase_add_test(engine, head_out_of_bounds);
    tcase_add_test(engine, next_out_of_bounds);
    tcase_add_test(engine, loop_of_descriptors);
    tcase_add_test(engine, descriptor_that_follows_itself);
    tcase_add_test(engine, readable_behind_writable);
    tcase_add_test(engine, indirect_was_not_offered);
    tcase_add_test(engine, bytes_that_overflow);
    tcase_add_loop_test(engine, buffers_that_are_not_the_guests, 0, 6);
    tcase_add_test(engine, a_chain_that_is_too_short);
    tcase_add_test(engine, pages_that_are_no_neighbours);
    tcase_add_test(engine, events_are_suppressed);
    tcase_add_test(engine, event_index_near_the_wrap);
    tcase_add_test(engine, rearm_tells_what_came_meanwhile);
    suite_add_tcase(suite, engine);
    return suite;
}

int main(void)
{
    return suite_main(queue_suite());
}
