# SPDX-License-Identifier: GPL-2.0-or-later
# Applets of BusyBox that change a machine: its log, clock, accounts, consoles, modules, disk. They would change this
# host's, so what they have to print is written down, in tests/boot/system.expected. Runs as root of a fresh guest.

exec 2>&1
export TZ=UTC
# Waits until a file has a line like this.
seen() { while ! grep -q "$1" "$2" 2> /dev/null; do sleep 0.1; done; }
ended() { kill "$1"; wait "$1" 2> /dev/null; }

echo "== the kernel's log"
dmesg | sed -n "1s/, mode.*//p"; dmesg -c > /dev/null; dmesg | wc -l

echo "== the system's log"
syslogd -n -O messages & daemon=$!; seen started messages; test -S /dev/log && echo a socket
logger -t tag -p daemon.warn one line; printf 'two\nthree\n' | logger -p user.debug; seen three messages
sed 's/^.*coop //; s/ root:/ who:/' messages; ended $daemon
syslogd -n -C16 & daemon=$!; while ! logread 2> /dev/null | grep -q started; do sleep 0.1; done
logger -t tag in shared memory; while ! logread | grep -q memory; do sleep 0.1; done; logread | sed -n 's/^.*coop //; $p'; ended $daemon
syslogd -n -O kernel.log -l 8 & daemon=$!; seen started kernel.log; klogd -n & reader=$!
seen 'klogd started' kernel.log; sh -c 'kill -SEGV $$'; seen 'signal 11' kernel.log
sed -n 's/process [0-9]*/process N/; s/^.*coop \(.*signal 11\),.*/\1/p' kernel.log
ended $reader; ended $daemon

echo "== the clock"
mkdir spool; echo '* * * * * echo for $LOGNAME >> told' > spool/root; date -s '2020-02-29 23:59:58'
crond -f -L cron.log -c "$PWD/spool" & daemon=$!; seen root told; ended $daemon; cat told; date '+%F %H:%M'
adjtimex | sed "/tv_/d"

date -s '2021-06-15 12:00:00' > /dev/null; hwclock -w; date -s '1999-01-01 00:00:00' > /dev/null; hwclock -r | cut -c 1-13
hwclock -s; date '+%F %H'; hwclock -u -r -f /dev/rtc | cut -c 1-13; sh -c 'hwclock -r' 3< /dev/rtc0; date -s '2021-01-02 03:04:05' > /dev/null
sh -c 'watchdog -F /dev/watchdog' 3> /dev/watchdog; watchdog -F -t 1 -T 90 /dev/watchdog & daemon=$!
while ! ls -l /proc/$daemon/fd | grep -q watchdog; do sleep 0.1; done; ended $daemon; dmesg | grep -c 'watchdog: closed'

echo "== accounts"
printf '#!/bin/sh\necho $USER is $(id -u) at $(tty) in $PWD: "$@"\n' > /bin/say; chmod +x /bin/say
echo 'guest:x:1000:1000::/tmp:/bin/say' >> /etc/passwd; echo 'guest:!:0:0:99999:7:::' > /etc/shadow
printf 'new secret\nnew secret\n' | passwd -a sha512 guest; cut -c 1-9 /etc/shadow; passwd -l guest; cut -c 1-10 /etc/shadow; passwd -u guest
login -f guest; login -p -f guest < /dev/ttyS0; su guest -c again; printf '4321:root\n4321:root\n' | passwd root
printf 'a guess\n' | timeout 9 sulogin; printf '4321:root\necho in a shell of maintenance\n' | sulogin
setsid getty -n -l /bin/say 9600 ttyS0; setsid cttyhack say alone; echo by microcom | microcom -t 200 /dev/ttyS0
{ printf '\7\0\0\0\52\0\0\0ttyS0'; head -c 27 /dev/zero; printf 'S0\0\0guest'; head -c 27 /dev/zero; printf here; head -c 260 /dev/zero
    printf '\0\361\13\136'; head -c 40 /dev/zero; } > record; wc -c < record; mkdir -p /var/log; cp record /var/log/wtmp; last

echo "== modules"
folder=/lib/modules/$(uname -r); mkdir -p $folder/kernel; printf '\0alias=bus:*\0depends=low\0license=GPL\0' > $folder/kernel/high.ko
printf '\0depends=\0license=GPL\0description=the lower one\0' > $folder/kernel/low.ko; depmod; sort $folder/modules.dep; modprobe -l | sort; modprobe -D high
modinfo low | sed "s|$folder|folder|"; modprobe low; insmod $folder/kernel/low.ko; rmmod low; lsmod

echo "== the root"
mkdir -p old/bin old/new; mount -t tmpfs first old; mkdir old/bin old/new; mount -t ramfs second old/new; mkdir old/new/bin old/new/old
for name in busybox sh umount; do cp /bin/busybox old/bin/$name; cp /bin/busybox old/new/bin/$name; done; cp /bin/busybox old/bin/pivot_root
chroot old /bin/sh -c 'cd /; pivot_root new new/old; echo * old/*; umount /old; exec sh -c "umount /old; echo \$? old/*"'
umount old; echo $?; grep -c old /proc/mounts

echo "== the disk"
blockdev --getsz /dev/hda; blockdev --getsize64 /dev/hda; blockdev --getss /dev/hda; blockdev --getbsz /dev/hda; blockdev --getro /dev/hda
blockdev --flushbufs /dev/hda; echo $?; freeramdisk /dev/hda; echo $?; findfs /dev/hda
mkswap /dev/hda > /dev/null; swapon -d /dev/hda; cat /proc/swaps; free | grep Swap; swapon /dev/hda; swapoff /dev/hda; free | grep Swap; swapoff /dev/hda
mkswap -L away /dev/hda > /dev/null; mke2fs -L here /dev/hda > /dev/null; findfs LABEL=here; findfs LABEL=away; echo $?

echo "== hardware that is not there"
chvt 2; deallocvt 3; dumpkmap; loadfont < /dev/null; loadkmap < /dev/null; openvt -c 4 true; setkeycodes 1e 30
i2cdetect -y 1; i2cdump -y 1 0x50; i2cget -y 1 0x50 0; i2cset -y 1 0x50 0 1; i2ctransfer -y 1 r1@0x50
mt rewind; mt -f /dev/zero rewind; ubirename /dev/ubi0 old new; ubirename /dev/null old new; echo here > name; fatattr name
devmem 0x1000; acpid -d -e /proc/none; mkdir /etc/acpi; acpid -d -e /proc/none

echo "== the line"
stty sane < /dev/ttyS0; stty -a < /dev/ttyS0; stty -ixon ixoff cs7 19200 erase ^H intr undef min 3 < /dev/ttyS0; stty -a < /dev/ttyS0
stty raw < /dev/ttyS0; stty -a < /dev/ttyS0 | tail -n 8; stty cooked sane < /dev/ttyS0; stty rows 40 cols 90 < /dev/ttyS0; stty size < /dev/ttyS0
