# SPDX-License-Identifier: GPL-2.0-or-later
# /sys and what reads it. It shows the machine, so what is to be printed is written down, in tests/boot/sysfs.expected.

exec 2>&1
mkdir -p /sys; mount -t sysfs sysfs /sys; stat -f -c %T /sys; grep sysfs /proc/filesystems
cd /sys

echo "== the tree"
ls -C; ls class class/mem devices devices/virtual devices/system/cpu power
cat devices/system/cpu/online power/state; echo mem > power/state; nproc
ls -l class/mem/null dev/char/1:3 block/hda devices/virtual/mem/null/subsystem | sed 's/^.* \([^ ]* -> \)/\1/'
cd class/mem/null; pwd -P; ls -l | sed 's/ .* / /'; cat dev uevent; cat subsystem/zero/uevent; cd ../../..
cat class/tty/console/active; cd block/hda; ls; cat dev size removable queue/logical_block_size uevent; cd ../..
find /sys -name dev -type f | while read -r file; do [ -e "dev/char/$(cat $file)" ] || [ -e "dev/block/$(cat $file)" ] || echo $file; done
mkdir new; echo x > block/hda/dev; echo nonsense > block/hda/uevent; cat nothing
cd /; umount /sys; echo $?
