/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a device stands in /sys, and the events that tell programs of it: one for each that is registered or goes, and
 * those that are asked for by a write to its `uevent`.
 */
#ifndef FS_UEVENT_H
#define FS_UEVENT_H

#include "fs/device.h"
#include "fs/proc_text.h"

/* "block", "mem", "misc", "rtc" or "tty". */
const char *uevent_class(const struct device *device);

/* The disk whose partition a device is, or NULL. */
const struct device *uevent_disk(const struct device *device);

/* "/devices/virtual/CLASS/NAME", or behind its disk. */
void uevent_print_path(struct proc_text *text, const struct device *device);

/* What the event says of the device beyond its place: lines of NAME=VALUE. */
void uevent_print_variables(struct proc_text *text, const struct device *device);

/* Sends one to all who listen. It is lost when there is no memory; a gap in the sequence numbers tells. */
void uevent_send(const struct device *device, const char *action, bool asked_for);

/* The number of the last one. */
uint64_t uevent_sequence(void);

#endif
