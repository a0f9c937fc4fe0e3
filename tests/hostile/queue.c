/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtqueues that lie: where the rings are, what the indexes say, what the descriptors name. VIRTIO 1.2, section 2.7.
 * The entropy device writes what a buffer names, the console's transmit queue reads it: both ways out are tried.
 */
#include "cases.h"
#include "hostile.h"
#include "machine.h"
#include "memory.h"
#include <coopvirt/string.h>

#define ENTRIES    8u
#define FLAG_NEXT  1u
#define FLAG_WRITE 2u
#define FLAG_TABLE 4u /* indirect: never offered */

#define AVAILABLE_OFFSET 1024u
#define USED_OFFSET      2048u

struct descriptor {
    uint64_t address;
    uint32_t bytes;
    uint16_t flags, next;
};

static coop_paddr ring;
static struct coop_queue queue;

static unsigned queue_device(unsigned type)
{
    for (unsigned i = 0; i < start_info->device_count; i++)
        if (start_info->devices[i].type == type)
            return i;
    return ~0u;
}

static long queue_call(unsigned device, unsigned number, coop_paddr address)
{
    return hypercall(COOP_HYPERCALL_QUEUE, device, number, address);
}

/* A queue of ENTRIES in one frame, empty. */
static void queue_fill(void)
{
    if (!ring)
        ring = memory_frame_new();
    memset(memory_at(ring), 0, 4096);
    queue = (struct coop_queue){.size = sizeof(queue),
                                .entries = ENTRIES,
                                .descriptors = ring,
                                .available = ring + AVAILABLE_OFFSET,
                                .used = ring + USED_OFFSET};
}

static struct descriptor *queue_descriptor(unsigned index)
{
    return (struct descriptor *)memory_at(ring) + index;
}
static volatile uint16_t *queue_available(void)
{
    return (uint16_t *)((char *)memory_at(ring) + AVAILABLE_OFFSET);
}
static volatile uint16_t *queue_used(void)
{
    return (uint16_t *)((char *)memory_at(ring) + USED_OFFSET);
}

/* Registration on the entropy device with one member changed: taken again, it is taken away. */
static long queue_register(void)
{
    unsigned device = queue_device(COOP_DEVICE_ENTROPY);
    long result = queue_call(device, 0, memory_paddr(&queue));
    if (!result)
        queue_call(device, 0, 0);
    return result;
}

long queue_good(uint64_t unused)
{
    (void)unused;
    queue_fill();
    return queue_register();
}
/* A call for which the hypervisor copies, and one that leaves for another VM, with flags set that it must not run
 * with. */
long queue_call_flags(uint64_t flags)
{
    queue_fill();
    unsigned device = queue_device(COOP_DEVICE_ENTROPY);
    long result = hypercall_with(flags, COOP_HYPERCALL_QUEUE, device, 0, memory_paddr(&queue));
    hypercall_with(flags, COOP_HYPERCALL_YIELD, 0, 0, 0);
    queue_call(device, 0, 0);
    return result;
}
long queue_entries(uint64_t entries)
{
    queue_fill();
    queue.entries = (uint32_t)entries;
    return queue_register();
}
long queue_size(uint64_t size)
{
    queue_fill();
    queue.size = (uint32_t)size;
    return queue_register();
}

/* Member (0: descriptors, 1: available, 2: used) times 16 + where: 0 foreign, 1 frame 0, 2 across the end of memory,
 * 3 beyond memory, 4 not aligned, 5 all ones, 6 a table. */
long queue_part(uint64_t part_and_where)
{
    queue_fill();
    const coop_paddr places[] = {memory_foreign(), 0, memory_own_end() - 16, 1ul << 51, ring + 1, ~0ul & ~15ul,
                                 memory_window[1]};
    coop_paddr *parts[] = {&queue.descriptors, &queue.available, &queue.used};
    *parts[part_and_where >> 4] = places[part_and_where & 15];
    return queue_register();
}

/* Where struct coop_queue itself is. */
long queue_pointer(uint64_t which)
{
    const coop_paddr pointers[] = {memory_foreign(), memory_own_end() - 8, 1ul << 51, memory_paddr(&queue) + 1,
                                   ~0ul - 7};
    queue_fill();
    return queue_call(queue_device(COOP_DEVICE_ENTROPY), 0, pointers[which]);
}
/* Devices and queues that there are none of: device in the low 32 bits. */
long queue_device_number(uint64_t device_and_queue)
{
    queue_fill();
    return hypercall(COOP_HYPERCALL_QUEUE, (uint32_t)device_and_queue, device_and_queue >> 32, memory_paddr(&queue));
}
long queue_device_wide(uint64_t device)
{
    queue_fill();
    return hypercall(COOP_HYPERCALL_QUEUE, device, 0, memory_paddr(&queue));
}
long queue_kick(uint64_t device_and_queue)
{
    return hypercall(COOP_HYPERCALL_KICK, (uint32_t)device_and_queue, device_and_queue >> 32, 0);
}
long queue_kick_wide(uint64_t device)
{
    return hypercall(COOP_HYPERCALL_KICK, device, 0, 0);
}
long queue_kick_before_start(uint64_t unused)
{
    (void)unused;
    return hypercall(COOP_HYPERCALL_KICK, queue_device(COOP_DEVICE_ENTROPY), 0, 0);
}

/* Starts a device's queue, makes `heads` available from index 0 on, kicks, and takes the queue away again. Whatever the
 * device makes of it, the hypervisor comes back. */
static long queue_play(unsigned type, unsigned number, unsigned heads)
{
    unsigned device = queue_device(type);
    if (device == ~0u)
        return HOLE;
    queue_call(device, number, 0);
    long result = queue_call(device, number, memory_paddr(&queue));
    if (result)
        return HOLE;
    queue_available()[1] = (uint16_t)heads;
    hypercall(COOP_HYPERCALL_KICK, device, number, 0);
    hypercall(COOP_HYPERCALL_YIELD, 0, 0, 0);
    queue_call(device, number, 0);
    return 0;
}

/* Entropy into a frame of the guest's own: works. */
long queue_entropy(uint64_t bytes)
{
    queue_fill();
    coop_paddr frame = memory_frame_new();
    *queue_descriptor(0) = (struct descriptor){frame, (uint32_t)bytes, FLAG_WRITE, 0};
    long result = queue_play(COOP_DEVICE_ENTROPY, 0, 1);
    uint64_t *seen = memory_at(frame);
    if (!result && (!seen[0] || queue_used()[1] != 1))
        result = -COOP_EFAULT;
    memory_frame_free(frame);
    return result;
}

/* One buffer that the entropy device is to write. 0: the last table, 1: the root, 2: a page and the table
 * behind it; nothing there may change. */
long queue_write_to(uint64_t which)
{
    static uint8_t before[4096];
    const coop_paddr places[] = {memory_window[1], memory_root, 0};
    coop_paddr target = places[which], start = target;
    if (!target) { /* two frames in a row, the second a table */
        start = memory_frame_new() + 4096 - 16;
        target = memory_frame_new();
        if (target != start + 16)
            return 0;
        memory_set_writable(target, false);
        memory_do(COOP_MMU_TABLE_NEW, target, 1);
    }
    queue_fill();
    memcpy(before, memory_at(target), 4096);
    *queue_descriptor(0) = (struct descriptor){start, 64, FLAG_WRITE, 0};
    long result = queue_play(COOP_DEVICE_ENTROPY, 0, 1);
    if (memcmp(before, memory_at(target), 4096))
        result = HOLE;
    if (which == 2)
        memory_table_free(target);
    return result;
}

/* Bytes that the device says it has written, for the first chain that it gave back. */
static uint32_t queue_used_bytes(void)
{
    return queue_used()[1] ? ((volatile uint32_t *)queue_used())[2] : 0;
}

/* One bad descriptor: the device (entropy writes, the console reads: nothing may come on it) meets it and goes on. */
static long queue_one(uint64_t address, uint64_t bytes, unsigned flags, bool is_read)
{
    queue_fill();
    *queue_descriptor(0) = (struct descriptor){address, (uint32_t)bytes, (uint16_t)flags, 1};
    long result = is_read ? queue_play(COOP_DEVICE_CONSOLE, 1, 1) : queue_play(COOP_DEVICE_ENTROPY, 0, 1);
    return !result && !is_read && queue_used_bytes() ? HOLE : result;
}
/* Addresses by number, 16: the console reads it. */
long queue_buffer(uint64_t which)
{
    const uint64_t addresses[] = {memory_foreign(),     0,          1ul << 51, ~0ul - 15,
                                  memory_own_end() - 8, 0xfee00000, 1ul << 63, 0x100000};
    return queue_one(addresses[which & 15], 4096, which & 16 ? 0 : FLAG_WRITE, which & 16);
}
/* Lengths, of a buffer that begins in the guest's memory. */
long queue_length(uint64_t bytes)
{
    coop_paddr frame = memory_frame_new();
    long result = queue_one(frame, bytes, FLAG_WRITE, false);
    memory_frame_free(frame);
    return result;
}
/* Flags: indirect tables, unknown bits, a chain whose end is missing. */
long queue_flags(uint64_t flags)
{
    coop_paddr frame = memory_frame_new();
    long result = queue_one(frame, 64, (unsigned)flags, false);
    memory_frame_free(frame);
    return result;
}

/* A chain: 0: names itself, 1: two in a circle, 2: names descriptor 65535, 3: the first past the end, 4: all of them
 * and then the first again. */
long queue_chain(uint64_t shape)
{
    static const uint16_t nexts[][ENTRIES] = {{0}, {1, 0}, {65535}, {ENTRIES}, {1, 2, 3, 4, 5, 6, 7, 0}};
    queue_fill();
    coop_paddr frame = memory_frame_new();
    for (unsigned i = 0; i < ENTRIES; i++)
        *queue_descriptor(i) = (struct descriptor){frame, 16, FLAG_WRITE | FLAG_NEXT, nexts[shape][i]};
    long result = queue_play(COOP_DEVICE_ENTROPY, 0, 1);
    memory_frame_free(frame);
    return result;
}

/* The available ring: head indexes past the end. */
long queue_head(uint64_t head)
{
    queue_fill();
    for (unsigned i = 0; i < ENTRIES; i++)
        queue_available()[2 + i] = (uint16_t)head;
    return queue_play(COOP_DEVICE_ENTROPY, 0, 1);
}
/* More made available than there are entries: nothing may be carried out beyond them. */
long queue_index(uint64_t heads)
{
    queue_fill();
    coop_paddr frame = memory_frame_new();
    for (unsigned i = 0; i < ENTRIES; i++)
        *queue_descriptor(i) = (struct descriptor){frame, 16, FLAG_WRITE, 0};
    long result = queue_play(COOP_DEVICE_ENTROPY, 0, (unsigned)heads);
    if (queue_used()[1] > ENTRIES)
        result = HOLE;
    memory_frame_free(frame);
    return result;
}

/* The frame of a ring in use becomes a table: refused as long as the hypervisor writes there. */
long queue_ring_becomes_table(uint64_t unused)
{
    (void)unused;
    queue_fill();
    unsigned device = queue_device(COOP_DEVICE_ENTROPY);
    if (queue_call(device, 0, memory_paddr(&queue)))
        return HOLE;
    memory_set_writable(ring, false);
    long result = memory_do(COOP_MMU_TABLE_NEW, ring, 1);
    if (!result)
        memory_do(COOP_MMU_TABLE_FREE, ring, 0);
    memory_set_writable(ring, true);
    queue_call(device, 0, 0);
    return result;
}
/* And when the queue is gone, it can. */
long queue_ring_was_table(uint64_t unused)
{
    (void)unused;
    queue_fill();
    queue_register();
    memory_set_writable(ring, false);
    long result = memory_do(COOP_MMU_TABLE_NEW, ring, 1);
    if (!result)
        memory_do(COOP_MMU_TABLE_FREE, ring, 0);
    memory_set_writable(ring, true);
    return result;
}
/* The frame of a pending buffer becomes a table: a console's receive buffer waits for input for ever. */
long queue_buffer_becomes_table(uint64_t unused)
{
    (void)unused;
    unsigned device = queue_device(COOP_DEVICE_CONSOLE);
    coop_paddr frame = memory_frame_new();
    queue_fill();
    *queue_descriptor(0) = (struct descriptor){frame, 64, FLAG_WRITE, 0};
    queue_call(device, 0, 0);
    if (queue_call(device, 0, memory_paddr(&queue)))
        return HOLE;
    queue_available()[1] = 1;
    hypercall(COOP_HYPERCALL_KICK, device, 0, 0);
    memory_set_writable(frame, false);
    long result = memory_do(COOP_MMU_TABLE_NEW, frame, 1);
    if (!result && memory_check())
        result = HOLE;
    if (!result)
        memory_do(COOP_MMU_TABLE_FREE, frame, 0);
    memory_set_writable(frame, true);
    queue_call(device, 0, 0);
    memory_frame_free(frame);
    return result > 0 ? result : 0;
}
/* Twice the same. */
long queue_twice(uint64_t unused)
{
    (void)unused;
    unsigned device = queue_device(COOP_DEVICE_ENTROPY);
    queue_fill();
    long result = queue_call(device, 0, memory_paddr(&queue)) ? HOLE : 0;
    queue_call(device, 0, memory_paddr(&queue));
    queue_call(device, 0, 0);
    queue_call(device, 0, 0);
    return result;
}
