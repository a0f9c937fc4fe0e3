# SPDX-License-Identifier: GPL-2.0-or-later
# Disks in files, and disks in parts: they would change this host's, so what they have to print is written down, in
# tests/boot/loop.expected. Runs as root of a fresh guest.

exec 2>&1
sum() { md5sum | cut -c 1-8; }
of() { dd if="$1" bs=512 skip="$2" count="$3" 2> /dev/null; }
cut_up() { fdisk -C 8 -H 16 -S 63 "$1" > /dev/null 2>&1; }

echo "== a file as a disk"
seq 1 40000 > numbers; truncate -s 192K numbers; cp numbers image
losetup -f; losetup /dev/loop0 image; losetup -a; losetup -f
blockdev --getsize64 /dev/loop0; blockdev --getro /dev/loop0; blockdev --getss /dev/loop0
sum < numbers; sum < /dev/loop0; printf middle | dd of=/dev/loop0 bs=1 seek=70000 conv=notrunc 2> /dev/null
dd if=image bs=1 skip=69998 count=10 2> /dev/null; echo; losetup /dev/loop0 numbers || echo in use
losetup -o 4096 -r /dev/loop1 image; blockdev --getsz /dev/loop1; blockdev --getro /dev/loop1
of image 8 4 | sum; of /dev/loop1 0 4 | sum; echo x > /dev/loop1; losetup -a
truncate -s 256K image; losetup -c /dev/loop0; blockdev --getsz /dev/loop0
losetup -d /dev/loop1; losetup -d /dev/loop0; losetup -d /dev/loop0; losetup -a; blockdev --getsz /dev/loop0
echo x > /dev/loop0; losetup -f image; losetup -a; losetup -d /dev/loop0
for i in 1 2 3 4 5 6 7 8 9; do losetup -f image; done; losetup -a | wc -l; ls -l /dev/loop8 | cut -c 1-10; losetup -f
for i in 0 1 2 3 4 5 6 7 8; do losetup -d /dev/loop$i; done; rm image

echo "== held"
cp numbers image; losetup /dev/loop0 image; sleep 100 < /dev/loop0 & holder=$!
losetup -d /dev/loop0; losetup -a; kill $holder; wait $holder 2> /dev/null; losetup -a; rm image

echo "== parts"
truncate -s 4M disk; printf 'o\nn\np\n1\n\n+1M\nn\ne\n2\n\n\nn\nl\n\n+512K\nn\nl\n\n\nw\n' | cut_up disk
fdisk -lu -C 8 -H 16 -S 63 disk | sed -n 's/  *\([^ ]* Linux\|[^ ]* Extended\)$/ \1/p' | awk '{print $1, $4, $5, $6, $NF}'
losetup -P /dev/loop0 disk; ls /dev/loop0p*; grep loop0 /proc/partitions; for i in 1 2 5 6; do blockdev --getsz /dev/loop0p$i; done
mke2fs -b 4096 /dev/loop0p1 > /dev/null; mkdir -p part; mount -t ext2 /dev/loop0p1 part; partprobe /dev/loop0
cp numbers part/; cmp numbers part/numbers && echo kept; umount part; e2fsck -fn /dev/loop0p1 > log 2>&1 || cat log
printf 'd\n6\nw\n' | cut_up /dev/loop0; ls /dev/loop0p*; blockdev --rereadpt /dev/loop0; echo $?
losetup -d /dev/loop0; ls /dev/loop0*
losetup /dev/loop0 disk; partprobe /dev/loop0; losetup -d /dev/loop0

echo "== mounted"
truncate -s 2M image; mke2fs -b 4096 -F image > /dev/null; mount -o loop -t ext2 image part; losetup -a; grep -c part /proc/mounts
cp numbers part/; cmp numbers part/numbers && echo kept; mke2fs -b 4096 /dev/loop0 > /dev/null || echo busy
df part | awk 'NR == 2 {print $1, $2}'; yes 2> /dev/null | dd of=part/full bs=4k 2> /dev/null; ls part | wc -l; rm part/full
fstrim part; umount part; losetup -a; e2fsck -fn image > log 2>&1 || cat log
mount -o loop -t ext2 image part; fsfreeze --freeze part; fsfreeze --freeze part; umount part
(echo late > part/late; echo written) & chmod 600 part/numbers; sync; e2fsck -fn image > log 2>&1 || cat log
cmp part/numbers numbers && ls part; fsfreeze --unfreeze part; wait; fsfreeze --unfreeze part; cat part/late; umount part
e2fsck -fn image > log 2>&1 || cat log
mount -o loop,ro -t ext2 image part; touch part/new; cmp numbers part/numbers && echo kept; umount part
truncate -s 1M swap; losetup /dev/loop0 swap; mkswap /dev/loop0 > /dev/null; swapon /dev/loop0; mount -t ext2 /dev/loop0 part; losetup -d /dev/loop0
losetup -a; swapoff /dev/loop0; losetup -a

echo "== holes"
dd if=/dev/urandom of=image bs=64k count=4 2> /dev/null; losetup /dev/loop0 image; of image 128 128 | sum > before; stat -c %b image
blkdiscard -o 131072 -l 65536 /dev/loop0; stat -c %b image; of /dev/loop0 256 128 | sum; of /dev/loop0 128 128 | sum | cmp - before && echo kept
blkdiscard /dev/loop0; stat -c %b image; blkdiscard -o 100 /dev/loop0; blkdiscard /dev/hda; losetup -d /dev/loop0; rm image

echo "== on a disk"
mke2fs -b 4096 /dev/hda > /dev/null; mkdir disks; mount -t ext2 /dev/hda disks; cp numbers disks/image; losetup /dev/loop0 disks/image; losetup /dev/loop1 /dev/loop0
sum < /dev/loop1; printf deep | dd of=/dev/loop1 bs=1 seek=5000 conv=notrunc 2> /dev/null; umount disks
sync; losetup -d /dev/loop1; losetup -d /dev/loop0; dd if=disks/image bs=1 skip=4998 count=8 2> /dev/null; echo
mkdir upper; mke2fs -F disks/image > /dev/null; mount -o loop -t ext2 disks/image upper; yes 2> /dev/null | dd of=upper/full bs=1k 2> /dev/null; umount disks
rm upper/full; seq 1 9000 > upper/seq; sync; seq 1 9000 | cmp - upper/seq && echo kept; umount upper; e2fsck -fn disks/image > log 2>&1 || cat log
umount disks; e2fsck -fn /dev/hda > log 2>&1 || cat log; blockdev --rereadpt /dev/hda; echo $?; ls /dev/hda*
printf 'o\nn\np\n1\n\n+2M\nn\np\n2\n\n\nw\n' | cut_up /dev/hda; ls /dev/hda*; mke2fs -b 4096 /dev/hda1 > /dev/null; mount -t ext2 /dev/hda1 disks
cp numbers disks/; cmp numbers disks/numbers && echo kept; blockdev --rereadpt /dev/hda; blkdiscard /dev/hda2
umount disks; e2fsck -fn /dev/hda1 > log 2>&1 || cat log; printf 'd\n1\nw\n' | cut_up /dev/hda; ls /dev/hda*
blockdev --setro /dev/hda2; echo x > /dev/hda2; blockdev --getro /dev/hda2; mount -t ext2 /dev/hda2 disks; blockdev --setrw /dev/hda2; echo x > /dev/hda2 && echo written
blockdev --setbsz 1024 /dev/hda2; blockdev --getbsz /dev/hda2; blockdev --setbsz 3 /dev/hda2 || echo done
