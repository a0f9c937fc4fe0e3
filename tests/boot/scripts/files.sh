# SPDX-License-Identifier: GPL-2.0-or-later
# Files, directories and archives.

export TZ=UTC
ls() { command ls -1 "$@"; } # in columns on a terminal only
# Owners and the sizes of directories are the file system's and the user's; all else must be the same.
list() { ls -l "$@" | awk '/^total/ {next} {print $1, ($1 ~ /^d/ ? "-" : $2 " " $5), $6, $7, $8, $9, $10, $11}'; }
old='2001-02-03 04:05:06'

echo "== making and naming"
mkdir -p top/middle/leaf; echo one > top/one; echo two > top/middle/two; ln -s ../one top/middle/link; ln top/one top/hard
printf 'x%.0s' 1 2 3 4 5 > top/five; chmod 640 top/five; chmod u+s,go-r top/hard; chmod 1777 top/middle/leaf
find top -exec touch -h -d "$old" {} +
list -R top; find top | sort; find top -type f -name '*o*' | sort; find top -type l; find top -size -2c -type f | sort
readlink top/middle/link; cat top/middle/link; test top/one -ef top/hard && echo same
stat -c '%n %s %f %h %F' top/one top/middle/link | sed 's/ [0-9a-f]* [0-9] / /'
mv top/five top/middle/six; ls top top/middle; mv top/middle/six top/one; cat top/hard; wc -c < top/one
cp -r top copy; diff -r top copy && echo equal; rm -r copy; ls copy 2>/dev/null || echo gone
rmdir top 2>/dev/null || echo not empty; rm top/middle/link; ls -a top/middle; mkdir top 2>/dev/null || echo exists
touch -d "$old" stamp; stat -c '%Y %n' stamp; test stamp -ot top/one && echo older
cd top/middle/leaf; cd ../..; basename "$PWD"; cd ..; ls -d top/*/ ; echo top/m*/t?o; echo top/[!m]*
umask 077; echo private > private; list private | cut -c1-10; umask 022; du -s empty-not-there 2>/dev/null || echo none
ls -1 -F top; ls -i top/one > /dev/null && echo inode; mktemp -u XXXXXX | wc -c

echo "== contents"
dd if=/dev/zero bs=1024 count=100 2>/dev/null | md5sum; dd if=/dev/zero of=sparse bs=1 seek=1000 count=1 2>/dev/null; wc -c < sparse
seq 1 10000 > numbers; dd if=numbers bs=7 skip=100 count=3 2>/dev/null; echo; tail -c 12 numbers; head -c 9 numbers
truncate -s 20 numbers; cat numbers; echo appended >> numbers; tail -n 1 numbers; split -l 4 numbers part-; ls part-*; cat part-* | cmp - numbers && echo whole
cp numbers target; echo over | dd of=target bs=1 seek=2 conv=notrunc 2>/dev/null; cat target
head -c 5 /dev/zero | od -An -tx1; head -c 4096 /dev/urandom | wc -c; cat /dev/null | wc -c; echo lost > /dev/null
tee one-copy two-copy < numbers | md5sum; md5sum one-copy two-copy
find / -maxdepth 1 -name dev; test -c /dev/null && test -d / && test ! -e /none && test -x /bin/busybox && echo tests

echo "== archives"
find top -exec touch -h -d "$old" {} +; tar cf archive.tar top; tar tf archive.tar | sort; mkdir out; tar xf archive.tar -C out; diff -r top out/top && echo same tree
list out/top | grep -v ^d; tar c top | tar t | wc -l; tar cf - numbers | md5sum > /dev/null && echo archived
gzip -c numbers | gunzip | cmp - numbers && echo gzip; gzip target; ls target*; gunzip target.gz; ls target*
seq 1 20000 | gzip | wc -c | awk '{print ($1 > 10000 && $1 < 100000)}'; seq 1 20000 | gzip -9 | zcat | md5sum; seq 1 20000 | md5sum
echo broken > bad.gz; gunzip bad.gz 2>/dev/null || echo refused; bzip2 -c numbers | bunzip2 | cmp - numbers && echo bzip2
find top -type f | sort | cpio -o -H newc 2>/dev/null | cpio -t 2>/dev/null
find out | sort -r | while read -r path; do [ -d "$path" ] && rmdir "$path" || rm "$path"; done; ls -d out 2>/dev/null || echo removed
