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



echo "== events"
mount -t sysfs sysfs /sys; cd /root
uevent sh -c 'echo $ACTION $DEVPATH $SUBSYSTEM $MAJOR:$MINOR $DEVNAME $DEVTYPE $PARTN $SYNTH_UUID >> events' & listener=$!
# Waits until such a line was written.
said() { while ! grep -q "$1" /root/events; do sleep 0.1; done; }
until [ -e events ]; do echo change > /sys/class/mem/full/uevent; sleep 0.1; done
first=$(cat /sys/kernel/uevent_seqnum)
for action in add remove change move online offline bind unbind; do echo $action > /sys/class/mem/null/uevent; done
echo change > /sys/block/hda/uevent; said 'change.*hda'; expr $(cat /sys/kernel/uevent_seqnum) - $first

echo "== a disk in a file, and its parts"
truncate -s 4M image; printf 'o\nn\np\n1\n\n\nw\n' | fdisk -u -C 8 -H 16 -S 63 image > /dev/null 2>&1; losetup -P /dev/loop0 image
partprobe /dev/loop0; cd /sys/class/block/loop0; pwd -P; ls . loop0p1; readlink ../loop0p1
cd loop0p1; pwd -P; cat partition start size ro uevent; readlink subsystem; ls ../loop0p1 /dev/loop0p1
said 'add.*loop0p1'; losetup -d /dev/loop0; cat uevent
cd /root; said 'remove.*loop0p1'; awk '!/full/ && !told[$0]++' events; kill $listener

echo "== nodes"
echo 'null 0:5 620' > /etc/mdev.conf; rm /dev/zero; mdev -s; ls -l /dev/null /dev/zero | cut -c 1-54; rm /dev/zero
mdev -df & daemon=$!; until [ -c /dev/zero ]; do sleep 0.1; done
echo remove > /sys/class/mem/full/uevent; while [ -e /dev/full ]; do sleep 0.1; done
echo add > /sys/class/mem/full/uevent; until [ -c /dev/full ]; do sleep 0.1; done
kill $daemon; ls -l /dev/full | cut -c 1-54; ls -l /proc/$$/fd | grep -c socket; umount /sys; echo $?

echo "== the interface"
ip link; ip -f inet addr; ip route; ip route show table local; ipneigh

echo "== what is not there"
mount -t sysfs sysfs /sys; resume /dev/hda; echo $?; lsscsi; i2cdetect -l; umount /sys
