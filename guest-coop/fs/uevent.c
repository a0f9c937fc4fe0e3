/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events of devices: what they say.
 */
#include "fs/uevent.h"

#define MAJOR_MEMORY    1u
#define MAJOR_SERIAL    4u
#define MAJOR_TERMINAL  5u
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
    return major == MAJOR_MEMORY ? "mem" : major == MAJOR_SERIAL || major == MAJOR_TERMINAL ? "tty" : "misc";
}

const struct device *uevent_disk(const struct device *device)
{
    (void)device;
    return NULL;
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
    if ((device->mode & ABI_S_IFMT) == ABI_S_IFBLK)
        proc_print(text, "DEVTYPE=%s\n", uevent_disk(device) ? "partition" : "disk");
    else if (mode != MODE_UNSAID)
        proc_print(text, "DEVMODE=0%u%u%u\n", mode >> 6, mode >> 3 & 7, mode & 7);
}

void uevent_send(const struct device *device, const char *action, bool asked_for)
{
    (void)device, (void)action, (void)asked_for; /* nobody can listen */
    uevent_last++;
}
