/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events of devices: a text of NAME=VALUE, each ended by a zero byte, to all who listen (netlink.c).
 */
#include "fs/uevent.h"

#include "drivers/block.h"
#include "fs/netlink.h"
#include "memory/heap.h"
#include <coopvirt/string.h>

#define UEVENT_BYTES    2048u
#define UEVENT_GROUP    1u
#define MAJOR_MEMORY    1u
#define MAJOR_SERIAL    4u
#define MAJOR_TERMINAL  5u
#define MAJOR_RTC       254u
#define MODE_UNSAID     0600u /* that of a node whose event says none */
#define MODE_PERMISSION 0777u

static uint64_t uevent_last;

uint64_t uevent_sequence(void)
{
    return uevent_last;
}

const char *uevent_class(const struct device *device)
{
    uint32_t major = ABI_DEVICE_MAJOR(device->number);
    if ((device->mode & ABI_S_IFMT) == ABI_S_IFBLK)
        return "block";
    switch (major) {
    case MAJOR_MEMORY:
        return "mem";
    case MAJOR_SERIAL:
    case MAJOR_TERMINAL:
        return "tty";
    case MAJOR_RTC:
        return "rtc";
    default:
        return "misc";
    }
}

const struct device *uevent_disk(const struct device *device)
{
    const struct block_device *block = (device->mode & ABI_S_IFMT) == ABI_S_IFBLK ? block_find(device->number) : NULL;
    return block && block->whole ? device_find(ABI_S_IFBLK, block->whole->number) : NULL;
}

void uevent_print_path(struct proc_text *text, const struct device *device)
{
    const struct device *disk = uevent_disk(device);
    proc_print(text, "/devices/virtual/%s/%s%s%s", uevent_class(device), disk ? disk->name : "", disk ? "/" : "",
               device->name);
}

void uevent_print_variables(struct proc_text *text, const struct device *device)
{
    uint32_t mode = device->mode & MODE_PERMISSION;

    proc_print(text, "MAJOR=%u\nMINOR=%u\nDEVNAME=%s\n", ABI_DEVICE_MAJOR(device->number),
               ABI_DEVICE_MINOR(device->number), device->name);
    if (uevent_disk(device))
        proc_print(text, "DEVTYPE=partition\nPARTN=%u\n", block_partition_number(block_find(device->number)));
    else if ((device->mode & ABI_S_IFMT) == ABI_S_IFBLK)
        proc_print(text, "DEVTYPE=disk\n");
    else if (mode != MODE_UNSAID)
        proc_print(text, "DEVMODE=0%u%u%u\n", mode >> 6, mode >> 3 & 7, mode & 7);
}

void uevent_send(const struct device *device, const char *action, bool asked_for)
{
    uint64_t number = ++uevent_last;
    if (!netlink_has_listener(NETLINK_UEVENT, UEVENT_GROUP))
        return;
    char *bytes = heap_allocate(UEVENT_BYTES);
    if (!bytes)
        return;
    struct proc_text text = {.bytes = bytes, .size = UEVENT_BYTES};
    proc_print(&text, "%s@", action);
    uevent_print_path(&text, device);
    proc_print(&text, "\nACTION=%s\nDEVPATH=", action);
    uevent_print_path(&text, device);
    proc_print(&text, "\nSUBSYSTEM=%s\n%s", uevent_class(device), asked_for ? "SYNTH_UUID=0\n" : "");
    uevent_print_variables(&text, device);
    proc_print(&text, "SEQNUM=%lu\n", (unsigned long)number);
    for (size_t i = 0; i < text.used; i++)
        if (bytes[i] == '\n')
            bytes[i] = 0;
    if (!text.cut)
        netlink_send_all(NETLINK_UEVENT, UEVENT_GROUP, bytes, text.used);
    heap_free(bytes);
}
