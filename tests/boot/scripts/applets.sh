# SPDX-License-Identifier: GPL-2.0-or-later
# The applets that no other script calls (tests/boot/applets.sh says which are called by none): each once at least.

exec < /dev/null
export TZ=UTC LC_ALL=C
old=200102030405.06
text() { seq 1 200 | sed 's/$/ line of text/'; }
# A step that needs privileges, and what it prints: said instead where this user has none.
as_root() { said=$1; shift; if [ "$(id -u)" = 0 ]; then "$@" 2>&1; else echo "$said"; fi; }

echo "== names and numbers"
arch; uname -s -m; nproc | grep -c '^[1-9][0-9]*$'
ascii | head -n 3; hostid | grep -c '^[0-9a-f]*$'; test "$(hostname)" = "$(uname -n)" && echo hostname; tty
groups > /dev/null && echo groups; logname 2> /dev/null | wc -l | tr -d ' 01'; who | wc -l | grep -c '[0-9]'; w | grep -c USER
uptime | grep -c 'load average'; free | awk 'NR == 1 {print $1, $2, $3}'; which awk > /dev/null && echo which; nologin | head -n 1; echo $?
top -b -n 1 | awk 'NR <= 4 {print $1}'; top -b -n 1 | grep -q 'top -b -n 1' && echo top
ipcalc -bnm 192.168.7.9/20; crc32 /dev/null; mkpasswd -m md5 -S saltsalt secret; mkpasswd -m sha512 -S saltsalt secret

echo "== text"
printf 'one\r\ntwo\r\n' > dos; dos2unix dos; od -c dos | head -n 1; unix2dos dos; od -c dos | head -n 1
printf 'a       b\n        c\n' | unexpand -a | od -c; egrep 'o|x' dos | wc -l; fgrep -c '.' dos
seq 1 9 > numbers; sed 's/5/five/' numbers > changed; diff -u numbers changed | sed '1,2s/\t.*//' > difference
cp numbers patched; patch -p0 patched difference; cmp patched changed && echo patched; patch -R patched difference; cmp patched numbers && echo back
shuf numbers | sort -n | cmp - numbers && echo shuffled; shuf -i 3-5 | sort | tr '\n' ' '; shuf -e only; sha3sum numbers; sha3sum -a 256 numbers
printf 'two\nthree\n' | ts '%%' ; more numbers | tail -n 1; less numbers | head -n 1; seq 1 100 | less -N | wc -l
vi -c ':%s/5/five/g' -c ':3d' -c ':wq' changed > /dev/null 2>&1; cat changed | tr '\n' ' '; echo
{ printf 'iinserted '; sleep 0.2; printf '\033'; sleep 0.2; printf ':wq\n'; } | vi numbers > /dev/null 2>&1; head -n 1 numbers; clear | od -c | head -n 1; reset 2> /dev/null | od -c | head -n 1
uuencode -m dos name | uudecode -o copied; cmp dos copied && echo uuencode; getopt -o ab:c --long one,two: -- -a -b value --two=2 rest; stty 2>&1 | tail -n 1

echo "== files"
link dos linked && test dos -ef linked && echo linked; unlink linked; ls linked 2> /dev/null || echo unlinked
fallocate -l 5000 long; wc -c < long; shred -u -n 1 long; ls long 2> /dev/null || echo shredded
chgrp "$(id -g)" dos && chown "$(id -u)" dos && stat -c %u:%g dos | grep -c "^$(id -u):$(id -g)$"
as_root 7:8 eval 'chown 7:8 dos && stat -c %u:%g dos'
as_root 'device 1 3' eval 'mknod null c 1 3 && test -c null && echo "device 1 3"; rm -f null'
mkdir -p root/deep && cp /bin/busybox root/busybox && as_root 'in / busybox deep' eval 'chroot root /busybox sh -c "cd /; echo in \$PWD *"'
mkdir scripts; printf '#!/bin/sh\necho part $1 $(umask)\n' > scripts/10-first; cp scripts/10-first scripts/20-second; chmod +x scripts/*
run-parts --test scripts; run-parts -a argument -u 027 scripts; nuke scripts root; ls -d scripts root 2> /dev/null || echo nuked
truncate -s 1440K floppy; mkdosfs -n LABEL floppy > /dev/null; od -An -c -j 43 -N 19 floppy; truncate -s 1M disk; mke2fs -F disk > /dev/null 2>&1; od -An -tx2 -j 1080 -N 2 disk
mkswap disk > /dev/null && tail -c +4087 disk | head -c 10; echo; printf 'o\nn\np\n1\n\n\np\nq\n' | fdisk -u disk 2>&1 | grep -c '^disk1'

echo "== archives"
text | bzip2 | bzcat | md5sum; text | lzop -c | lzop -dc | md5sum; echo broken | lzop -dc 2> /dev/null || echo refused
base64 -d > packed.xz << 'END'
/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4AC/ACRdADebiM52mp3yJec1cQPhpRf4fB+DlY+JhdsYHJ7v0zMy+RWwAAB+QWCoAAE8wAEAAAC1nEThPjANiwIAAAAAAVla
END
base64 -d > packed.lzma << 'END'
XQAAgAD//////////wA3m4jOdpqd8iXnNXED4aUX+Hwfg5WPiYXbGBye79MzMvp6Iov//1NUAAA=
END
base64 -d > packed.Z << 'END'
H52Qb9yUAcEmjUAQb8yAoFMGD52FaMI8TDMHBJwwY9aUIaMg4MCCBxMubPiQTsSJFS9m3NjxIMiBIhk6hCgRBEWLGDVy9EjQIEyFMkuetJkyJ0ueLxECJUkTJc6VO136VDpypsmaN1XqVAA=
END
base64 -d > packed.zip << 'END'
UEsDBBQAAAAIAIMYIlx+QWCoJAAAAMAAAAAIAAAAaW4vZmlyc3TLz0tVyMkEEvlpCiWpFSUKJRmJJQqZxQoFicnZqSlc+YNcHgBQSwMEFAAAAAgAgxgiXH5BYKgkAAAAwAAAAAkAAABpbi9zZWNvbmTLz0tVyMkEEvlpCiWpFSUKJRmJJQqZxQoFicnZqSlc+YNcHgBQSwECFAMUAAAACACDGCJcfkFgqCQAAADAAAAACAAAAAAAAAAAAAAApAEAAAAAaW4vZmlyc3RQSwECFAMUAAAACACDGCJcfkFgqCQAAADAAAAACQAAAAAAAAAAAAAApAFKAAAAaW4vc2Vjb25kUEsFBgAAAAACAAIAbQAAAJUAAAAAAA==
END
xzcat packed.xz | md5sum; unxz -c packed.xz | md5sum; xz -dc packed.xz | md5sum; lzcat packed.lzma | md5sum; unlzma -c packed.lzma | md5sum; lzma -dc packed.lzma | md5sum
uncompress packed.Z; md5sum packed; unzip packed.zip > /dev/null; md5sum in/first in/second; unzip -l packed.zip | tail -n 1
# A Debian package is an ar archive of two tar archives.
member() { printf '%-16s%-12s%-6s%-6s%-8s%-10s`\n' "$1" 0 0 0 100644 "$(wc -c < "$1")"; cat "$1"; test $(($(wc -c < "$1") % 2)) = 0 || echo; }
mkdir -p package/usr control; echo content > package/usr/file; printf 'Package: sample\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: a sample\n' > control/control
tar czf data.tar.gz -C package ./usr; tar czf control.tar.gz -C control ./control; echo 2.0 > debian-binary
{ printf '!<arch>\n'; member debian-binary; member control.tar.gz; member data.tar.gz; } > sample.deb
ar t sample.deb; ar p sample.deb debian-binary; dpkg-deb -c sample.deb | awk '{print $NF}'; dpkg-deb -f sample.deb 2> /dev/null | head -n 1; dpkg-deb -e sample.deb && head -n 1 DEBIAN/control; dpkg-deb -x sample.deb unpacked && cat unpacked/usr/file
dpkg -l none 2> /dev/null | head -n 1 | wc -c | grep -c .; echo plain | rpm2cpio 2> /dev/null || echo no package; rpm -qp sample.deb 2> /dev/null || echo no package

echo "== processes"
ash -c 'echo ash $0' name; busybox echo busybox; busybox [[ a = a ]] && echo brackets; time -p true 2>&1 | awk '{print $1}'; timeout 0.1 sleep 9; echo $?; setsid true; echo $?; watch -h 2> /dev/null; (timeout 1.5 watch -t -n 1 echo seen | head -n 1 | tr -dc 'a-z'; echo) 2> /dev/null
sleep 77 & sleeper=$!; renice -n 5 -p $sleeper; awk '{print $19}' /proc/$sleeper/stat; taskset -p $sleeper | grep -c mask
killall -q not-a-process || echo none; killall -l | head -n 1; kill $sleeper; wait $sleeper 2> /dev/null; echo $?
taskset 1 echo on the first
start-stop-daemon -S -b -m -p "$PWD/pid" -x /bin/busybox -- sleep 66 2> /dev/null; sleep 0.2; kill -0 "$(cat pid)" && echo daemon; start-stop-daemon -K -p "$PWD/pid" > /dev/null && echo stopped
svok . ; echo $?; mkfifo wanted; (sleep 0.1; echo through > wanted) & cat wanted; wait; printf 'all:\n\techo made by a file\n' > Mimefile; mim -f Mimefile all 2> /dev/null | tail -n 1
as_root root eval 'su root -c whoami'; readlink -f . | grep -c applets-not-here; pwd | sed "s|$HOME|home|"

echo "== spools, services, priorities"
mkdir spool; echo '* * * * * echo now' > table; crontab -c "$PWD/spool" table; crontab -c "$PWD/spool" -l; cat spool/cron.update
printf '#!/bin/sh\nsed -i s/now/then/ "$1"\n' > editor; chmod +x editor; EDITOR=$PWD/editor crontab -c "$PWD/spool" -e; cat spool/root; crontab -c "$PWD/spool" -r; ls spool
mkdir service service/supervise; mkfifo service/supervise/ok service/supervise/control; head -c 20 /dev/zero > service/supervise/status
exec 7<> service/supervise/ok 8<> service/supervise/control; svok ./service; echo $?; svc -ud ./service; dd bs=2 count=1 <&8 2> /dev/null; echo; exec 7>&- 8>&-
ionice -c 2 -n 3 sh -c 'ionice; ionice -p $$'; linux32 uname -m; linux64 uname -m; unshare echo apart
setpriv --nnp setpriv -d 2> /dev/null | grep no_new; setpriv --nnp grep NoNew /proc/self/status; adjtimex | grep -c 'tick: '
mkdir -p root/inner; cp /bin/busybox root/busybox; as_root 'busybox inner' eval 'chroot root /busybox sleep 8 & sleep 0.2; nsenter -t $! -r -w /busybox sh -c "cd /; echo *"; kill $!'
