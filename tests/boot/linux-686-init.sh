#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Process 1 of the boot test linux-686, under Debian's 32-bit Linux and BusyBox: a few hundred processes, a pipe through
# two of them, a file; then it ends the VM by the exit port.

mount -t proc proc /proc
mount -t devtmpfs dev /dev
echo "kernel: $(uname -s -m)"
i=0 sum=0
while [ $i -lt 200 ]; do
    sum=$((sum + $(echo $i | cat)))
    i=$((i + 1))
done
echo "sum of 200 processes: $sum"
echo "two megabytes: $(dd if=/dev/zero bs=1k count=2048 2> /dev/null | tee /tmp/zeros | md5sum)"
cmp /tmp/zeros /dev/zero 2>&1
printf '\020' | dd of=/dev/port bs=1 seek=244 conv=notrunc 2> /dev/null
reboot -f
