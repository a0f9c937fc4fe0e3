/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the queue devices with a hostile driver: the input is a program that fills guest memory, rings among it, puts
 * queues into service and takes them away, kicks, types and sends frames. While a device works, another CPU of the
 * guest goes on writing to the rings. After every step: what may not be written was not, no more is held than the rings
 * in service, and no work goes on for ever.
 */
#include "io/queue/queue_devices.h"
#include "io/queue/queue_switch.h"

#include <stdlib.h>
#include <string.h>

#define MEMORY_PAGES 16u
#define PAGE         4096u
#define MEMORY_BYTES (MEMORY_PAGES * PAGE)
#define TABLE_PAGE   5u /* a page table: not to be written */
#define BREAK_PAGE   9u /* the hypervisor does not see it behind its neighbour */
#define DISK_BYTES   (5u * 512)
#define TURNS_MOST   200u
#define TABLE_BYTE   0xa5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct program {
    const uint8_t *data;
    size_t size, at;
};

static struct program program;
static struct queue_devices devices;
static struct queue_switch fabric;
static uint8_t *memory, *disk;
static unsigned held, held_for_writing;

static void require(bool holds)
{
    if (!holds)
        abort();
}

static uint64_t take(unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)(program.at < program.size ? program.data[program.at++] : 0) << (8 * i);
    return value;
}

/* One word of guest memory; small addresses and values are more likely than others. */
static void write_word(void)
{
    uint64_t what = take(3);
    uint32_t address = what % MEMORY_BYTES & ~1u;
    uint16_t value = (uint16_t)take(what & 1u << 20 ? 2 : 1);
    if (address / PAGE != TABLE_PAGE)
        memcpy(memory + address, &value, sizeof(value));
}

static void *world_hold(void *context, coop_paddr address, uint64_t bytes, bool is_write)
{
    (void)context;
    if (take(1) == 0xff)
        write_word(); /* the driver does not wait */
    if (address >= MEMORY_BYTES || bytes > MEMORY_BYTES - address)
        return 0;
    uint64_t first = address / PAGE, last = (bytes ? address + bytes - 1 : address) / PAGE;
    if (first < BREAK_PAGE && BREAK_PAGE <= last)
        return 0;
    if (is_write && first <= TABLE_PAGE && TABLE_PAGE <= last)
        return 0;
    held++;
    held_for_writing += is_write;
    return memory + address;
}

static void world_release(void *context, coop_paddr address, uint64_t bytes, bool is_write)
{
    (void)context;
    require(address < MEMORY_BYTES && bytes <= MEMORY_BYTES - address);
    require(held && held_for_writing >= is_write);
    held--;
    held_for_writing -= is_write;
}

static void world_written(void *context, coop_paddr address, uint64_t bytes)
{
    (void)context;
    require(address < MEMORY_BYTES && bytes <= MEMORY_BYTES - address);
}

static void world_write(void *context, unsigned line, const char *bytes, size_t count)
{
    (void)context;
    require(line < 2 && bytes && count);
}

static bool world_raise(void *context, unsigned event)
{
    (void)context;
    require(event >= 1 && event <= QUEUE_DEVICES);
    return true;
}

static uint64_t world_random(void *context)
{
    (void)context;
    return 4; /* by fair dice roll */
}

static void world_arrived(void *context)
{
    (void)context;
}

static void world_send(void *context, const uint8_t *frame, size_t bytes)
{
    (void)context;
    queue_switch_send(&fabric, 0, frame, bytes);
}

static size_t world_receive(void *context, uint8_t *frame)
{
    (void)context;
    return queue_switch_receive(&fabric, 0, frame);
}

static void check(void)
{
    unsigned started = 0;
    for (unsigned i = 0; i < devices.count; i++)
        for (unsigned queue = 0; queue < QUEUE_DEVICE_QUEUES; queue++)
            started += queue_is_started(&devices.devices[i].queues[queue]);
    require(held == 3 * started && held_for_writing == started);
    for (unsigned i = 0; i < PAGE; i++)
        require(memory[TABLE_PAGE * PAGE + i] == TABLE_BYTE);
}

static void set_queue(void)
{
    uint64_t place = take(1);
    struct coop_queue shape = {sizeof(shape), 1u << (place & 7), (place >> 3 & 3) * PAGE, PAGE * 4, PAGE * 6};
    if (place & 0x80)
        shape = (struct coop_queue){sizeof(shape), (uint32_t)take(2), take(3), take(3), take(3)};
    queue_devices_set(&devices, take(1) % 6, take(1) % 3, place & 0x40 ? 0 : &shape);
}

static void send_frame(void)
{
    uint8_t frame[QUEUE_SWITCH_FRAME_MOST] = {0};
    uint64_t bytes = take(2);
    for (unsigned i = 0; i < 14; i++)
        frame[i] = (uint8_t)take(1);
    queue_switch_send(&fabric, 1 + bytes % 2, frame, bytes % (sizeof(frame) + 1));
}

static void step(void)
{
    switch (take(1) % 8) {
    case 0:
    case 1:
    case 2:
        write_word();
        break;
    case 3:
        set_queue();
        break;
    case 4:
        queue_devices_kick(&devices, take(1) % 6, take(1) % 3);
        break;
    case 5:
        queue_devices_input(&devices, (uint8_t)take(1));
        break;
    case 6:
        send_frame();
        break;
    default:
        for (unsigned turns = 0; queue_devices_is_unfinished(&devices) && !queue_devices_broken(&devices); turns++) {
            require(turns < TURNS_MOST);
            queue_devices_serve(&devices);
        }
        queue_devices_serve(&devices);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct queue_world world = {
        .memory = {0, world_hold, world_release, world_written},
        .console_write = world_write,
        .raise = world_raise,
        .random = world_random,
        .frame_send = world_send,
        .frame_receive = world_receive,
    };
    program = (struct program){data, size, 0};
    memory = calloc(1, MEMORY_BYTES);
    disk = calloc(1, DISK_BYTES);
    memset(memory + TABLE_PAGE * PAGE, TABLE_BYTE, PAGE);
    memset(&fabric, 0, sizeof(fabric));
    held = held_for_writing = 0;
    for (unsigned port = 0; port < 3; port++)
        queue_switch_attach(&fabric, port, world_arrived, 0);
    struct queue_devices_config config = {.port = 0, .disk = disk, .disk_bytes = DISK_BYTES};
    queue_devices_create(&devices, &config, &world);
    while (program.at < program.size && !queue_devices_broken(&devices)) {
        step();
        check();
    }
    queue_devices_destroy(&devices);
    require(!held && !held_for_writing);
    free(memory);
    free(disk);
    return 0;
}
