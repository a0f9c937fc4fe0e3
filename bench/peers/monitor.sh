#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Process 1 of the Linux that is KVM's host: loads KVM, and runs QEMU as the monitor of one virtual machine, whose
# second serial line is this machine's.

export PATH=/bin:/sbin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /tmp
. /peer/settings
for module in irqbypass kvm ccp; do
    insmod /peer/modules/$module.ko
done
insmod /peer/modules/kvm-amd.ko "npt=$npt"
stty raw < "$records"
/peer/qemu -L /peer/firmware -M pc -nodefaults -accel kvm -cpu host -m "$memory" -display none -no-reboot \
    -serial file:/dev/console -serial "file:$records" \
    -kernel /peer/kernel -initrd /peer/initramfs -append "$words"
poweroff -f
