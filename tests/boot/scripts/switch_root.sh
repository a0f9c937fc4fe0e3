#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# As process 1: leaves the first file system for one in memory, and that for another. Every root gets what the next
# stage needs, this script among it; each stage tells where it is and what is left of the one before.

exec 2>&1
export PATH=/bin
busybox=/bin/busybox
# A root: its folder, the kind of its file system, the applets of the stage in it.
make_root() {
    $busybox mkdir "$1" && $busybox mount -t "$2" "of$1" "$1" && $busybox mkdir "$1/bin" "$1/dev" "$1/proc"
    $busybox cp $busybox "$1/bin/busybox"; for name in sh $3; do $busybox ln -s busybox "$1/bin/$name"; done
    $busybox mknod "$1/dev/console" c 5 1; $busybox cp "$0" "$1/start"; $busybox cp $busybox "$1/init"
}
tell() {
    $busybox mount -t proc proc /proc
    echo "stage $1, process $$:" /*; $busybox cat /proc/mounts; $busybox stat -f -c %t /; $busybox readlink /proc/1/exe
    $busybox umount /proc
}

case $1 in
    '')
        cp $busybox /init; make_root /first tmpfs 'run-init'
        switch_root /proc /start > /dev/null 2>&1 & wait $!; echo "not process 1: $?"
        exec switch_root -c /dev/console /first /start second ;;
    second)
        tell second; make_root /next ramfs 'poweroff'
        exec run-init -c /dev/console /next /start third ;;
    third)
        tell third; poweroff -f ;;
esac
