/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver's side of a split virtqueue for tests of hv-core/io/queue: guest memory that counts what is held of it,
 * and rings in it that a test fills word by word, right or wrong.
 */
#ifndef TESTS_UNIT_QUEUE_DRIVER_H
#define TESTS_UNIT_QUEUE_DRIVER_H

#include "io/queue/queue.h"
#include <stdlib.h>
#include <string.h>

#define DRIVER_MEMORY_BYTES 0x40000ul
#define DRIVER_PAGE         4096ul

#define DRIVER_DESCRIPTORS 0x1000ul
#define DRIVER_AVAILABLE   0x3000ul
#define DRIVER_USED        0x5000ul
#define DRIVER_BUFFERS     0x10000ul

/* The guest's memory. [0, DRIVER_MEMORY_BYTES); pages are contiguous to the hypervisor unless is_scattered. */
struct driver_memory {
    uint8_t bytes[DRIVER_MEMORY_BYTES];
    bool is_scattered;  /* no two pages are neighbours */
    uint64_t read_only; /* a page that may not be written: a page table, say. 0: none */
    unsigned held, held_for_writing;
    uint64_t written; /* bytes reported */
};

static inline void *driver_hold(void *context, coop_paddr address, uint64_t bytes, bool is_write)
{
    struct driver_memory *memory = context;
    if (address >= DRIVER_MEMORY_BYTES || bytes > DRIVER_MEMORY_BYTES - address)
        return 0;
    uint64_t last = bytes ? address + bytes - 1 : address;
    if (memory->is_scattered && address / DRIVER_PAGE != last / DRIVER_PAGE)
        return 0;
    if (is_write && memory->read_only && address / DRIVER_PAGE <= memory->read_only / DRIVER_PAGE &&
        memory->read_only / DRIVER_PAGE <= last / DRIVER_PAGE)
        return 0;
    memory->held++;
    memory->held_for_writing += is_write;
    return memory->bytes + address;
}

static inline void driver_release(void *context, coop_paddr address, uint64_t bytes, bool is_write)
{
    struct driver_memory *memory = context;
    (void)address;
    (void)bytes;
    if (memory->held < 1 || memory->held_for_writing < is_write)
        abort();
    memory->held--;
    memory->held_for_writing -= is_write;
}

static inline void driver_written(void *context, coop_paddr address, uint64_t bytes)
{
    (void)address;
    ((struct driver_memory *)context)->written += bytes;
}

struct driver {
    struct driver_memory memory;
    struct queue_memory view;
    unsigned entries;
    uint16_t available, used; /* indexes */
};

static inline struct coop_queue driver_shape(unsigned entries)
{
    return (struct coop_queue){sizeof(struct coop_queue), entries, DRIVER_DESCRIPTORS, DRIVER_AVAILABLE, DRIVER_USED};
}

static inline struct driver *driver_make(unsigned entries)
{
    struct driver *driver = calloc(1, sizeof(*driver));
    driver->view = (struct queue_memory){&driver->memory, driver_hold, driver_release, driver_written};
    driver->entries = entries;
    return driver;
}

static inline uint16_t *driver_word(struct driver *driver, coop_paddr address)
{
    return (uint16_t *)(void *)(driver->memory.bytes + address);
}

static inline void driver_describe(struct driver *driver, uint16_t at, uint64_t address, uint32_t bytes, uint16_t flags,
                                   uint16_t next)
{
    struct queue_descriptor d = {address, bytes, flags, next};
    memcpy(driver->memory.bytes + DRIVER_DESCRIPTORS + at * sizeof(d), &d, sizeof(d));
}

/* Makes the chain that begins at a descriptor available. */
static inline void driver_offer(struct driver *driver, uint16_t head)
{
    *driver_word(driver, DRIVER_AVAILABLE + 4 + 2 * (driver->available % driver->entries)) = head;
    *driver_word(driver, DRIVER_AVAILABLE + 2) = ++driver->available;
}

/* Up to which used index the driver wants no event. */
static inline void driver_want_event(struct driver *driver, uint16_t index)
{
    *driver_word(driver, DRIVER_AVAILABLE + 4 + 2 * driver->entries) = index;
}

static inline uint16_t driver_available_event(struct driver *driver)
{
    return *driver_word(driver, DRIVER_USED + 4 + 8 * driver->entries);
}

/* The next chain that came back; false: none. */
static inline bool driver_reap(struct driver *driver, struct queue_used_element *element)
{
    if (*driver_word(driver, DRIVER_USED + 2) == driver->used)
        return false;
    memcpy(element, driver->memory.bytes + DRIVER_USED + 4 + 8 * (driver->used++ % driver->entries), sizeof(*element));
    return true;
}

#endif
