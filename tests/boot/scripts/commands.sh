# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a user does in a shell, command by command. No output may depend on the terminal, the clock, process numbers, or the
# order of names in a directory.

mkdir here && cd here || exit 1
t() { echo "== $*"; }

t pipes
echo hello | cat | tr a-z A-Z | sed s/L/x/g

t seq
seq 1 2000 | sort -rn | head -3
seq 1 20000 | wc
seq 1 100 | awk '{s+=$1} END {print s}'

t redir
echo a > f
echo b >> f
cat < f
cat f f > g
wc -c < g
(echo out; echo err >&2) > o 2> e
cat o e
(echo out; echo err >&2) > o 2>&1
cat o

t noclobber
(set -C; echo x > f) 2>/dev/null
echo $?

t heredoc
cat <<X
line $((1+2))
X

t dirs
mkdir -p a/b/c
touch a/b/c/file a/x
find a | sort
ls -1 a
ls -1d a/*
rm -r a
ls a 2>&1

t links
ln -s f l
readlink l
ls -l l | awk '{print $1,$9,$10,$11}'
cat l
ln f h
stat -c '%h %s %F' f
rm h
stat -c %h f
ln -s /nonexist dang
cat dang 2>&1
test -L dang && echo islink
test -e dang || echo notexist

t mv
mv f f2
mkdir d
mv f2 d/
ls -1 d
mv d d3
ls -1 d3
mv d3/f2 f
rmdir d3

t perms
chmod 600 f
ls -l f | cut -c1-10
chmod u+x f
stat -c %a f
umask
umask 077
touch um
stat -c %a um
umask 022

t tar
mkdir t1
seq 1 5000 > t1/n
echo z > t1/z
ln -s n t1/s
tar cf t.tar t1
tar tf t.tar | sort
mkdir x
tar xf t.tar -C x
cmp t1/n x/t1/n && readlink x/t1/s
tar czf t.tgz t1
gzip -t t.tgz && echo gzok
tar xzf t.tgz -O t1/z
md5sum t1/n
sha256sum < t1/n

t dd
dd if=/dev/zero of=z bs=1k count=100 2>/dev/null
wc -c z
dd if=/dev/zero of=sp bs=1 count=1 seek=1000000 2>/dev/null
stat -c %s sp
dd if=t1/n bs=7 skip=3 count=2 2>/dev/null
truncate -s 5 z
wc -c z
cmp z sp 2>&1

t sed
printf 'a1\nb2\nc3\n' | sed -n '2,$p'
sed -i s/1/9/ f
printf 'x\n' > s
sed -i 's/x/yy/' s
cat s

t grep
printf 'foo\nbar\nbaz\n' > gr
grep -n ba gr
grep -c o gr
grep -v foo gr
grep -r foo . | sort

t awk
awk -F: '{print $1}' /etc/passwd | head -1
printf '3 4\n' | awk '{printf "%.3f\n", sqrt($1*$1+$2*$2)}'

t cut
echo a:b:c | cut -d: -f2
echo abc | rev
printf 'b\na\nb\n' | sort -u
printf 'a\na\nb\n' | uniq -c
paste -d, gr gr
tail -n 2 gr
head -c 4 gr
tac gr
nl gr
od -c s
hexdump -C s
xxd s
base64 s
expr 3 \* 7
printf '%05d|%-5s|\n' 42 ab

t xargs
seq 1 5 | xargs echo
find . -name 'g*' -type f | sort | xargs ls -1
seq 1 6 | xargs -n 2 echo

t sub
x=$(echo sub; echo shell)
echo $x
(exit 3)
echo $?
false || echo or
true && echo and
! true
echo $?

t loop
for i in 1 2 3; do echo -n $i; done
echo
i=0
while [ $i -lt 5 ]; do i=$((i+1)); done
echo $i
case abc in a*) echo match;; esac

t func
f() { echo "$1-$#"; return 4; }
f a b
echo $?

t bg
(sleep 0.2; echo late > late) & wait
cat late
sleep 5 & p=$!
kill $p
wait $p
echo $?

t trap
sh -c 'trap "echo got" USR1; kill -USR1 $$; echo after'
sh -c 'trap "echo bye" EXIT; exit 2'
echo $?
sh -c 'kill -9 $$'
echo $?
sh -c 'kill -TERM $$'
echo $?

t sigpipe
yes | head -2
seq 1 1000000 | head -1

t fifo
mkfifo ff
(echo through > ff) & cat ff
wait
ls -l ff | cut -c1

t timeout
timeout 1 sleep 5
echo $?
timeout 5 true
echo $?

t time
date -u -d @0 +%Y-%m-%dT%H:%M:%S
touch -d '2001-02-03 04:05:06' td
stat -c %y td
[ f -nt td ] && echo newer

t exec
sh -c 'exec 3>fd3; echo three >&3; exec 3>&-; cat fd3'
exec 5<gr
read a <&5
read b <&5
echo $a $b
exec 5<&-

t tee
echo tee | tee t2 | cat - t2

t env
FOO=bar env | grep FOO
env -i A=1 /bin/busybox env
basename /a/b.c .c
dirname /a/b
pwd
cd ..
pwd
cd -
realpath ../here/l

t diff
printf 'a\nb\n' > d1
printf 'a\nc\n' > d2
diff d1 d2
diff -q d1 d2
cmp d1 d2

t cpio
echo gr | cpio -o -H newc 2>/dev/null | cpio -t 2>/dev/null

t du
du -s t1 >/dev/null && echo duok
sync
id -u
whoami
test -c /dev/null && echo chr
test -p ff && echo fifo
mktemp -u XXXXXX | wc -c
mktemp >/dev/null && echo mk

t bzip
bzip2 -k t1/n && bunzip2 -c t1/n.bz2 | cmp - t1/n && echo bz
xz --help >/dev/null 2>&1
echo abc | gzip | gunzip

t errs
{
    cat /nonexist
    ls /nonexist
    mkdir /proc/xx 2>/dev/null || echo nomk
    cd /nonexist
    echo x > /nonexist/y
    cat .
    rmdir .
    rm ../here
    ../here/gr
    echo $?
    nocmd
    echo $?
} 2>&1 | sed 's/line [0-9]*/line N/'

t big
seq 1 100000 > big
sort -R big 2>/dev/null | sort -n | cmp - big && echo sorted
wc big
md5sum < big

t many
i=0
while [ $i -lt 300 ]; do : > many$i; i=$((i+1)); done
ls many* | wc -l
rm many*
ls -1 many* 2>&1 | head -1

t nested
sh -c "sh -c \"sh -c 'echo deep'\""
echo $(echo $(echo $(echo nest)))

t vi
printf 'one\ntwo\n' > ed.txt
printf '2d\nw\nq\n' | ed ed.txt >/dev/null
cat ed.txt

t bc
echo '2^64' | bc
echo 'scale=5; 1/3' | bc
dc -e '2 3 + p' 2>/dev/null || echo '2 3 + p' | dc
factor 360360
cal 1 2000 | head -3


t kernel
sysctl -n kernel.ostype
linux64 echo wide
