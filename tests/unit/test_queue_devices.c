/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices over the engine: what they do with requests, right and wrong, how often they interrupt, and that many
 * requests need one kick.
 */
#include "io/queue/queue_devices.h"
#include "io/queue/queue_switch.h"
#include "queue_driver.h"
#include "suite.h"
#include <errno.h>

#define ENTRIES    32u
#define CONSOLE    0u
#define LOG        1u
#define ENTROPY    2u
#define NET        3u
#define BLOCK      4u
#define DISK_BYTES (64u * 512)
#define REQUEST    DRIVER_BUFFERS            /* header of a block request */
#define STATUS     (DRIVER_BUFFERS + 0x0ff0) /* its status */
#define DATA       (DRIVER_BUFFERS + 0x1000)
#define NET_HEADER 12u

static struct driver *driver;
static struct queue_devices devices;
static uint8_t disk[DISK_BYTES];
static char text[2][4096];
static size_t text_bytes[2];
static unsigned events[COOP_EVENTS];
static uint8_t frame_out[2048], frame_in[2048];
static size_t frame_out_bytes, frame_in_bytes;

static void world_write(void *context, unsigned line, const char *bytes, size_t count)
{
    (void)context;
    memcpy(text[line] + text_bytes[line], bytes, count);
    text_bytes[line] += count;
}

static bool world_raise(void *context, unsigned event)
{
    (void)context;
    events[event]++;
    return true;
}

static uint64_t world_random(void *context)
{
    (void)context;
    return 0x0807060504030201;
}

static void world_send(void *context, const uint8_t *frame, size_t bytes)
{
    (void)context;
    memcpy(frame_out, frame, bytes);
    frame_out_bytes = bytes;
}

static size_t world_receive(void *context, uint8_t *frame)
{
    (void)context;
    size_t bytes = frame_in_bytes;
    memcpy(frame, frame_in, bytes);
    frame_in_bytes = 0;
    return bytes;
}

static void set_queue(unsigned device, unsigned queue)
{
    struct coop_queue shape = driver_shape(ENTRIES);
    ck_assert_int_eq(queue_devices_set(&devices, device, queue, &shape), 0);
    driver->available = driver->used = 0;
    memset(driver->memory.bytes + DRIVER_AVAILABLE, 0, 0x1000);
    memset(driver->memory.bytes + DRIVER_USED, 0, 0x1000);
}

static void setup(void)
{
    driver = driver_make(ENTRIES);
    struct queue_world world = {
        .memory = driver->view,
        .console_write = world_write,
        .raise = world_raise,
        .random = world_random,
        .frame_send = world_send,
        .frame_receive = world_receive,
    };
    struct queue_devices_config config = {.port = 0, .disk = disk, .disk_bytes = sizeof(disk)};
    memset(events, 0, sizeof(events));
    memset(text_bytes, 0, sizeof(text_bytes));
    frame_in_bytes = frame_out_bytes = 0;
    for (unsigned i = 0; i < sizeof(disk); i++)
        disk[i] = (uint8_t)(i / 512);
    queue_devices_create(&devices, &config, &world);
}

static void teardown(void)
{
    queue_devices_destroy(&devices);
    ck_assert_uint_eq(driver->memory.held, 0);
    free(driver);
}

START_TEST(start_info_lists_them)
{
    struct coop_start_info info = {0};
    queue_devices_describe(&devices, &info);
    ck_assert_uint_eq(info.device_count, 5);
    static const uint16_t types[] = {COOP_DEVICE_CONSOLE, COOP_DEVICE_CONSOLE, COOP_DEVICE_ENTROPY, COOP_DEVICE_NET,
                                     COOP_DEVICE_BLOCK};
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_uint_eq(info.devices[i].type, types[i]);
        ck_assert_uint_eq(info.devices[i].event, i + 1);
        ck_assert_uint_eq(info.devices[i].features >> 32 & 1, 1);
        ck_assert_uint_eq(info.devices[i].queue_most, QUEUE_ENTRIES_MOST);
    }
    ck_assert_uint_eq(info.devices[BLOCK].config, 64);
    ck_assert_uint_eq(info.devices[NET].config, queue_switch_address(0));
}
END_TEST

START_TEST(queues_that_are_not_there)
{
    struct coop_queue shape = driver_shape(ENTRIES);
    static const uint64_t cases[][2] = {{5, 0},          {0, 2},          {2, 1},        {4, 1},
                                        {UINT64_MAX, 0}, {0, UINT64_MAX}, {1ul << 32, 0}};
    for (unsigned i = 0; i < 7; i++) {
        ck_assert_int_eq(queue_devices_set(&devices, cases[i][0], cases[i][1], &shape), -EINVAL);
        ck_assert_int_eq(queue_devices_kick(&devices, cases[i][0], cases[i][1]), -EINVAL);
    }
    ck_assert_int_eq(queue_devices_kick(&devices, 0, 0), 0); /* there, but not in service */
}
END_TEST

START_TEST(console_takes_many_lines_with_one_kick)
{
    set_queue(CONSOLE, 1);
    memcpy(driver->memory.bytes + DATA, "line\n", 5);
    for (uint16_t i = 0; i < ENTRIES; i++) {
        driver_describe(driver, i, DATA, 5, 0, 0);
        driver_offer(driver, i);
    }
    driver_want_event(driver, ENTRIES - 1);
    ck_assert_int_eq(queue_devices_kick(&devices, CONSOLE, 1), 0);
    ck_assert_uint_eq(text_bytes[0], 5 * ENTRIES);
    ck_assert_mem_eq(text[0], "line\nline\n", 10);
    ck_assert_uint_eq(events[1], 1);
    ck_assert_uint_eq(devices.devices[CONSOLE].counts.requests, ENTRIES);
    ck_assert_uint_eq(devices.devices[CONSOLE].counts.kicks, 1);
    ck_assert_uint_eq(devices.devices[CONSOLE].counts.events, 1);
}
END_TEST

START_TEST(log_is_the_second_line)
{
    set_queue(LOG, 1);
    memset(driver->memory.bytes + DATA, 'x', 1000);
    driver_describe(driver, 0, DATA, 1000, 0, 0);
    driver_offer(driver, 0);
    driver_want_event(driver, 100);
    queue_devices_kick(&devices, LOG, 1);
    ck_assert_uint_eq(text_bytes[0], 0);
    ck_assert_uint_eq(text_bytes[1], 1000);
    ck_assert_uint_eq(events[2], 0);
}
END_TEST

START_TEST(typed_text_waits_for_buffers)
{
    struct queue_used_element element;
    set_queue(CONSOLE, 0);
    ck_assert(queue_devices_input(&devices, 'a'));
    ck_assert(queue_devices_input(&devices, 'b'));
    queue_devices_serve(&devices);
    ck_assert(!driver_reap(driver, &element));
    driver_describe(driver, 0, DATA, 64, QUEUE_DESCRIPTOR_WRITE, 0);
    driver_offer(driver, 0);
    queue_devices_kick(&devices, CONSOLE, 0);
    ck_assert(driver_reap(driver, &element));
    ck_assert_uint_eq(element.bytes, 2);
    ck_assert_mem_eq(driver->memory.bytes + DATA, "ab", 2);
    ck_assert_uint_eq(events[1], 1);
    for (unsigned i = 0; i < QUEUE_INPUT_BYTES; i++)
        ck_assert(queue_devices_input(&devices, (uint8_t)i));
    ck_assert(!queue_devices_input(&devices, 'z'));
    for (uint16_t i = 0; i < 3; i++) {
        driver_describe(driver, i, DATA + 100u * i, 100, QUEUE_DESCRIPTOR_WRITE, 0);
        driver_offer(driver, i);
    }
    queue_devices_serve(&devices);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert(driver_reap(driver, &element));
        ck_assert_uint_eq(element.bytes, i < 2 ? 100 : QUEUE_INPUT_BYTES - 200);
    }
    for (unsigned i = 0; i < QUEUE_INPUT_BYTES; i++)
        ck_assert_uint_eq(driver->memory.bytes[DATA + i], i);
}
END_TEST

/* header, data, status: descriptors 3n to 3n + 2. */
static void block_offer(uint16_t n, uint32_t type, uint64_t sector, uint32_t bytes)
{
    struct {
        uint32_t type, reserved;
        uint64_t sector;
    } header = {type, 0, sector};
    uint16_t first = (uint16_t)(3 * n);
    memcpy(driver->memory.bytes + REQUEST + 16 * n, &header, 16);
    driver->memory.bytes[STATUS + n] = 0xee;
    driver_describe(driver, first, REQUEST + 16 * n, 16, QUEUE_DESCRIPTOR_NEXT, (uint16_t)(first + 1));
    driver_describe(driver, (uint16_t)(first + 1), DATA + 4096ul * n, bytes,
                    QUEUE_DESCRIPTOR_NEXT | (type == 1 ? 0 : QUEUE_DESCRIPTOR_WRITE), (uint16_t)(first + 2));
    driver_describe(driver, (uint16_t)(first + 2), STATUS + n, 1, QUEUE_DESCRIPTOR_WRITE, 0);
    driver_offer(driver, first);
}

START_TEST(block_reads_and_writes)
{
    struct queue_used_element element;
    set_queue(BLOCK, 0);
    block_offer(0, 0, 3, 1024);
    block_offer(1, 1, 10, 512);
    block_offer(2, 4, 0, 0);
    block_offer(3, 8, 0, 20);
    memset(driver->memory.bytes + DATA + 4096, 0x77, 512);
    driver_want_event(driver, 3);
    queue_devices_kick(&devices, BLOCK, 0);
    static const uint32_t lengths[] = {1025, 1, 1, 21};
    for (unsigned i = 0; i < 4; i++) {
        ck_assert(driver_reap(driver, &element));
        ck_assert_uint_eq(element.head, 3 * i);
        ck_assert_uint_eq(element.bytes, lengths[i]);
        ck_assert_uint_eq(driver->memory.bytes[STATUS + i], 0);
    }
    ck_assert_uint_eq(driver->memory.bytes[DATA], 3);
    ck_assert_uint_eq(driver->memory.bytes[DATA + 1023], 4);
    ck_assert_uint_eq(disk[10 * 512], 0x77);
    ck_assert_uint_eq(disk[11 * 512 - 1], 0x77);
    ck_assert_uint_eq(disk[11 * 512], 11);
    ck_assert_str_eq((char *)driver->memory.bytes + DATA + 3 * 4096, "coopvirt-disk");
    ck_assert_uint_eq(events[5], 1);
    ck_assert_uint_eq(devices.devices[BLOCK].counts.requests, 4);
}
END_TEST

START_TEST(block_refuses)
{
    static const struct {
        uint32_t type;
        uint64_t sector;
        uint32_t bytes;
        uint8_t status;
    } cases[] = {
        {0, 64, 512, 1}, {0, 63, 1024, 1},         {0, UINT64_MAX, 512, 1}, {0, 1ull << 55, 512, 1}, {0, 0, 511, 1},
        {1, 64, 512, 1}, {1, UINT64_MAX, 1024, 1}, {1, 0x80000000, 512, 1}, {1, 0, 100, 1},          {2, 0, 512, 2},
        {11, 0, 512, 2}, {13, 0, 16, 2},           {0xffffffff, 0, 512, 2}, {0, 64, 0, 0},           {0, 65, 0, 1},
    };
    uint8_t before[DISK_BYTES];
    struct queue_used_element element;
    memcpy(before, disk, sizeof(disk));
    set_queue(BLOCK, 0);
    block_offer(0, cases[_i].type, cases[_i].sector, cases[_i].bytes);
    queue_devices_kick(&devices, BLOCK, 0);
    ck_assert_ptr_null(queue_devices_broken(&devices));
    ck_assert(driver_reap(driver, &element));
    ck_assert_uint_eq(driver->memory.bytes[STATUS], cases[_i].status);
    ck_assert_uint_eq(element.bytes, 1);
    ck_assert_mem_eq(before, disk, sizeof(disk));
}
END_TEST

START_TEST(block_requests_that_break_the_queue)
{
    set_queue(BLOCK, 0);
    switch (_i) {
    case 0: /* no room for a status */
        driver_describe(driver, 0, REQUEST, 16, 0, 0);
        break;
    case 1: /* no header */
        driver_describe(driver, 0, STATUS, 1, QUEUE_DESCRIPTOR_WRITE, 0);
        break;
    case 2: /* a header that is cut */
        driver_describe(driver, 0, REQUEST, 15, QUEUE_DESCRIPTOR_NEXT, 1);
        driver_describe(driver, 1, STATUS, 1, QUEUE_DESCRIPTOR_WRITE, 0);
        break;
    case 3: /* data into a page that may not be written: a page table */
        driver->memory.read_only = DATA;
        block_offer(0, 0, 0, 512);
        driver->available = 0;
        break;
    default: /* data outside of the VM */
        block_offer(0, 0, 0, 512);
        driver_describe(driver, 1, DRIVER_MEMORY_BYTES - 256, 512, QUEUE_DESCRIPTOR_NEXT | QUEUE_DESCRIPTOR_WRITE, 2);
        driver->available = 0;
        break;
    }
    driver_offer(driver, 0);
    queue_devices_kick(&devices, BLOCK, 0);
    ck_assert_ptr_nonnull(queue_devices_broken(&devices));
    queue_devices_kick(&devices, BLOCK, 0);
}
END_TEST

START_TEST(frames_leave_without_their_header)
{
    set_queue(NET, 1);
    memset(driver->memory.bytes + DATA, 0xab, 2048);
    driver_describe(driver, 0, DATA, NET_HEADER, QUEUE_DESCRIPTOR_NEXT, 1);
    driver_describe(driver, 1, DATA + 256, 60, 0, 0);
    driver_offer(driver, 0);
    queue_devices_kick(&devices, NET, 1);
    ck_assert_uint_eq(frame_out_bytes, 60);
    static const uint32_t lengths[] = {0, 5, NET_HEADER, NET_HEADER + 13, NET_HEADER + 1515, 60000};
    for (unsigned i = 0; i < 6; i++) {
        frame_out_bytes = 0;
        driver_describe(driver, 0, DATA, lengths[i], 0, 0);
        driver_offer(driver, 0);
        queue_devices_kick(&devices, NET, 1);
        ck_assert_uint_eq(frame_out_bytes, 0);
    }
    ck_assert_uint_eq(devices.devices[NET].counts.requests, 7);
    ck_assert_ptr_null(queue_devices_broken(&devices));
}
END_TEST

START_TEST(frames_arrive_in_buffers)
{
    struct queue_used_element element;
    set_queue(NET, 0);
    memset(frame_in, 0xcd, sizeof(frame_in));
    frame_in_bytes = 100;
    queue_devices_serve(&devices);
    ck_assert_uint_eq(frame_in_bytes, 100); /* no buffer: it waits */
    driver_describe(driver, 0, DATA, 50, QUEUE_DESCRIPTOR_WRITE, 0);
    driver_describe(driver, 1, DATA, 2048, QUEUE_DESCRIPTOR_WRITE, 0);
    driver_offer(driver, 0);
    queue_devices_kick(&devices, NET, 0);
    ck_assert(driver_reap(driver, &element));
    ck_assert_uint_eq(element.bytes, 0); /* too small */
    frame_in_bytes = 100;
    driver_offer(driver, 1);
    queue_devices_serve(&devices);
    ck_assert(driver_reap(driver, &element));
    ck_assert_uint_eq(element.bytes, NET_HEADER + 100);
    ck_assert_mem_eq(driver->memory.bytes + DATA, "\0\0\0\0\0\0\0\0\0\0\1\0\xcd", 13);
    ck_assert_uint_eq(events[4], 1);
}
END_TEST

START_TEST(entropy_fills_buffers)
{
    struct queue_used_element element;
    set_queue(ENTROPY, 0);
    driver_describe(driver, 0, DATA, 3, QUEUE_DESCRIPTOR_WRITE, 0);
    driver_describe(driver, 1, DATA + 16, 4096, QUEUE_DESCRIPTOR_WRITE, 0);
    driver_offer(driver, 0);
    driver_offer(driver, 1);
    queue_devices_kick(&devices, ENTROPY, 0);
    ck_assert(driver_reap(driver, &element));
    ck_assert_uint_eq(element.bytes, 3);
    ck_assert_mem_eq(driver->memory.bytes + DATA, "\1\2\3\0", 4);
    ck_assert(driver_reap(driver, &element));
    ck_assert_uint_ge(element.bytes, 1);
    ck_assert_uint_le(element.bytes, 4096);
    ck_assert_uint_eq(events[3], 1);
}
END_TEST

/* A driver that offers more while the device works, from another CPU: every chain is served, though not each is kicked
 * for. A long one ends its turn and goes on with the next. */
START_TEST(long_work_comes_in_turns)
{
    struct queue_used_element element;
    unsigned turns = 0, chains = 0;
    set_queue(ENTROPY, 0);
    for (uint16_t i = 0; i < ENTRIES; i++) {
        driver_describe(driver, i, DATA, 1u << 17, QUEUE_DESCRIPTOR_WRITE, 0);
        driver_offer(driver, i);
    }
    devices.devices[ENTROPY].budget = 0;
    queue_devices_kick(&devices, ENTROPY, 0);
    ck_assert(!queue_devices_is_unfinished(&devices)); /* 4 MiB are within one turn */
    while (driver_reap(driver, &element))
        chains++;
    for (uint16_t i = 0; i < ENTRIES; i++) {
        driver_describe(driver, i, DATA, 1u << 20, QUEUE_DESCRIPTOR_WRITE, 0);
        driver_offer(driver, i);
    }
    queue_devices_kick(&devices, ENTROPY, 0);
    while (queue_devices_is_unfinished(&devices)) {
        queue_devices_serve(&devices);
        turns++;
    }
    while (driver_reap(driver, &element))
        chains++;
    ck_assert_uint_eq(chains, 2 * ENTRIES);
    ck_assert_uint_ge(turns, 2);
    ck_assert_uint_eq(devices.devices[ENTROPY].counts.kicks, 2);
}
END_TEST

START_TEST(a_queue_is_taken_away)
{
    set_queue(BLOCK, 0);
    ck_assert_uint_eq(driver->memory.held, 3);
    set_queue(BLOCK, 0); /* another in its place */
    ck_assert_uint_eq(driver->memory.held, 3);
    ck_assert_int_eq(queue_devices_set(&devices, BLOCK, 0, 0), 0);
    ck_assert_uint_eq(driver->memory.held, 0);
    block_offer(0, 0, 0, 512);
    queue_devices_kick(&devices, BLOCK, 0);
    ck_assert_uint_eq(driver->memory.bytes[STATUS], 0xee);
}
END_TEST

START_TEST(a_vm_without_disk)
{
    struct queue_devices_config config = {.port = 3};
    struct queue_world world = devices.world;
    struct coop_start_info info = {0};
    queue_devices_create(&devices, &config, &world);
    queue_devices_describe(&devices, &info);
    ck_assert_uint_eq(info.device_count, 4);
    ck_assert_int_eq(queue_devices_kick(&devices, BLOCK, 0), -EINVAL);
}
END_TEST

static Suite *queue_devices_suite(void)
{
    Suite *suite = suite_create("queue_devices");
    TCase *all = tcase_create("devices");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, start_info_lists_them);
    tcase_add_test(all, queues_that_are_not_there);
    tcase_add_test(all, console_takes_many_lines_with_one_kick);
    tcase_add_test(all, log_is_the_second_line);
    tcase_add_test(all, typed_text_waits_for_buffers);
    tcase_add_test(all, block_reads_and_writes);
    tcase_add_loop_test(all, block_refuses, 0, 15);
    tcase_add_loop_test(all, block_requests_that_break_the_queue, 0, 5);
    tcase_add_test(all, frames_leave_without_their_header);
    tcase_add_test(all, frames_arrive_in_buffers);
    tcase_add_test(all, entropy_fills_buffers);
    tcase_add_test(all, long_work_comes_in_turns);
    tcase_add_test(all, a_queue_is_taken_away);
    tcase_add_test(all, a_vm_without_disk);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return suite_main(queue_devices_suite());
}
