# SPDX-License-Identifier: GPL-2.0-or-later
# A file system on the disk: what mke2fs put there is read, files come and go, and e2fsck finds nothing after it.

cd / && mkdir /disk
mount -t ext2 /dev/hda /disk || exit 1
grep /disk /proc/mounts
cd /disk
find . | sort
md5sum numbers link deep/er/few
stat -f -c '%T %s %b' .
echo "== churn"
mkdir -p a/b/c
cp /bin/busybox a/busybox && cmp /bin/busybox a/busybox && a/busybox echo runs from the disk
for i in $(seq 60); do echo "file $i" > a/b/file$i; done
cat a/b/file* | md5sum
for i in $(seq 2 2 60); do rm a/b/file$i; done
mv a/b a/moved; ln a/moved/file1 a/hard; ln -s moved/file3 a/soft; ln -s $(printf '%0100d' 7) a/long
tar cf tree.tar deep a/moved && tar tf tree.tar | wc -l && tar xf tree.tar -C a && md5sum a/deep/er/few
dd if=/dev/zero of=a/sparse bs=1 count=1 seek=9000000 2> /dev/null; stat -c '%s %b' a/sparse
truncate -s 5000 numbers; md5sum numbers
rm -r a/deep; rmdir a/moved 2> /dev/null || echo not empty
sync; df /disk | awk 'NR == 2 {print $1, $2, $6}'
find . | wc -l
cd /; umount /disk && ls -A /disk | wc -l
echo "== check"
e2fsck -fn /dev/hda > log 2>&1; echo "status $?"; grep -v -e ^Pass -e ^e2fsck log
mount -t ext2 -o ro /dev/hda /disk
touch /disk/new 2> /dev/null || echo read only
cat /disk/a/hard /disk/a/soft; md5sum /disk/numbers
umount /disk; mount -t ext2 /dev/null /disk 2> /dev/null || echo no disk
