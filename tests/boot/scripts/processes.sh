# SPDX-License-Identifier: GPL-2.0-or-later
# Processes, signals and time: order is fixed by waiting, never by luck.

echo "== background and wait"
(exit 4) & wait $!; echo $?
sleep 0.2 & first=$!; sleep 0.1 & second=$!; wait $second; echo second; wait $first; echo first; wait; echo all $?
for n in 1 2 3 4 5; do (sleep 0.0$n; exit $n) & done; wait; echo joined
i=0; while [ $i -lt 40 ]; do /bin/true & i=$((i + 1)); done; wait; echo forty
{ sleep 0.3; echo late; } & echo early; wait
true & wait $!; wait $! 2>/dev/null; wait 999999 2>/dev/null; echo $?

echo "== signals"
sleep 50 & kill $!; wait $!; echo $?
sleep 50 & kill -9 $!; wait $!; echo $?
sh -c 'kill -SEGV $$'; echo $?
sh -c 'trap "echo caught; exit 6" TERM; kill $$; echo not reached'; echo $?
trap 'echo usr1' USR1; kill -USR1 $$; trap - USR1
trap '' USR2; kill -USR2 $$; echo ignored; sh -c 'kill -USR2 $$; echo inherited'; trap - USR2
(trap 'echo leaving' EXIT; exit 3); echo $?
sh -c 'trap "echo child gone" CHLD; /bin/true; :'
sh -c 'trap "echo alarm; exit 9" ALRM; (sleep 0.2; kill -ALRM $$) & while :; do sleep 0.05; done'; echo $?
yes > /dev/null & busy=$!; sleep 0.1; kill -0 $busy && echo alive; kill $busy; wait $busy; echo $?; kill -0 $busy 2>/dev/null || echo dead
(while :; do :; done) & spin=$!; sleep 0.1; kill -STOP $spin; sleep 0.1; kill -CONT $spin; kill -KILL $spin; wait $spin; echo $?
yes | head -n 1; yes 2>/dev/null | true; echo $?
kill -l 9; kill -l 15;  kill -TERM 999999 2>/dev/null; echo $?
timeout 0.2 sleep 50; echo $?; timeout 5 true; echo $?
mkfifo pipe 2>/dev/null && { cat pipe & echo through-a-fifo > pipe; wait; }

echo "== process table"
sleep 40 & pid=$!; sleep 0.2; ps -o pid,args | awk -v pid=$pid '$1 == pid {print $NF}'; ps -o ppid,pid | awk -v pid=$pid -v me=$$ '$2 == pid {print $1 == me}'
kill -0 $pid && test -d /proc/$pid && echo in proc; tr '\0' '\n' < /proc/$pid/cmdline | tail -n 1; pidof sleep | grep -qw $pid && echo pidof
kill $pid; wait $pid 2>/dev/null; test -d /proc/$pid || echo out of proc
grep -c '^Name:' /proc/$$/status; ls /proc/self/fd > /dev/null && echo fds; readlink /proc/self/exe | grep -c busybox
sh -c 'test $PPID != $$ && echo parent'; sh -c 'exec sh -c "echo replaced"'
grep -q . /proc/uptime && echo uptime; grep -c '^MemTotal' /proc/meminfo

echo "== time"
begin=$(date +%s); sleep 1; end=$(date +%s); test $((end - begin)) -ge 1 && test $((end - begin)) -le 5 && echo a second
usleep 1000; time true 2>/dev/null; umask; ulimit -n > /dev/null && echo limits
n=0; while [ $n -lt 300 ]; do (:) ; n=$((n + 1)); done; echo $n forks
sh -c 'n=0; f() { n=$((n + 1)); [ $n -lt 400 ] && f; }; f; echo depth $n'
head -c 3000000 /dev/zero | tr '\0' x | wc -c
