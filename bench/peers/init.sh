#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Process 1 of a peer's Linux: mounts what programs expect, turns to the line for records that settings name, runs the
# jobs, and switches the machine off.

export PATH=/bin:/sbin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
. /peer/settings
if [ -n "$records" ]; then
    stty raw < "$records"
    exec > "$records"
fi
. /peer/jobs
poweroff -f
