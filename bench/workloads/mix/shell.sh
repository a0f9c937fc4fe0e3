# SPDX-License-Identifier: GPL-2.0-or-later
# mix/shell: sh shell.sh BUSYBOX NUMBER. Each tool is a process: a list is made, sorted, dumped, filtered and counted.
busybox=$1 number=$2
$busybox seq 1 200 | $busybox sed 's/1/one /g; s/2/two /g; s/7/seven /g' > list$number
$busybox sort list$number > sorted$number
$busybox od sorted$number | $busybox sort -n -k 1 > dump$number
$busybox grep -c '[aeiou]' sorted$number | $busybox tee found$number > count$number
$busybox wc dump$number > /dev/null
$busybox rm list$number sorted$number dump$number found$number
