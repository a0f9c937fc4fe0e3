/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of devices, and one turn of a queue: all requests that are there, then one event if the driver wants it.
 */
#include "io/queue/queue_devices.h"
#include "io/queue/queue_switch.h"
#include <coopvirt/error.h>
#include <coopvirt/mutation.h>
#include <coopvirt/string.h>

#define DEVICES_BUDGET_BYTES  (8u << 20) /* moved for a queue in one turn */
#define DEVICES_REQUEST_BYTES 64u        /* what a request counts for beside its data */
#define DEVICES_SECTOR_BYTES  512u
#define DEVICES_FEATURES      (QUEUE_FEATURE_VERSION_1 | QUEUE_FEATURE_EVENT_INDEX)

bool queue_device_has(struct queue_device *device, unsigned queue)
{
    if (!queue_has_chain(&device->queues[queue]))
        return false;
    if (!device->budget)
        device->unfinished |= 1u << queue;
    return device->budget;
}

bool queue_device_take(struct queue_device *device, unsigned queue)
{
    if (!queue_device_has(device, queue) || !queue_take(&device->queues[queue], &device->chain))
        return false;
    uint32_t bytes = device->chain.read_bytes + device->chain.write_bytes + DEVICES_REQUEST_BYTES;
    device->budget = bytes < device->budget ? device->budget - bytes : 0;
    return true;
}

void queue_device_give(struct queue_device *device, unsigned queue, uint32_t written)
{
    queue_give(&device->queues[queue], &device->chain, written);
    device->counts.requests++;
}

/* Serves a queue until nothing is left that it can do: what the driver made available between the last look and
 * queue_rearm came without a kick. */
static void devices_serve_all(struct queue_device *device, unsigned number)
{
    struct queue *queue = &device->queues[number];
    uint16_t before;
    device->kind->serve(device, number);
    while (!(device->unfinished & 1u << number) && queue_rearm(queue)) {
        before = queue->next_available;
        device->kind->serve(device, number);
        if (queue->next_available == before)
            return;
    }
}

/* One turn of a queue. */
static void devices_turn(struct queue_device *device, unsigned number)
{
    struct queue *queue = &device->queues[number];
    if (!queue_is_started(queue))
        return;
    device->budget = DEVICES_BUDGET_BYTES;
    device->unfinished &= ~(1u << number);
    devices_serve_all(device, number);
    if (queue_wants_event(queue)) {
        device->counts.events++;
        device->counts.upcalls += device->world->raise(device->world->context, device->event);
    }
}

static struct queue_device *devices_add(struct queue_devices *devices, const struct queue_kind *kind, uint16_t index)
{
    struct queue_device *device = &devices->devices[devices->count++];
    device->kind = kind;
    device->world = &devices->world;
    device->index = index;
    device->event = (uint16_t)devices->count; /* 0 is the timer's */
    return device;
}

void queue_devices_create(struct queue_devices *devices, const struct queue_devices_config *config,
                          const struct queue_world *world)
{
    memset(devices, 0, sizeof(*devices));
    devices->world = *world;
    devices_add(devices, &queue_console, 0);
    devices_add(devices, &queue_console, 1);
    devices_add(devices, &queue_entropy, 0);
    devices_add(devices, &queue_net, 0)->config = queue_switch_address(config->port);
    if (!config->disk)
        return;
    struct queue_device *disk = devices_add(devices, &queue_block, 0);
    disk->disk.bytes = config->disk;
    disk->config = disk->disk.sectors = config->disk_bytes / DEVICES_SECTOR_BYTES;
}

void queue_devices_destroy(struct queue_devices *devices)
{
    for (unsigned i = 0; i < devices->count; i++)
        for (unsigned queue = 0; queue < QUEUE_DEVICE_QUEUES; queue++)
            if (queue_is_started(&devices->devices[i].queues[queue]))
                queue_stop(&devices->devices[i].queues[queue]);
}

void queue_devices_describe(const struct queue_devices *devices, struct coop_start_info *info)
{
    for (unsigned i = 0; i < devices->count; i++) {
        const struct queue_device *device = &devices->devices[i];
        info->devices[info->device_count++] = (struct coop_device){
            .type = device->kind->type,
            .index = device->index,
            .queues = device->kind->queues,
            .event = device->event,
            .queue_most = QUEUE_ENTRIES_MOST,
            .features = DEVICES_FEATURES | device->kind->features,
            .config = device->config,
        };
    }
}

/* NULL where there is no such queue. */
static struct queue_device *devices_find(struct queue_devices *devices, uint64_t device, uint64_t queue)
{
    if (!MUTATED(queue_device_bound) && (device >= devices->count || queue >= devices->devices[device].kind->queues))
        return 0;
    return &devices->devices[device];
}

int queue_devices_set(struct queue_devices *devices, uint64_t number, uint64_t queue, const struct coop_queue *shape)
{
    struct queue_device *device = devices_find(devices, number, queue);
    if (!device)
        return -EINVAL;
    if (queue_is_started(&device->queues[queue]))
        queue_stop(&device->queues[queue]);
    device->unfinished &= ~(1u << queue);
    return shape ? queue_start(&device->queues[queue], &devices->world.memory, shape, QUEUE_ENTRIES_MOST) : 0;
}

int queue_devices_kick(struct queue_devices *devices, uint64_t number, uint64_t queue)
{
    struct queue_device *device = devices_find(devices, number, queue);
    if (!device)
        return -EINVAL;
    device->counts.kicks++;
    devices_turn(device, (unsigned)queue);
    return 0;
}

void queue_devices_serve(struct queue_devices *devices)
{
    for (unsigned i = 0; i < devices->count; i++) {
        struct queue_device *device = &devices->devices[i];
        for (unsigned queue = 0; queue < device->kind->queues; queue++)
            if ((device->kind->fed | device->unfinished) & 1u << queue)
                devices_turn(device, queue);
    }
}

bool queue_devices_is_unfinished(const struct queue_devices *devices)
{
    for (unsigned i = 0; i < devices->count; i++)
        if (devices->devices[i].unfinished)
            return true;
    return false;
}

bool queue_devices_input(struct queue_devices *devices, uint8_t byte)
{
    struct queue_device *console = &devices->devices[0];
    if (console->input.end - console->input.first == QUEUE_INPUT_BYTES)
        return false;
    console->input.bytes[console->input.end++ % QUEUE_INPUT_BYTES] = byte;
    return true;
}

const char *queue_devices_broken(const struct queue_devices *devices)
{
    for (unsigned i = 0; i < devices->count; i++)
        for (unsigned queue = 0; queue < QUEUE_DEVICE_QUEUES; queue++)
            if (devices->devices[i].queues[queue].broken)
                return devices->devices[i].queues[queue].broken;
    return 0;
}
