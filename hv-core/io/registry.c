/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registry of a VM's ports and memory-mapped ranges: two sorted arrays, searched by halves. The exit
 * dispatch comes here with every port access and every nested fault that no memory answers. Filled once at
 * the start of a VM and constant afterwards, hence without a lock; the devices take their own.
 */
#include "io/registry.h"
#include <coopvirt/error.h>
#include <coopvirt/string.h>
#include <stddef.h>

/* How many ranges of a sorted array begin at or below an address. */
static unsigned registry_count_below(const struct io_range *ranges, unsigned count, uint64_t address)
{
    unsigned low = 0, high = count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (ranges[middle].first <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int io_registry_add(struct io_registry *registry, enum io_space space, uint64_t first, uint64_t count,
                    io_handler handler, void *device, const char *name)
{
    struct io_range *ranges = space == IO_PORT ? registry->ports : registry->memory;
    unsigned *range_count = space == IO_PORT ? &registry->port_count : &registry->memory_count;
    uint64_t last = first + (count - 1);

    if (!handler || count == 0 || last < first || (space == IO_PORT && last > 0xffff))
        return -EINVAL;
    unsigned at = registry_count_below(ranges, *range_count, first);
    if (at > 0 && ranges[at - 1].last >= first)
        return -EEXIST;
    if (at < *range_count && ranges[at].first <= last)
        return -EEXIST;
    if (*range_count == IO_REGISTRY_RANGES)
        return -ENOSPC;
    for (unsigned i = *range_count; i > at; i--)
        ranges[i] = ranges[i - 1];
    ranges[at] = (struct io_range){.first = first, .last = last, .handler = handler, .device = device, .name = name};
    ++*range_count;
    return 0;
}

const struct io_range *io_registry_find(const struct io_registry *registry, enum io_space space, uint64_t address)
{
    const struct io_range *ranges = space == IO_PORT ? registry->ports : registry->memory;
    unsigned at =
        registry_count_below(ranges, space == IO_PORT ? registry->port_count : registry->memory_count, address);

    return at > 0 && ranges[at - 1].last >= address ? &ranges[at - 1] : NULL;
}

/* An access that leaves its range, or begins outside of one, falls into bytes as on the ISA bus. */
static enum io_result registry_access_bytes(struct io_registry *registry, enum io_space space, struct io_access *access)
{
    enum io_result result = IO_DONE;
    uint64_t value = 0;

    for (unsigned i = 0; i < access->bytes; i++) {
        struct io_access byte = *access;
        byte.address = access->address + i;
        if (space == IO_PORT)
            byte.address &= 0xffff;
        byte.bytes = 1;
        byte.value = access->is_write ? access->value >> (8 * i) & 0xff : 0xff;
        const struct io_range *range = io_registry_find(registry, space, byte.address);
        if (range && range->handler(range->device, &byte) == IO_STOP_VM)
            result = IO_STOP_VM;
        value |= (byte.value & 0xff) << (8 * i);
    }
    if (!access->is_write)
        access->value = value;
    return result;
}

/* Most accesses go where the last one went. Several VCPUs may come at once: any index that they leave will do. */
static const struct io_range *registry_find_recent(struct io_registry *registry, enum io_space space, uint64_t address)
{
    const struct io_range *ranges = space == IO_PORT ? registry->ports : registry->memory;
    unsigned *recent = space == IO_PORT ? &registry->recent_port : &registry->recent_memory;
    const struct io_range *range = &ranges[__atomic_load_n(recent, __ATOMIC_RELAXED)];

    if (__builtin_expect(address - range->first <= range->last - range->first && range->handler, 1))
        return range;
    range = io_registry_find(registry, space, address);
    if (range)
        __atomic_store_n(recent, (unsigned)(range - ranges), __ATOMIC_RELAXED);
    return range;
}

enum io_result io_registry_access(struct io_registry *registry, enum io_space space, struct io_access *access)
{
    uint64_t mask = ~0ull >> (64 - 8 * access->bytes);
    uint64_t last = access->address + access->bytes - 1;
    const struct io_range *range = registry_find_recent(registry, space, access->address);

    if (__builtin_expect(!range || last > range->last || last < access->address, 0)) {
        if (access->is_write)
            access->value &= mask;
        return registry_access_bytes(registry, space, access);
    }
    if (access->is_write) {
        access->value &= mask;
        return range->handler(range->device, access);
    }
    access->value = mask;
    enum io_result result = range->handler(range->device, access);
    access->value &= mask;
    return result;
}

void io_registry_set_string(struct io_registry *registry, enum io_space space, uint64_t address,
                            io_string_handler handler)
{
    struct io_range *ranges = space == IO_PORT ? registry->ports : registry->memory;
    const struct io_range *range = io_registry_find(registry, space, address);

    if (range)
        ranges[range - ranges].string = handler;
}

uint64_t io_registry_access_string(struct io_registry *registry, struct io_access *access, uint8_t *values,
                                   uint64_t count, enum io_result *result)
{
    const struct io_range *range = io_registry_find(registry, IO_PORT, access->address);

    *result = IO_DONE;
    if (range && range->string && access->address + access->bytes - 1 <= range->last)
        return range->string(range->device, access, values, count, result);
    for (uint64_t done = 0; done < count; done++, values += access->bytes) {
        struct io_access one = *access;
        one.value = 0;
        if (access->is_write)
            memcpy(&one.value, values, access->bytes);
        *result = io_registry_access(registry, IO_PORT, &one);
        if (!access->is_write)
            memcpy(values, &one.value, access->bytes);
        if (*result == IO_STOP_VM)
            return done + 1;
    }
    return count;
}
