/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registry: order, overlaps, limits, and how accesses fall to ranges, to bytes, or to nobody.
 */
#include "io/registry.h"
#include "device_suite.h"
#include <errno.h>
#include <stdlib.h>

static struct io_registry registry;
static unsigned calls;

static void setup(void)
{
    registry = (struct io_registry){.port_count = 0};
    calls = 0;
}

/* A device of bytes: reads give the low address byte, writes are stored. */
static uint8_t stored[0x10000];
static enum io_result bytes_handler(void *device, struct io_access *access)
{
    calls++;
    ck_assert_ptr_eq(device, &registry);
    if (access->is_write) {
        for (unsigned i = 0; i < access->bytes; i++)
            stored[access->address + i] = (uint8_t)(access->value >> (8 * i));
        return stored[access->address] == 0xee ? IO_STOP_VM : IO_DONE;
    }
    access->value = 0;
    for (unsigned i = 0; i < access->bytes; i++)
        access->value |= ((access->address + i) & 0xff) << (8 * i);
    return IO_DONE;
}

static int add(enum io_space space, uint64_t first, uint64_t count)
{
    return io_registry_add(&registry, space, first, count, bytes_handler, &registry, "bytes");
}

START_TEST(test_add_keeps_order_and_refuses_overlap)
{
    ck_assert_int_eq(add(IO_PORT, 0x100, 8), 0);
    ck_assert_int_eq(add(IO_PORT, 0x80, 1), 0);
    ck_assert_int_eq(add(IO_PORT, 0x108, 4), 0);
    ck_assert_int_eq(add(IO_PORT, 0xf8, 8), 0);
    ck_assert_int_eq(add(IO_PORT, 0x107, 1), -EEXIST);
    ck_assert_int_eq(add(IO_PORT, 0x70, 0x11), -EEXIST);
    ck_assert_int_eq(add(IO_PORT, 0, 0x10000), -EEXIST);
    ck_assert_int_eq(add(IO_PORT, 0xffff, 2), -EINVAL);
    ck_assert_int_eq(add(IO_PORT, 0x200, 0), -EINVAL);
    ck_assert_int_eq(add(IO_MEMORY, UINT64_MAX, 2), -EINVAL);
    ck_assert_int_eq(add(IO_MEMORY, UINT64_MAX, 1), 0);
    ck_assert_int_eq(io_registry_add(&registry, IO_PORT, 0x300, 1, NULL, NULL, "none"), -EINVAL);
    ck_assert_uint_eq(registry.port_count, 4);
    for (unsigned i = 1; i < registry.port_count; i++)
        ck_assert_uint_lt(registry.ports[i - 1].last, registry.ports[i].first);
}
END_TEST

START_TEST(test_add_ends_at_capacity)
{
    for (unsigned i = 0; i < IO_REGISTRY_RANGES; i++)
        ck_assert_int_eq(add(IO_PORT, i * 4, 2), 0);
    ck_assert_int_eq(add(IO_PORT, 0x8000, 1), -ENOSPC);
}
END_TEST

START_TEST(test_find_against_linear_search)
{
    for (unsigned i = 0; i < 2000; i++)
        add(IO_PORT, (unsigned)rand() % 0x400, (unsigned)rand() % 12 + 1);
    for (unsigned port = 0; port < 0x500; port++) {
        const struct io_range *expected = NULL;
        for (unsigned i = 0; i < registry.port_count; i++)
            if (registry.ports[i].first <= port && port <= registry.ports[i].last)
                expected = &registry.ports[i];
        ck_assert_ptr_eq(io_registry_find(&registry, IO_PORT, port), expected);
    }
}
END_TEST

static uint64_t read_port(uint64_t port, uint8_t bytes)
{
    struct io_access access = {.address = port, .bytes = bytes};
    ck_assert_int_eq(io_registry_access(&registry, IO_PORT, &access), IO_DONE);
    return access.value;
}

START_TEST(test_access_whole_split_and_nobody)
{
    add(IO_PORT, 0x100, 4);
    add(IO_PORT, 0x104, 4);
    ck_assert_uint_eq(read_port(0x100, 4), 0x03020100);
    ck_assert_uint_eq(calls, 1);
    ck_assert_uint_eq(read_port(0x102, 4), 0x05040302); /* two ranges: four bytes */
    ck_assert_uint_eq(calls, 5);
    ck_assert_uint_eq(read_port(0x106, 4), 0xffff0706);
    ck_assert_uint_eq(read_port(0xfe, 4), 0x0100ffff);
    ck_assert_uint_eq(read_port(0x200, 1), 0xff);
    ck_assert_uint_eq(read_port(0x200, 2), 0xffff);
    ck_assert_uint_eq(read_port(0x200, 4), 0xffffffff);
    ck_assert_uint_eq(read_port(0xffff, 2), 0xffff);
}
END_TEST

START_TEST(test_write_masks_splits_and_stops)
{
    add(IO_PORT, 0x100, 4);
    struct io_access access = {.address = 0x100, .bytes = 1, .is_write = true, .value = 0x1234};
    ck_assert_int_eq(io_registry_access(&registry, IO_PORT, &access), IO_DONE);
    ck_assert_uint_eq(stored[0x100], 0x34);
    ck_assert_uint_eq(access.value, 0x34);
    access = (struct io_access){.address = 0xff, .bytes = 2, .is_write = true, .value = 0xeeee};
    ck_assert_int_eq(io_registry_access(&registry, IO_PORT, &access), IO_STOP_VM);
    access = (struct io_access){.address = 0x900, .bytes = 4, .is_write = true, .value = 1};
    ck_assert_int_eq(io_registry_access(&registry, IO_PORT, &access), IO_DONE);
}
END_TEST

START_TEST(test_memory_eight_bytes)
{
    add(IO_MEMORY, 0x1000, 0x100);
    struct io_access access = {.address = 0x1008, .bytes = 8};
    ck_assert_int_eq(io_registry_access(&registry, IO_MEMORY, &access), IO_DONE);
    ck_assert_uint_eq(access.value, 0x0f0e0d0c0b0a0908);
    access = (struct io_access){.address = 0xfffffffffffffffc, .bytes = 8};
    ck_assert_int_eq(io_registry_access(&registry, IO_MEMORY, &access), IO_DONE);
    ck_assert_uint_eq(access.value, UINT64_MAX);
}
END_TEST

static uint64_t string_handler(void *device, struct io_access *access, uint8_t *values, uint64_t count,
                               enum io_result *result)
{
    (void)device;
    (void)access;
    *result = IO_DONE;
    for (uint64_t i = 0; i < count; i++)
        values[i] = (uint8_t)(0x80 + i);
    return count;
}

START_TEST(test_string_one_by_one)
{
    add(IO_PORT, 0x100, 4);
    uint8_t values[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    enum io_result result;
    struct io_access access = {.address = 0x100, .bytes = 2, .is_write = true};
    ck_assert_uint_eq(io_registry_access_string(&registry, &access, values, 4, &result), 4);
    ck_assert_int_eq(result, IO_DONE);
    ck_assert_uint_eq(calls, 4);
    ck_assert_uint_eq(stored[0x100] | stored[0x101] << 8, 0x0807);
    access.is_write = false;
    ck_assert_uint_eq(io_registry_access_string(&registry, &access, values, 3, &result), 3);
    ck_assert_mem_eq(values, ((uint8_t[]){0, 1, 0, 1, 0, 1, 7, 8}), 8);
    access = (struct io_access){.address = 0x100, .bytes = 1, .is_write = true};
    values[1] = 0xee; /* stops at the second */
    ck_assert_uint_eq(io_registry_access_string(&registry, &access, values, 8, &result), 2);
    ck_assert_int_eq(result, IO_STOP_VM);
}
END_TEST

START_TEST(test_string_handler)
{
    add(IO_PORT, 0x100, 4);
    io_registry_set_string(&registry, IO_PORT, 0x100, string_handler);
    uint8_t values[4];
    enum io_result result;
    struct io_access access = {.address = 0x101, .bytes = 1};
    ck_assert_uint_eq(io_registry_access_string(&registry, &access, values, 4, &result), 4);
    ck_assert_mem_eq(values, "\x80\x81\x82\x83", 4);
    access = (struct io_access){.address = 0x103, .bytes = 2}; /* leaves the range: one by one */
    ck_assert_uint_eq(io_registry_access_string(&registry, &access, values, 2, &result), 2);
    ck_assert_mem_eq(values, "\x03\xff\x03\xff", 4);
}
END_TEST

DEVICE_SUITE("registry", setup, test_add_keeps_order_and_refuses_overlap, test_add_ends_at_capacity,
             test_find_against_linear_search, test_access_whole_split_and_nobody, test_write_masks_splits_and_stops,
             test_memory_eight_bytes, test_string_one_by_one, test_string_handler)
