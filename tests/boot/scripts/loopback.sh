# SPDX-License-Identifier: GPL-2.0-or-later
# Applets of BusyBox that talk over the loopback interface, or tell of it. What they have to print is written down, in
# tests/boot/loopback.expected: a host's interfaces and ports are its own.

exec 2>&1
# Waits until somebody listens on a port.
listening() { while ! grep -q ":$(printf %04X "$1") 00000000:0000 0A" /proc/net/tcp; do sleep 0.1; done; }
ended() { kill "$1"; wait "$1" 2> /dev/null; }

echo "== the interface"
ifconfig lo; ifconfig -a | grep -c encap; ifconfig none; route -n; arp -an; netstat -aw 2> /dev/null

printf 'iface lo inet loopback\n' > interfaces; ifup -n -i interfaces lo; ifdown -n -f -i interfaces lo
nameif none 00:00:00:00:00:01; echo $?

echo "== nc"
mkfifo quiet; exec 4<> quiet # an input without an end: nc leaves when the other side ends
nc -l -p 4001 > got <&4 & server=$!; listening 4001; netstat -ltn 2> /dev/null
seq 20000 | nc 127.0.0.1 4001; wait $server; md5sum < got
seq 9 | nc -l -p 4001 > got & server=$!; listening 4001; nc 127.0.0.1 4001 <&4 | md5sum; wait $server
nc 127.0.0.1 4009 < /dev/null; echo $?
nc -w 1 192.0.2.1 80; echo $?

echo "== a web server"
mkdir -p www/cgi-bin; echo '<p>a page</p>' > www/index.html; seq 50000 > www/numbers
printf '#!/bin/sh\necho Content-Type: text/plain; echo; echo "$REQUEST_METHOD $QUERY_STRING"; cat\n' > www/cgi-bin/ask
chmod +x www/cgi-bin/ask
httpd -f -p 127.0.0.1:8080 -h www & server=$!; listening 8080
wget -q -O - http://127.0.0.1:8080/; wget -q -O - http://127.0.0.1:8080/numbers | md5sum
wget -q -O - 'http://127.0.0.1:8080/cgi-bin/ask?a=b'; wget -q -O - --post-data=posted http://127.0.0.1:8080/cgi-bin/ask
echo
wget -q -O - http://127.0.0.1:8080/none; echo $?
ended $server

echo "== telnet"
printf '#!/bin/sh\nread line; echo "heard: $line"\n' > answer; chmod +x answer
telnetd -F -b 127.0.0.1 -p 2323 -l "$PWD/answer" & server=$!; listening 2323
mkfifo typed; exec 3<> typed; echo hello >&3; telnet 127.0.0.1 2323 < typed | tr -d '\r' | grep heard; exec 3>&-
ended $server

echo "== time"
(printf '\345\176\147\200' | nc -l -p 37) > /dev/null & server=$!; listening 37; TZ=UTC rdate -p 127.0.0.1; wait $server

echo "== names and leases"
hostname here.example; echo '127.0.0.1 here.example here' > /etc/hosts; dnsdomainname; hostname -f
{ printf '\0\0\0\0\0\0\0\1\0\0\0\12\12\0\0\2\2\0\0\0\0\1guest'; head -c 17 /dev/zero; } > leases; dumpleases -f leases; dumpleases -a -f leases
