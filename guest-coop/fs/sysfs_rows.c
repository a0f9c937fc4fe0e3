/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands in the folders of /sys, and its texts.
 */
#include "fs/sysfs_internal.h"

#include "drivers/block.h"
#include "fs/uevent.h"
#include "kernel/errno.h"
#include <coopvirt/string.h>

enum {
    SYSFS_ROOT,
    SYSFS_BLOCK,
    SYSFS_CLASSES,
    SYSFS_CLASS_BLOCK,
    SYSFS_CLASS_MEMORY,
    SYSFS_CLASS_MISC,
    SYSFS_CLASS_CLOCK,
    SYSFS_CLASS_TERMINAL,
    SYSFS_NUMBERS,
    SYSFS_NUMBERS_BLOCK,
    SYSFS_NUMBERS_CHARACTER,
    SYSFS_DEVICES,
    SYSFS_SYSTEM,
    SYSFS_CPU,
    SYSFS_VIRTUAL,
    SYSFS_HOME_BLOCK,
    SYSFS_HOME_MEMORY,
    SYSFS_HOME_MISC,
    SYSFS_HOME_CLOCK,
    SYSFS_HOME_TERMINAL,
    SYSFS_DISK,
    SYSFS_QUEUE,
    SYSFS_PARTITION,
    SYSFS_PLAIN,
    SYSFS_CONSOLE,
    SYSFS_KERNEL,
    SYSFS_POWER,
    SYSFS_EMPTY,
};

#define SYSFS_IN(row_name, index)                                                                                      \
    {                                                                                                                  \
        .name = row_name, .mode = ABI_S_IFDIR | 0755, .folder = &sysfs_folders[index]                                  \
    }
#define SYSFS_TEXT(row_name, function)                                                                                 \
    {                                                                                                                  \
        .name = row_name, .mode = ABI_S_IFREG | 0444, .print = function                                                \
    }
#define SYSFS_OF(array) .rows = array, .count = sizeof(array) / sizeof((array)[0])

/* A text of one line, as a function of what it says. */
#define SYSFS_LINE(name, format, value)                                                                                \
    static void sysfs_print_##name(struct proc_text *text, const struct device *device)                                \
    {                                                                                                                  \
        (void)device;                                                                                                  \
        proc_print(text, format "\n", value);                                                                          \
    }

/* ---- the kernel ---- */

SYSFS_LINE(sequence, "%lu", (unsigned long)uevent_sequence())
SYSFS_LINE(cpus, "%u", 0)

/* The states of sleep that can be entered: none. */
static void sysfs_print_nothing(struct proc_text *text, const struct device *device)
{
    (void)text, (void)device;
}

static int sysfs_store_state(const struct device *device, const char *words)
{
    (void)device, (void)words;
    return -EINVAL;
}

static const struct sysfs_row sysfs_kernel_rows[] = {SYSFS_TEXT("uevent_seqnum", sysfs_print_sequence)};
static const struct sysfs_row sysfs_power_rows[] = {
    {.name = "state", .mode = ABI_S_IFREG | 0644, .print = sysfs_print_nothing, .store = sysfs_store_state}};
static const struct sysfs_row sysfs_cpu_rows[] = {SYSFS_TEXT("online", sysfs_print_cpus),
                                                  SYSFS_TEXT("possible", sysfs_print_cpus),
                                                  SYSFS_TEXT("present", sysfs_print_cpus)};

/* ---- a device ---- */

static void sysfs_print_number(struct proc_text *text, const struct device *device)
{
    proc_print(text, "%u:%u\n", ABI_DEVICE_MAJOR(device->number), ABI_DEVICE_MINOR(device->number));
}

static void sysfs_print_class_link(struct proc_text *text, const struct device *device)
{
    proc_print(text, "/class/%s", uevent_class(device));
}

/* The actions of Linux. A word behind it, a name that the event shall carry, is not known. */
static int sysfs_store_event(const struct device *device, const char *words)
{
    static const char *const actions[] = {"add", "remove", "change", "move", "online", "offline", "bind", "unbind"};

    for (unsigned i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(words, actions[i]) == 0) {
            uevent_send(device, actions[i], true);
            return 0;
        }
    }
    return -EINVAL;
}

#define SYSFS_EVENT                                                                                                    \
    {                                                                                                                  \
        .name = "uevent", .mode = ABI_S_IFREG | 0644, .print = uevent_print_variables, .store = sysfs_store_event      \
    }
#define SYSFS_CLASS_LINK                                                                                               \
    {                                                                                                                  \
        .name = "subsystem", .mode = ABI_S_IFLNK | 0777, .print_link = sysfs_print_class_link                          \
    }

SYSFS_LINE(console, "%s", "ttyS0")

static const struct sysfs_row sysfs_plain_rows[] = {SYSFS_TEXT("dev", sysfs_print_number), SYSFS_CLASS_LINK,
                                                    SYSFS_EVENT};
static const struct sysfs_row sysfs_console_rows[] = {
    SYSFS_TEXT("active", sysfs_print_console), SYSFS_TEXT("dev", sysfs_print_number), SYSFS_CLASS_LINK, SYSFS_EVENT};

/* ---- a block device ---- */

static void sysfs_print_sectors(struct proc_text *text, const struct device *device)
{
    const struct block_device *block = block_find(device->number);
    proc_print(text, "%lu\n", block ? (unsigned long)block->sectors : 0);
}

static void sysfs_print_read_only(struct proc_text *text, const struct device *device)
{
    const struct block_device *block = block_find(device->number);
    proc_print(text, "%u\n", block && block_is_read_only(block));
}

static void sysfs_print_start(struct proc_text *text, const struct device *device)
{
    const struct block_device *block = block_find(device->number);
    proc_print(text, "%lu\n", block ? (unsigned long)block->start : 0);
}

static void sysfs_print_partition(struct proc_text *text, const struct device *device)
{
    const struct block_device *block = block_find(device->number);
    proc_print(text, "%u\n", block ? block_partition_number(block) : 0);
}

SYSFS_LINE(sector_bytes, "%u", BLOCK_SECTOR_BYTES)
SYSFS_LINE(removable, "%u", 0)

static const struct sysfs_row sysfs_queue_rows[] = {SYSFS_TEXT("hw_sector_size", sysfs_print_sector_bytes),
                                                    SYSFS_TEXT("logical_block_size", sysfs_print_sector_bytes),
                                                    SYSFS_TEXT("physical_block_size", sysfs_print_sector_bytes)};
static const struct sysfs_row sysfs_disk_rows[] = {
    SYSFS_TEXT("dev", sysfs_print_number),
    SYSFS_IN("queue", SYSFS_QUEUE),
    SYSFS_TEXT("removable", sysfs_print_removable),
    SYSFS_TEXT("ro", sysfs_print_read_only),
    SYSFS_TEXT("size", sysfs_print_sectors),
    SYSFS_CLASS_LINK,
    SYSFS_EVENT,
};
static const struct sysfs_row sysfs_partition_rows[] = {
    SYSFS_TEXT("dev", sysfs_print_number),
    SYSFS_TEXT("partition", sysfs_print_partition),
    SYSFS_TEXT("ro", sysfs_print_read_only),
    SYSFS_TEXT("size", sysfs_print_sectors),
    SYSFS_TEXT("start", sysfs_print_start),
    SYSFS_CLASS_LINK,
    SYSFS_EVENT,
};

const struct sysfs_folder *sysfs_device_folder(const struct device *device)
{
    if ((device->mode & ABI_S_IFMT) == ABI_S_IFBLK)
        return &sysfs_folders[uevent_disk(device) ? SYSFS_PARTITION : SYSFS_DISK];
    return &sysfs_folders[strcmp(device->name, "console") ? SYSFS_PLAIN : SYSFS_CONSOLE];
}

/* ---- the tree ---- */

static const struct sysfs_row sysfs_class_rows[] = {
    SYSFS_IN("block", SYSFS_CLASS_BLOCK), SYSFS_IN("mem", SYSFS_CLASS_MEMORY), SYSFS_IN("misc", SYSFS_CLASS_MISC),
    SYSFS_IN("rtc", SYSFS_CLASS_CLOCK), SYSFS_IN("tty", SYSFS_CLASS_TERMINAL)};
static const struct sysfs_row sysfs_virtual_rows[] = {
    SYSFS_IN("block", SYSFS_HOME_BLOCK), SYSFS_IN("mem", SYSFS_HOME_MEMORY), SYSFS_IN("misc", SYSFS_HOME_MISC),
    SYSFS_IN("rtc", SYSFS_HOME_CLOCK), SYSFS_IN("tty", SYSFS_HOME_TERMINAL)};
static const struct sysfs_row sysfs_number_rows[] = {SYSFS_IN("block", SYSFS_NUMBERS_BLOCK),
                                                     SYSFS_IN("char", SYSFS_NUMBERS_CHARACTER)};
static const struct sysfs_row sysfs_system_rows[] = {SYSFS_IN("cpu", SYSFS_CPU)};
static const struct sysfs_row sysfs_device_rows[] = {SYSFS_IN("system", SYSFS_SYSTEM),
                                                     SYSFS_IN("virtual", SYSFS_VIRTUAL)};
static const struct sysfs_row sysfs_root_rows[] = {
    SYSFS_IN("block", SYSFS_BLOCK),   SYSFS_IN("bus", SYSFS_EMPTY),       SYSFS_IN("class", SYSFS_CLASSES),
    SYSFS_IN("dev", SYSFS_NUMBERS),   SYSFS_IN("devices", SYSFS_DEVICES), SYSFS_IN("fs", SYSFS_EMPTY),
    SYSFS_IN("kernel", SYSFS_KERNEL), SYSFS_IN("module", SYSFS_EMPTY),    SYSFS_IN("power", SYSFS_POWER)};

const struct sysfs_folder sysfs_folders[SYSFS_FOLDERS] = {
    [SYSFS_ROOT] = {SYSFS_OF(sysfs_root_rows)},
    [SYSFS_BLOCK] = {.depth = 1, .list = SYSFS_LIST_DISKS},
    [SYSFS_CLASSES] = {SYSFS_OF(sysfs_class_rows)},
    [SYSFS_CLASS_BLOCK] = {.depth = 2, .list = SYSFS_LIST_CLASS, .class = "block"},
    [SYSFS_CLASS_MEMORY] = {.depth = 2, .list = SYSFS_LIST_CLASS, .class = "mem"},
    [SYSFS_CLASS_MISC] = {.depth = 2, .list = SYSFS_LIST_CLASS, .class = "misc"},
    [SYSFS_CLASS_CLOCK] = {.depth = 2, .list = SYSFS_LIST_CLASS, .class = "rtc"},
    [SYSFS_CLASS_TERMINAL] = {.depth = 2, .list = SYSFS_LIST_CLASS, .class = "tty"},
    [SYSFS_NUMBERS] = {SYSFS_OF(sysfs_number_rows)},
    [SYSFS_NUMBERS_BLOCK] = {.depth = 2, .list = SYSFS_LIST_NUMBERS, .type = ABI_S_IFBLK},
    [SYSFS_NUMBERS_CHARACTER] = {.depth = 2, .list = SYSFS_LIST_NUMBERS, .type = ABI_S_IFCHR},
    [SYSFS_DEVICES] = {SYSFS_OF(sysfs_device_rows)},
    [SYSFS_SYSTEM] = {SYSFS_OF(sysfs_system_rows)},
    [SYSFS_CPU] = {SYSFS_OF(sysfs_cpu_rows)},
    [SYSFS_VIRTUAL] = {SYSFS_OF(sysfs_virtual_rows)},
    [SYSFS_HOME_BLOCK] = {.list = SYSFS_LIST_HOME, .class = "block"},
    [SYSFS_HOME_MEMORY] = {.list = SYSFS_LIST_HOME, .class = "mem"},
    [SYSFS_HOME_MISC] = {.list = SYSFS_LIST_HOME, .class = "misc"},
    [SYSFS_HOME_CLOCK] = {.list = SYSFS_LIST_HOME, .class = "rtc"},
    [SYSFS_HOME_TERMINAL] = {.list = SYSFS_LIST_HOME, .class = "tty"},
    [SYSFS_DISK] = {SYSFS_OF(sysfs_disk_rows), .depth = 4, .list = SYSFS_LIST_PARTITIONS},
    [SYSFS_QUEUE] = {SYSFS_OF(sysfs_queue_rows)},
    [SYSFS_PARTITION] = {SYSFS_OF(sysfs_partition_rows), .depth = 4},
    [SYSFS_PLAIN] = {SYSFS_OF(sysfs_plain_rows), .depth = 4},
    [SYSFS_CONSOLE] = {SYSFS_OF(sysfs_console_rows), .depth = 4},
    [SYSFS_KERNEL] = {SYSFS_OF(sysfs_kernel_rows)},
    [SYSFS_POWER] = {SYSFS_OF(sysfs_power_rows)},
    [SYSFS_EMPTY] = {.depth = 1},
};
